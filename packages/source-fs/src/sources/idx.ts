/** IDX files, as MNIST and its relatives come: one file of images, one of labels. */
import {
  checkIndex,
  type Dataset,
  type DatasetFacts,
  defaultCollate,
  defineSource,
  fingerprintFiles,
  gather,
  labelUnknown,
  MillraceError,
  type NdArray,
  sizeOf,
} from "@millrace/core";
import { z } from "zod";
import { readIdx } from "../idx/file.js";
import { imageExtensions, imageInputs } from "../images/image-inputs.js";
import { inputPath } from "../files/open.js";

/** One slice of the images file; rank-3 bytes come as [height, width, 1]. */
export interface IdxSample {
  readonly image: NdArray;
  readonly label?: number;
}

/** More classes than this are numbers that happen to be whole. */
const mostClasses = 65_536;

export default defineSource({
  name: "idx",
  summary: "images and labels in IDX files, such as MNIST's",
  options: z.strictObject({
    images: z
      .string()
      .min(1)
      .describe("IDX file of samples along its first axis, plain or gzipped; each thread holds it whole"),
    labels: z
      .string()
      .min(1)
      .optional()
      .describe("IDX file of one number per sample; without it samples have no label"),
  }),
  async create(options, { baseUrl, facts: known }) {
    const imagesPath = inputPath(options.images, baseUrl);
    const images = await readIdx(imagesPath, "images");
    if (images.shape.length === 0) throw noSamples(imagesPath);
    const length = images.shape[0];
    const imageAt = slicer(images);
    const whole = { ...images, shape: [length, ...sampleShape(images)] };
    if (options.labels === undefined) {
      return {
        length,
        get: (index) => ({ image: imageAt(index) }),
        fingerprint: () => fingerprintFiles([imagesPath]),
        getBatch: (indices, _context, allocator) => ({ image: gather(whole, indices, allocator) }),
      } satisfies Dataset<IdxSample>;
    }
    const labelsPath = inputPath(options.labels, baseUrl);
    const labels = await readIdx(labelsPath, "labels");
    checkCounts(imagesPath, images, labelsPath, labels);
    return {
      length,
      facts: factsOf(labelsPath, labels, known?.labels),
      get: (index) => ({ image: imageAt(index), label: labels.data[index] }),
      getBatch: (indices, _context, allocator) => ({
        image: gather(whole, indices, allocator),
        label: defaultCollate(
          indices.map((index) => labels.data[index]),
          allocator,
        ),
      }),
      fingerprint: () => fingerprintFiles([imagesPath, labelsPath]),
      column: (name) => (name === "label" ? labels.data : undefined),
    } satisfies Dataset<IdxSample>;
  },
  inputs: () => imageInputs({ mode: "grayscale", background: "#ffffff", autoOrient: false }, imageExtensions),
});

/** Samples are views of the whole array: no transform may write to the sample it is given. */
function slicer(images: NdArray): (index: number) => NdArray {
  const { dtype, data } = images;
  const shape = sampleShape(images);
  const size = sizeOf(shape);
  return (index) => {
    const start = checkIndex(index, images.shape[0]) * size;
    return { dtype, shape, data: data.subarray(start, start + size) };
  };
}

/** Images of bytes gain an axis of one channel. */
function sampleShape({ dtype, shape: [, ...own] }: NdArray): readonly number[] {
  return dtype === "uint8" && own.length === 2 ? [...own, 1] : own;
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

function factsOf(path: string, labels: NdArray, known: readonly string[] | undefined): DatasetFacts {
  if (labels.dtype.startsWith("float")) return {};
  let highest = -1;
  for (const label of labels.data) {
    if (label < 0) return {};
    if (label > highest) highest = label;
  }
  if (known === undefined) {
    return highest < mostClasses ? { labels: Array.from({ length: highest + 1 }, (_, i) => `${i}`) } : {};
  }
  if (highest < known.length) return { labels: known };
  throw labelUnknown(String(highest), known, path);
}

function noSamples(path: string): MillraceError {
  return new MillraceError("FILE_FORMAT", "an images file must have a first axis of samples, was rank 0", {
    where: [path],
    hint: "Name the file of images in `images`.",
  });
}
