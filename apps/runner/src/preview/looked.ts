/** Batches that somebody looks at, and what is known of them. */
import { createHash } from "node:crypto";
import {
  type Batch,
  type DatasetFacts,
  isNdArray,
  type NdArray,
  type SampleName,
  sampleName,
} from "@millrace/core";
import type { DataLoader, SplitName } from "@millrace/core/dataloader";
import type { Inverses } from "@millrace/core/spec";

type BadSample = NonNullable<Batch["bad"]>[number];

/** A batch that stays: it is never given back, so that nothing is written over it. */
export interface LookedBatch extends Pick<Batch, "indices" | "epoch" | "step" | "bad"> {
  readonly data: unknown;
  /** What its samples are called. */
  readonly names: readonly SampleName[];
}

export interface Looked {
  readonly split: SplitName;
  readonly loader: DataLoader;
  readonly batches: readonly LookedBatch[];
  readonly facts: DatasetFacts;
  readonly inverses: Inverses;
  /** The key of the model's target. */
  readonly target: string;
}

/** The arrays and lists of a batch by name, one value for each sample in each. */
export interface Column {
  readonly name: string;
  readonly values: NdArray | readonly unknown[];
}

export function keep(
  { data, indices, epoch, step, bad }: Batch,
  { dataset }: Pick<DataLoader, "dataset">,
): LookedBatch {
  return {
    data,
    indices,
    epoch,
    step,
    ...(bad && { bad: bad.map((sample) => named(sample, dataset)) }),
    names: indices.map((index) => sampleName(dataset, index)),
  };
}

/** The same by the names that the source has for it and for what stands in its place. */
function named(sample: BadSample, dataset: unknown): BadSample {
  const { replacedBy } = sample;
  const instead = replacedBy === undefined ? {} : { replacedBy: sampleName(dataset, replacedBy).index };
  return { ...sample, ...sampleName(dataset, sample.index), ...instead };
}

/** What a batch holds, fields of fields as "box.width". */
export function columnsOf(data: unknown, path = ""): Column[] {
  if (isNdArray(data)) return data.shape.length === 0 ? [] : [{ name: path, values: data }];
  if (Array.isArray(data)) {
    // A list of arrays is what a pair became; one of texts is a column.
    if (data.some((item) => isNdArray(item)))
      return data.flatMap((item, i) => columnsOf(item, `${path}[${i}]`));
    return [{ name: path, values: data }];
  }
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data)) return [];
  return Object.entries(data).flatMap(([key, item]) => columnsOf(item, path === "" ? key : `${path}.${key}`));
}

/** How many samples a batch has; those of a stream have no indices. */
export function sizeOf({ indices, data }: Pick<LookedBatch, "indices" | "data">): number {
  if (indices.length > 0) return indices.length;
  const [first] = columnsOf(data);
  if (first === undefined) return 0;
  return isNdArray(first.values) ? first.values.shape[0] : first.values.length;
}

/** A SHA-256 over everything in a batch: two that have the same are the same, bit for bit. */
export function digestOf({ data }: Pick<LookedBatch, "data">): string {
  const hash = createHash("sha256");
  for (const { name, values } of columnsOf(data)) {
    if (!isNdArray(values)) hash.update(`${name} ${JSON.stringify(values)}\n`);
    else {
      const { buffer, byteOffset, byteLength } = values.data;
      hash.update(`${name} ${values.dtype} [${values.shape.join(", ")}]\n`);
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest("hex");
}

/** The values of one sample, without the batch axis. */
export function rowOf({ dtype, shape, data }: NdArray, row: number): NdArray {
  const own = shape.slice(1);
  const size = own.reduce((product, extent) => product * extent, 1);
  return { dtype, shape: own, data: data.subarray(row * size, (row + 1) * size) };
}

/** "digits/3/0017.png", or "sample 17". */
export function nameText({ key, index }: SampleName): string {
  return key ?? `sample ${index}`;
}

/** What the target of each sample is called; undefined where there is no single one. */
export function targetsOf(
  { data }: Pick<LookedBatch, "data">,
  { target, facts }: Pick<Looked, "target" | "facts">,
): readonly string[] | undefined {
  const column = columnsOf(data).find(({ name }) => name === target)?.values;
  if (column === undefined) return undefined;
  if (!isNdArray(column)) return column.map(String);
  if (column.shape.length !== 1) return undefined;
  return Array.from(column.data, (value) => facts.labels?.[value] ?? String(Math.round(value * 1e4) / 1e4));
}
