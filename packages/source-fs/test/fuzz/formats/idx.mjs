/** IDX files as MNIST's, plain and gzipped, with labels of their own. */
import { gzipSync } from "node:zlib";

/** `type` is the format's code of the element type: 8 uint8, 11 int16, 13 float32. */
function idxFile(type, bytesEach, shape) {
  const header = Buffer.from([0, 0, type, shape.length, ...shape.flatMap((extent) => [0, 0, 0, extent])]);
  const body = Buffer.alloc(shape.reduce((a, b) => a * b) * bytesEach, 7);
  return Buffer.concat([header, body]);
}

const images = idxFile(8, 1, [12, 6, 5]);
const labels = idxFile(8, 1, [12]);
const both = { images: "images.idx", labels: "labels.idx" };

export const idx = {
  name: "idx",
  source: "idx",
  // gzip holds at most 1,032 bytes in one.
  most: (bytes) => 2 ** 24 + 1100 * bytes,
  seeds: () => [
    { files: { "images.idx": images, "labels.idx": labels }, options: both },
    { files: { "images.idx": idxFile(13, 4, [9, 3]) }, options: { images: "images.idx" } },
    { files: { "images.idx": idxFile(11, 2, [9]) }, options: { images: "images.idx" } },
    {
      files: { "images.idx": images, "labels.idx": labels },
      packed: { "images.idx": gzipSync, "labels.idx": gzipSync },
      options: both,
    },
  ],
};
