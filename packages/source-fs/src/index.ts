/** @millrace/source-fs: files as datasets, and transforms of images. */
import arrow from "./sources/arrow.js";
import csv from "./sources/csv.js";
import decodeImage from "./transforms/decode-image.js";
import files from "./sources/files.js";
import grayscale from "./transforms/grayscale.js";
import { images } from "./images/image-reader.js";
import json from "./sources/json.js";
import jsonLines from "./sources/json-lines.js";
import npy from "./sources/npy.js";
import npz from "./sources/npz.js";
import safetensors from "./sources/safetensors.js";
import textLines from "./sources/text-lines.js";
import wav from "./sources/wav.js";
import tarShards from "./sources/tar-shards.js";
import idx from "./sources/idx.js";
import imageFolder from "./sources/image-folder.js";
import parquet from "./sources/parquet.js";
import randomAffine from "./transforms/random-affine.js";
import randomHorizontalFlip from "./transforms/random-horizontal-flip.js";
import resize from "./transforms/resize.js";
import centerCrop from "./transforms/center-crop.js";
import colorJitter from "./transforms/color-jitter.js";
import fiveCrop from "./transforms/five-crop.js";
import gaussianBlur from "./transforms/gaussian-blur.js";
import normalize from "./transforms/normalize.js";
import pad from "./transforms/pad.js";
import randAugment from "./transforms/rand-augment.js";
import randomAdjustSharpness from "./transforms/random-adjust-sharpness.js";
import randomAutocontrast from "./transforms/random-autocontrast.js";
import randomCrop from "./transforms/random-crop.js";
import randomEqualize from "./transforms/random-equalize.js";
import randomErasing from "./transforms/random-erasing.js";
import randomGrayscale from "./transforms/random-grayscale.js";
import randomInvert from "./transforms/random-invert.js";
import randomPosterize from "./transforms/random-posterize.js";
import randomResizedCrop from "./transforms/random-resized-crop.js";
import randomRotation from "./transforms/random-rotation.js";
import randomSolarize from "./transforms/random-solarize.js";
import randomWindow from "./transforms/random-window.js";
import randomVerticalFlip from "./transforms/random-vertical-flip.js";

export default [
  imageFolder,
  files,
  idx,
  csv,
  jsonLines,
  json,
  textLines,
  tarShards,
  npy,
  npz,
  safetensors,
  parquet,
  arrow,
  wav,
  decodeImage,
  resize,
  centerCrop,
  fiveCrop,
  pad,
  grayscale,
  normalize,
  randomCrop,
  randomResizedCrop,
  randomHorizontalFlip,
  randomVerticalFlip,
  randomRotation,
  randomAffine,
  colorJitter,
  randomGrayscale,
  gaussianBlur,
  randomErasing,
  randAugment,
  randomAdjustSharpness,
  randomAutocontrast,
  randomEqualize,
  randomInvert,
  randomPosterize,
  randomSolarize,
  randomWindow,
  images,
];

// Sources
export type { FilesSample } from "./sources/files.js";
export type { CsvSample } from "./csv/dataset.js";
export type { RecordSample } from "./records/dataset.js";
export type { ArraySample } from "./arrays/dataset.js";
export type { WavSample } from "./sources/wav.js";
export type { TextLinesSample } from "./sources/text-lines.js";
export type { IdxSample } from "./sources/idx.js";
export { readIdx } from "./idx/file.js";
export type { ArrowSample } from "./sources/arrow.js";
export type { ParquetSample } from "./sources/parquet.js";
export type { ImageFolderSample } from "./sources/image-folder.js";
export type { TarSample } from "./tar/samples.js";
export { type ShardSample, type WriteShardsOptions, writeTarShards } from "./tar/write-shards.js";

// Images that are still encoded
export { type DeferredImage, isDeferredImage } from "@millrace/core";
export { deferredImage } from "./images/deferred-image.js";
export type { ImageOperation } from "./images/operations.js";
export type { DecodeSettings, ResizeSettings } from "./images/sharp-engine.js";

// Pixels
export {
  type AffineMatrix,
  type AffineParameters,
  inverseAffineMatrix,
  warpAffine,
} from "./pixels/affine.js";
export { flipHorizontally, flipVertically } from "./pixels/mirror.js";
export { toGrayscale } from "./images/luma.js";

// A look at files, before there is a spec
export { readRows as readCsvRows } from "./csv/reader.js";
export { type BestDecoder, jpegDecoder } from "./images/choose-decoder.js";
export { imageExtensions } from "./images/image-inputs.js";
export { type StoredColumn, storedColumns } from "./survey/stored-columns.js";
