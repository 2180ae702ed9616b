/** A dataset without the samples that a quarantine lists. */
import type { Dataset } from "../../contracts/dataset.js";
import { MillraceError } from "../../errors.js";
import { type QuarantineEntry, readQuarantine } from "../quarantine.js";
import { asDataset, type DatasetLike } from "./dataset-like.js";
import { Subset } from "./subset.js";

/**
 * `dataset` without the samples of a quarantine: a file, or its entries. Samplers and splits over it give the order that
 * they give over a source that never had these samples. An entry with a key means the sample of that key, wherever it is by
 * now, or nothing if there is none; in a dataset without keys, and where the entry has none, it means its index.
 *
 * @throws MillraceError FILE_NOT_FOUND, FILE_FAILED, FILE_FORMAT for a file; OPTION_INVALID for a stream or its entries.
 */
export function excluding<S>(
  dataset: DatasetLike<S>,
  quarantine: string | readonly QuarantineEntry[],
): Subset<S> {
  const samples = asDataset(dataset, "the dataset to leave samples out of");
  const entries = typeof quarantine === "string" ? readQuarantine(quarantine) : quarantine;
  return new Subset(samples, keptIndices(samples, entries));
}

/** The indices of all samples but those that the entries name, in shared memory. */
export function keptIndices(
  dataset: Pick<Dataset, "length" | "key">,
  entries: readonly QuarantineEntry[],
): Int32Array {
  const { length } = dataset;
  const key = dataset.key?.bind(dataset);
  const left = new Set<number>();
  const moved = new Set<string>();
  for (const { key: name, index, shard } of entries) {
    if (shard !== undefined) throw ofStream();
    if (key === undefined || name === undefined || (index < length && key(index) === name)) left.add(index);
    else moved.add(name);
  }
  for (let index = 0; moved.size > 0 && index < length; index++) {
    if (moved.has(key?.(index) as string)) left.add(index);
  }
  let count = length;
  for (const index of left) if (index >= 0 && index < length) count--;
  const kept = new Int32Array(new SharedArrayBuffer(4 * count));
  for (let index = 0, place = 0; index < length; index++) if (!left.has(index)) kept[place++] = index;
  return kept;
}

function ofStream(): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    "a quarantine to leave samples out by must be of a dataset, but lists samples of a stream's shards",
    { hint: "Leave them out in the stream itself." },
  );
}
