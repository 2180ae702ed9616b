/**
 * The formats that are fuzzed. Each names its source and makes whole files, `seeds`, which are read first and must be without
 * fault. A seed has `files` by name, the source's `options`, and where a file's content is compressed or summed `packed`, the
 * function that does so: half of the changes are then made before it. `mutable` names the files that are changed, all by
 * default. `most` is the largest array, in bytes, that files of so many bytes may ask for.
 */
import { tar } from "./archives.mjs";
import { npy, npz, safetensors } from "./arrays.mjs";
import { arrow, parquet } from "./columnar.mjs";
import { idx } from "./idx.mjs";
import { jpeg, pictures, png } from "./images.mjs";
import { json, jsonLines, textLines } from "./lines.mjs";
import { manifest } from "./manifests.mjs";
import { wav } from "./sound.mjs";
import { csv } from "./tables.mjs";

export const formats = [
  csv,
  idx,
  jsonLines,
  json,
  textLines,
  tar,
  npy,
  npz,
  safetensors,
  parquet,
  arrow,
  wav,
  manifest,
  jpeg,
  png,
  pictures,
];
