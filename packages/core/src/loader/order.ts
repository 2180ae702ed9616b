/** The order of each epoch, cut into batches of indices; and how long an epoch is. */
import type { Dataset } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import type { Sampler, StatefulGenerator } from "../contracts/sampler.js";
import { RandomSampler } from "../data/samplers/random.js";
import { SequentialSampler } from "../data/samplers/sequential.js";
import { MillraceError } from "../errors.js";
import type { DataLoaderOptions } from "./options.js";

/** The part of the options that decides an order. */
export type OrderOptions = Pick<
  DataLoaderOptions,
  "batchSize" | "shuffle" | "sampler" | "batchSampler" | "dropLast" | "seed" | "generator"
>;

/** What an epoch visits. */
export interface Order {
  /** Batches per epoch. @throws MillraceError LENGTH_UNKNOWN */
  readonly length: number;
  /** Samples per epoch, where batches come from a sampler. @throws MillraceError LENGTH_UNKNOWN */
  readonly samples: number;
  /** Lists of indices, or single ones where batching is off; a generator is drawn from when it is called. */
  batches(epoch: number): Iterable<readonly number[] | number>;
  /** Stateful generators that `batches` draws from. */
  readonly generators: readonly StatefulGenerator[];
  /** The choices that decide it, for a state's fingerprint. */
  readonly description: string;
}

export function mapOrder(dataset: Dataset, options: OrderOptions): Order {
  const { batchSize = 1, dropLast = false, batchSampler, seed = 0, shuffle = false } = options;
  if (batchSampler !== undefined) return batchOrder(batchSampler);
  const sampler = options.sampler ?? defaultSampler(dataset, options);
  const indices = (epoch: number): Iterable<number> =>
    isSampler(sampler) ? sampler.indices(epoch) : sampler;
  const kind =
    options.sampler === undefined ? (shuffle ? `random, seed ${seed}` : "sequential") : nameOf(sampler);
  return {
    get samples() {
      return batchSize === null || !dropLast ? lengthOf(sampler) : this.length * batchSize;
    },
    get length() {
      return batchSize === null ? lengthOf(sampler) : batchCount(lengthOf(sampler), batchSize, dropLast);
    },
    batches: (epoch) =>
      batchSize === null ? indices(epoch) : batchesOf(indices(epoch), batchSize, dropLast),
    generators: generatorsOf(sampler, options.generator),
    description: `${kind}, batches of ${batchSize ?? "no size"}${dropLast ? ", last one dropped" : ""}`,
  };
}

/** A stream knows its length or does not; its workers find its order. */
export function streamOrder(
  dataset: IterableDataset,
  { batchSize = 1, dropLast = false, generator }: OrderOptions,
): Order {
  const samples = (): number => {
    if (dataset.length !== undefined) return dataset.length;
    throw new MillraceError("LENGTH_UNKNOWN", "this stream does not know its length", {
      hint: "Give the dataset a `length`, or count batches as they come.",
    });
  };
  return {
    get samples() {
      return samples();
    },
    get length() {
      return batchSize === null ? samples() : batchCount(samples(), batchSize, dropLast);
    },
    batches: () => [],
    generators: generator === undefined ? [] : [generator],
    description: `stream, batches of ${batchSize ?? "no size"}${dropLast ? ", last ones dropped" : ""}`,
  };
}

/** The length of an epoch, or undefined where it is not known, or known only when a part of a stream turns out to be none. */
export function statedLength(order: Order): number | undefined {
  try {
    return order.length;
  } catch {
    return undefined;
  }
}

function batchOrder(batchSampler: NonNullable<OrderOptions["batchSampler"]>): Order {
  return {
    get samples(): number {
      throw new MillraceError("LENGTH_UNKNOWN", "a batch sampler does not say how many samples it visits");
    },
    get length() {
      return lengthOf(batchSampler);
    },
    batches: (epoch) => (isSampler(batchSampler) ? batchSampler.indices(epoch) : batchSampler),
    generators: generatorsOf(batchSampler, undefined),
    description: nameOf(batchSampler),
  };
}

function defaultSampler(dataset: Dataset, { shuffle = false, seed, generator }: OrderOptions): Sampler {
  if (!shuffle) return new SequentialSampler(dataset);
  return new RandomSampler(dataset, generator === undefined ? { seed } : { generator });
}

/** Groups of `batchSize` indices; the last may be smaller unless `dropLast`. */
export function* batchesOf(
  indices: Iterable<number>,
  batchSize: number,
  dropLast: boolean,
): Iterable<number[]> {
  if (indices instanceof Int32Array) {
    yield* slicesOf(indices, batchSize, dropLast);
    return;
  }
  let batch: number[] = [];
  for (const index of indices) {
    batch.push(index);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0 && !dropLast) yield batch;
}

/** The same of an order that stands in memory: no call of an iterator for each index. */
function* slicesOf(indices: Int32Array, batchSize: number, dropLast: boolean): Iterable<number[]> {
  for (let start = 0; start < indices.length; start += batchSize) {
    const end = Math.min(start + batchSize, indices.length);
    if (dropLast && end - start < batchSize) return;
    const batch: number[] = [];
    for (let i = start; i < end; i++) batch.push(indices[i]);
    yield batch;
  }
}

/** How many batches `batchesOf` yields. */
export function batchCount(samples: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);
}

function isSampler<T>(sampler: Sampler<T> | Iterable<T>): sampler is Sampler<T> {
  return typeof (sampler as Partial<Sampler<T>>).indices === "function";
}

function lengthOf(sampler: object): number {
  const { length, size } = sampler as { readonly length?: unknown; readonly size?: unknown };
  const known = length ?? size;
  if (typeof known === "number") return known;
  throw new MillraceError("LENGTH_UNKNOWN", "the sampler does not say how many items it yields", {
    hint: "Give it a `length`.",
  });
}

function nameOf(sampler: object): string {
  return sampler.constructor === Object ? "a sampler of its own" : sampler.constructor.name;
}

function generatorsOf(sampler: object, generator: StatefulGenerator | undefined): StatefulGenerator[] {
  const own = (sampler as Partial<Sampler>).generator;
  return [...new Set([generator, own].filter((item) => item !== undefined))];
}
