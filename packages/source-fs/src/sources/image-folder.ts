/** Image files in one folder per class: torchvision's ImageFolder. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  type ClassLabels,
  classLabels,
  type Dataset,
  defineSource,
  fingerprintFiles,
  type Logger,
  LoggerService,
  MillraceError,
} from "@millrace/core";
import { z } from "zod";
import { chooseDecoder, decoderOption } from "../images/choose-decoder.js";
import { type ClassFolder, listClassFolders } from "../images/class-folders.js";
import { type DeferredImage, deferredImage } from "../images/deferred-image.js";
import { imageExtensions, imageInputs } from "../images/image-inputs.js";
import { toldKinds, warningOption, warnOnce } from "../images/warn-once.js";
import { type PackedText, packText, unpacked } from "../memory/packed-text.js";

/** What it yields: an image that is still a file, and the index of its class. */
export interface ImageFolderSample {
  readonly image: DeferredImage;
  readonly label: number;
}

/** What threads are given; arrays lie in shared memory. */
interface Shared {
  /** Relative to the root. */
  readonly paths: PackedText;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  readonly decoder: "sharp" | "turbojpeg";
  /** Which kinds of faults have been told. */
  readonly told: SharedArrayBuffer;
}

const options = z.strictObject({
  root: z.string().min(1).describe("folder with one folder per class, relative to the spec"),
  extensions: z
    .array(z.string().regex(/^\.?[^./\\]+$/))
    .min(1)
    .default(imageExtensions)
    .describe("file name endings that count as images, in any case; other files are ignored"),
  mode: z
    .enum(["rgb", "grayscale", "rgba"])
    .default("rgb")
    .describe("channels of the image: 3, 1 or 4, whatever the file has"),
  background: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default("#ffffff")
    .describe("colour under transparent pixels, as #rrggbb, where mode is not rgba"),
  autoOrient: z
    .boolean()
    .default(false)
    .describe(
      "turn photos as their EXIF orientation says, which torchvision does not; TIFF and AVIF files are turned in any case",
    ),
  decoder: decoderOption,
  onWarning: warningOption,
  allowEmpty: z.boolean().default(false).describe("accept a class folder without images"),
});

export default defineSource({
  name: "image-folder",
  summary: "images in one folder per class",
  options,
  needs: { logger: LoggerService },
  async create(options, { baseUrl, facts, logger, shared: given }): Promise<Dataset<ImageFolderSample>> {
    const folder = resolve(fileURLToPath(baseUrl), options.root);
    const shared = (given as Shared | undefined) ?? (await opened(folder, options, facts?.labels, logger));
    const { labels, classes, decoder, told } = shared;
    const { length } = labels;
    const pathOf = unpacked(shared.paths);
    const { mode, background, autoOrient, onWarning } = options;
    const decoding = { mode, background, autoOrient, decoder };
    const settings = { ...decoding, onWarning, warn: warnOnce(logger, told) };
    return {
      length,
      facts: { labels: classes },
      fields: { image: { type: "image" }, label: { type: "int32" } },
      get: (index) => ({
        image: deferredImage(join(folder, pathOf(checkIndex(index, length))), settings),
        label: labels[index],
      }),
      key: pathOf,
      fingerprint: async () => {
        const files = await fingerprintFiles(listed(length, (index) => join(folder, pathOf(index))));
        return `${files} ${JSON.stringify(decoding)}`;
      },
      column(name) {
        if (name === "label") return labels;
        return name === "path" ? [...listed(length, pathOf)] : undefined;
      },
      share: () => shared,
    };
  },
  inputs: ({ extensions, mode, background, autoOrient, decoder: asked, onWarning }) => {
    const decoder = chooseDecoder(asked, [".jpg"], undefined);
    return imageInputs({ mode, background, autoOrient, decoder, onWarning }, endingsOf(extensions));
  },
});

/** Lists the files, in the main thread only: in another, there may be others. */
async function opened(
  folder: string,
  { extensions, allowEmpty, decoder: asked }: z.output<typeof options>,
  known: readonly string[] | undefined,
  logger: Logger,
): Promise<Shared> {
  const endings = endingsOf(extensions);
  const found = await listClassFolders(folder, endings);
  if (!allowEmpty) refuseEmpty(folder, found, endings);
  const classes = classLabels(
    found.map(({ name }) => name),
    known,
  );
  const paths = found.flatMap((each) => each.paths);
  return {
    paths: packText(paths),
    labels: labelsOf(folder, found, classes, paths.length),
    classes: classes.labels,
    decoder: chooseDecoder(asked, paths, logger),
    told: toldKinds(),
  };
}

function* listed(length: number, textOf: (index: number) => string): Generator<string> {
  for (let index = 0; index < length; index++) yield textOf(index);
}

function endingsOf(extensions: readonly string[]): string[] {
  return extensions.map((ending) => `.${ending.replace(/^\./, "").toLowerCase()}`);
}

function labelsOf(
  root: string,
  classes: readonly ClassFolder[],
  { indexOf }: ClassLabels,
  length: number,
): Int32Array {
  const column = new Int32Array(new SharedArrayBuffer(length * 4));
  let start = 0;
  for (const { name, paths } of classes) {
    column.fill(
      indexOf(name, () => `class folder ${root}/${name}`),
      start,
      start + paths.length,
    );
    start += paths.length;
  }
  return column;
}

function refuseEmpty(root: string, classes: readonly ClassFolder[], endings: readonly string[]): void {
  const empty = classes.filter(({ paths }) => paths.length === 0).map(({ name }) => name);
  if (empty.length === 0) return;
  throw new MillraceError(
    "FILE_FORMAT",
    `every class folder must hold an image, but in ${root} these hold none: ${empty.join(", ")}`,
    { hint: `Add images (${endings.join(" ")}), remove the folders, or set \`allowEmpty\`.` },
  );
}
