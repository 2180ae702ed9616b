/** @millrace/source-fs: files as datasets, and transforms of images. */
import csv from "./csv.js";
import grayscale from "./grayscale.js";
import idx from "./idx.js";
import imageFolder from "./image-folder.js";
import randomAffine from "./random-affine.js";
import randomHorizontalFlip from "./random-horizontal-flip.js";
import resize from "./resize.js";

export default [imageFolder, idx, csv, resize, grayscale, randomAffine, randomHorizontalFlip];

// Sources
export type { CsvSample } from "./csv.js";
export type { IdxSample } from "./idx.js";
export { readIdx } from "./idx-file.js";
export type { ImageFolderSample } from "./image-folder.js";

// Images that are still files
export { type DeferredImage, deferredImage, type ImageOperation, isDeferredImage } from "./deferred-image.js";
export type { DecodeSettings, ResizeSettings } from "./sharp-engine.js";

// Pixels
export { type AffineMatrix, type AffineParameters, inverseAffineMatrix, warpAffine } from "./affine.js";
export { toGrayscale } from "./luma.js";
export { flipHorizontally } from "./random-horizontal-flip.js";
