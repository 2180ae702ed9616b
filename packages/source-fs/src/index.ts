/** @millrace/source-fs: files as datasets, and transforms of images. */
import csv from "./sources/csv.js";
import decodeImage from "./transforms/decode-image.js";
import grayscale from "./transforms/grayscale.js";
import { images } from "./images/image-reader.js";
import json from "./sources/json.js";
import jsonLines from "./sources/json-lines.js";
import textLines from "./sources/text-lines.js";
import idx from "./sources/idx.js";
import imageFolder from "./sources/image-folder.js";
import randomAffine from "./transforms/random-affine.js";
import randomHorizontalFlip from "./transforms/random-horizontal-flip.js";
import resize from "./transforms/resize.js";

export default [
  imageFolder,
  idx,
  csv,
  jsonLines,
  json,
  textLines,
  decodeImage,
  resize,
  grayscale,
  randomAffine,
  randomHorizontalFlip,
  images,
];

// Sources
export type { CsvSample } from "./sources/csv.js";
export type { JsonSample } from "./json/dataset.js";
export type { TextLinesSample } from "./sources/text-lines.js";
export type { IdxSample } from "./sources/idx.js";
export { readIdx } from "./idx/file.js";
export type { ImageFolderSample } from "./sources/image-folder.js";

// Images that are still encoded
export { type DeferredImage, isDeferredImage } from "@millrace/core";
export { deferredImage, type ImageOperation } from "./images/deferred-image.js";
export type { DecodeSettings, ResizeSettings } from "./images/sharp-engine.js";

// Pixels
export {
  type AffineMatrix,
  type AffineParameters,
  inverseAffineMatrix,
  warpAffine,
} from "./images/affine.js";
export { toGrayscale } from "./images/luma.js";
export { flipHorizontally } from "./transforms/random-horizontal-flip.js";
