/** IDX files, as MNIST and its relatives come: one file of images, one of labels. */
import {
  checkIndex,
  type Dataset,
  defineSource,
  fingerprintFiles,
  MillraceError,
  type NdArray,
  pathOption,
} from "@millrace/core";
import { gather } from "@millrace/core/dataloader";
import { z } from "zod";
import { classesOf } from "../idx/classes.js";
import { readIdx } from "../idx/file.js";
import { idxInputs } from "../idx/inputs.js";
import { formOf, type ImageForm, keyOf, sliceOf } from "../idx/slices.js";
import { inputPath } from "../files/open.js";

/** One slice of the images file; rank-3 bytes come as [height, width, 1]. */
export interface IdxSample {
  readonly image: NdArray;
  readonly label?: number;
}

/** What threads are given. The arrays lie in shared memory. */
interface Shared {
  readonly images: NdArray;
  readonly form: ImageForm;
  readonly labels?: NdArray;
  readonly classes?: readonly string[];
  readonly fingerprint: string;
}

export default defineSource({
  name: "idx",
  summary: "images and labels in IDX files, such as MNIST's",
  options: z.strictObject({
    images: pathOption(
      "IDX file of samples along its first axis, plain or gzipped; held whole, once for all threads",
    ),
    labels: pathOption()
      .optional()
      .describe("IDX file of one number per sample; without it samples have no label"),
  }),
  async create(options, { baseUrl, facts: known, shared: given }): Promise<Dataset<IdxSample>> {
    const shared = (given as Shared | undefined) ?? (await opened(options, baseUrl, known?.labels));
    const { images, form, labels, classes, fingerprint } = shared;
    const length = images.shape[0];
    const whole = { ...images, shape: [length, ...form.shape] };
    const labelType = labels && labelTypeOf(labels);
    return {
      length,
      facts: { ...(classes && { labels: classes }), fields: { image: form } },
      fields: { image: form, ...(labelType && { label: { type: labelType } }) },
      get(index) {
        // A view of the whole array: no transform may write to the sample it is given.
        const image = sliceOf(images, form, checkIndex(index, length));
        return labels === undefined ? { image } : { image, label: labels.data[index] };
      },
      getBatch(indices, _context, allocator) {
        const image = gather(whole, indices, allocator);
        if (labels === undefined || labelType === undefined) return { image };
        return { image, label: gather({ ...labels, dtype: labelType }, indices, allocator) };
      },
      key: (index) => keyOf(options.images, index),
      column: (name) => (name === "label" ? labels?.data : undefined),
      fingerprint: () => fingerprint,
      share: () => shared,
    };
  },
  inputs: (_, { facts }) => idxInputs(facts),
});

/** Numbers without an array of their own are of these types in every batch. */
function labelTypeOf({ dtype }: NdArray): "int32" | "float32" {
  return dtype.startsWith("float") ? "float32" : "int32";
}

async function opened(
  options: { readonly images: string; readonly labels?: string },
  baseUrl: URL,
  known: readonly string[] | undefined,
): Promise<Shared> {
  const imagesPath = inputPath(options.images, baseUrl);
  const labelsPath = options.labels === undefined ? undefined : inputPath(options.labels, baseUrl);
  const paths = labelsPath === undefined ? [imagesPath] : [imagesPath, labelsPath];
  const fingerprint = await fingerprintFiles(paths);
  const images = await readIdx(imagesPath, "images");
  if (images.shape.length === 0) throw noSamples(imagesPath);
  const labels = labelsPath === undefined ? undefined : await readIdx(labelsPath, "labels");
  if ((await fingerprintFiles(paths)) !== fingerprint) throw changed(paths);
  const shared = { images, form: formOf(images), fingerprint };
  if (labels === undefined || labelsPath === undefined) return shared;
  checkCounts(imagesPath, images, labelsPath, labels);
  return { ...shared, labels, classes: classesOf(labelsPath, labels, known) };
}

function checkCounts(imagesPath: string, images: NdArray, labelsPath: string, labels: NdArray): void {
  if (labels.shape.length !== 1) {
    throw new MillraceError(
      "FILE_FORMAT",
      `a labels file must have rank 1, was ${labels.dtype} [${labels.shape.join(", ")}]`,
      { where: [labelsPath], hint: "Are `images` and `labels` the wrong way round?" },
    );
  }
  if (labels.shape[0] === images.shape[0]) return;
  throw new MillraceError(
    "FILE_FORMAT",
    `each image needs one label, but there are ${images.shape[0]} images and ${labels.shape[0]} labels`,
    { where: [imagesPath, labelsPath], hint: "Name the two files of the same set." },
  );
}

function changed(paths: readonly string[]): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    "an IDX file must stay as it is while it is read, but was changed",
    {
      where: paths,
      hint: "Start again when nobody writes to it any more.",
    },
  );
}

function noSamples(path: string): MillraceError {
  return new MillraceError("FILE_FORMAT", "an images file must have a first axis of samples, was rank 0", {
    where: [path],
    hint: "Name the file of images in `images`.",
  });
}
