/** Image files in one folder per class, as torchvision's ImageFolder has them, or named by a table. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  checkIndex,
  type ClassLabels,
  classLabels,
  columnsOption,
  type Dataset,
  type DeferredImage,
  defineSource,
  fingerprintFiles,
  imageShape,
  type Logger,
  LoggerService,
  MillraceError,
  type SourceContext,
  pathOption,
} from "@millrace/core";
import { z } from "zod";
import { allowOutsideOption } from "../files/within.js";
import { type ClassFolder, listClassFolders } from "../images/class-folders.js";
import { imageExtensions, imageInputs } from "../images/image-inputs.js";
import { type ImageSharing, imageReader, shareImages } from "../images/image-reader.js";
import { whereOption } from "../lines/where.js";
import { manifestInputs, type ManifestSample, openManifest } from "../manifest/open.js";
import { type PackedText, packText, unpacked } from "../memory/packed-text.js";

/** What it yields: an image that is still a file, and the index of its class. */
export interface ImageFolderSample {
  readonly image: DeferredImage;
  readonly label: number;
}

/** What threads are given; arrays lie in shared memory. */
interface Shared extends ImageSharing {
  /** Relative to the root. */
  readonly paths: PackedText;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

const shape = z.strictObject({
  root: pathOption()
    .optional()
    .describe(
      "folder with one folder per class, relative to the spec; with a manifest the folder of its paths, by default its own",
    ),
  manifest: pathOption()
    .optional()
    .describe(
      "CSV, TSV or JSON Lines file that names the images, a row each, with the answers beside them, instead of class folders; relative to the spec",
    ),
  columns: columnsOption
    .optional()
    .describe(
      'of a manifest: the fields of samples by type and policy, several targets if need be; default { "image": { "type": "image", "from": "path" }, "label": "class" }',
    ),
  where: whereOption,
  extensions: z
    .array(z.string().regex(/^\.?[^./\\]+$/))
    .min(1)
    .default(imageExtensions)
    .describe("file name endings that count as images, in any case; other files are ignored"),
  ...imageShape,
  allowOutside: allowOutsideOption,
  allowEmpty: z.boolean().default(false).describe("accept a class folder without images"),
});

type Options = z.output<typeof shape>;

const options = shape
  .refine(({ root, manifest }) => root !== undefined || manifest !== undefined, {
    message: "must have a `root` of class folders, or a `manifest`",
    path: ["root"],
  })
  .refine(
    ({ manifest, columns, where }) =>
      manifest !== undefined || (columns === undefined && Object.keys(where).length === 0),
    { message: "must have a `manifest` to have `columns` or `where`", path: ["manifest"] },
  );

export default defineSource({
  name: "image-folder",
  summary: "images in one folder per class, or named by a table",
  options,
  needs: { logger: LoggerService },
  create(settings, context): Promise<Dataset<ImageFolderSample | ManifestSample>> {
    return isManifest(settings) ? openManifest(settings, context) : openFolder(settings, context);
  },
  inputs: (settings, { facts }) =>
    isManifest(settings)
      ? manifestInputs(settings, facts)
      : imageInputs(imageReader(settings, shareImages(settings)), endingsOf(settings.extensions)),
});

function isManifest(settings: Options): settings is Options & { readonly manifest: string } {
  return settings.manifest !== undefined;
}

async function openFolder(
  options: Options,
  { baseUrl, facts, logger, shared: given }: SourceContext & { readonly logger: Logger },
): Promise<Dataset<ImageFolderSample>> {
  const folder = resolve(fileURLToPath(baseUrl), options.root ?? "");
  const shared = (given as Shared | undefined) ?? (await opened(folder, options, facts?.labels, logger));
  const { labels, classes } = shared;
  const { length } = labels;
  const pathOf = unpacked(shared.paths);
  const reader = imageReader(options, shared, logger);
  return {
    length,
    facts: { labels: classes },
    fields: { image: { type: "image" }, label: { type: "int32" } },
    get: (index) => ({
      image: reader.image({ name: join(folder, pathOf(checkIndex(index, length))) }),
      label: labels[index],
    }),
    key: pathOf,
    fingerprint: async () => {
      const files = await fingerprintFiles(listed(length, (index) => join(folder, pathOf(index))));
      return `${files} ${reader.fingerprint}`;
    },
    column(name) {
      if (name === "label") return labels;
      return name === "path" ? [...listed(length, pathOf)] : undefined;
    },
    share: () => shared,
  };
}

/** Lists the files, in the main thread only: in another, there may be others. */
async function opened(
  folder: string,
  settings: Options,
  known: readonly string[] | undefined,
  logger: Logger,
): Promise<Shared> {
  const { allowEmpty, allowOutside } = settings;
  const endings = endingsOf(settings.extensions);
  const found = await listClassFolders(folder, endings, allowOutside);
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
    ...shareImages(settings, paths, logger),
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
