/** Image files in one folder per class: torchvision's ImageFolder. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  type ClassLabels,
  classLabels,
  type Dataset,
  defineSource,
  fingerprintFiles,
  LoggerService,
  MillraceError,
} from "@millrace/core";
import { z } from "zod";
import { chooseDecoder, decoderOption } from "../images/choose-decoder.js";
import { type ClassFolder, listClassFolders } from "../images/class-folders.js";
import { type DeferredImage, deferredImage } from "../images/deferred-image.js";
import { imageExtensions, imageInputs } from "../images/image-inputs.js";

/** What it yields: an image that is still a file, and the index of its class. */
export interface ImageFolderSample {
  readonly image: DeferredImage;
  readonly label: number;
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
    .describe("turn photos as their EXIF orientation says; torchvision does not"),
  decoder: decoderOption,
  allowEmpty: z.boolean().default(false).describe("accept a class folder without images"),
});

export default defineSource({
  name: "image-folder",
  summary: "images in one folder per class",
  options,
  needs: { logger: LoggerService },
  async create({ root, extensions, allowEmpty, decoder: asked, ...decoding }, { baseUrl, facts, logger }) {
    const folder = resolve(fileURLToPath(baseUrl), root);
    const endings = endingsOf(extensions);
    const classes = await listClassFolders(folder, endings);
    if (!allowEmpty) refuseEmpty(folder, classes, endings);
    const known = classLabels(
      classes.map(({ name }) => name),
      facts?.labels,
    );
    const paths = classes.flatMap((each) => each.paths);
    const settings = { ...decoding, decoder: chooseDecoder(asked, paths, logger) };
    const labelColumn = labelsOf(folder, classes, known, paths.length);
    return {
      length: paths.length,
      facts: { labels: known.labels },
      get: (index) => ({
        image: deferredImage(resolve(folder, paths[checkIndex(index, paths.length)]), settings),
        label: labelColumn[index],
      }),
      key: (index) => paths[index],
      fingerprint: async () => {
        const files = await fingerprintFiles(paths.map((path) => resolve(folder, path)));
        return `${files} ${JSON.stringify(settings)}`;
      },
      column: (name) => (name === "label" ? labelColumn : name === "path" ? paths : undefined),
    } satisfies Dataset<ImageFolderSample>;
  },
  inputs: ({ extensions, mode, background, autoOrient, decoder: asked }) => {
    const decoder = chooseDecoder(asked, [".jpg"], undefined);
    return imageInputs({ mode, background, autoOrient, decoder }, endingsOf(extensions));
  },
});

function endingsOf(extensions: readonly string[]): string[] {
  return extensions.map((ending) => `.${ending.replace(/^\./, "").toLowerCase()}`);
}

function labelsOf(
  root: string,
  classes: readonly ClassFolder[],
  { indexOf }: ClassLabels,
  length: number,
): Int32Array {
  const column = new Int32Array(length);
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
