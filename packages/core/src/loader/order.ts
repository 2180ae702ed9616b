/** The order of each epoch, cut into batches of indices; and how long an epoch is. */
import type { Dataset } from "../contracts/dataset.js";
import type { Sampler, StatefulGenerator } from "../contracts/sampler.js";
import { Permuted } from "../data/permuted.js";
import { digestOf } from "../data/samplers/digest.js";
import { RandomSampler } from "../data/samplers/random.js";
import { SequentialSampler } from "../data/samplers/sequential.js";
import { itemsFrom, shown } from "../data/samplers/validation.js";
import { MillraceError } from "../errors.js";
import type { DataLoaderOptions } from "./options.js";

/** The part of the options that decides an order. */
export type OrderOptions = Pick<
  DataLoaderOptions,
  "batchSize" | "shuffle" | "sampler" | "batchSampler" | "dropLast" | "seed" | "generator"
>;

/** One batch: a list of indices, or a single one where batching is off. */
export type Indices = readonly number[] | number;

/** What an epoch visits. */
export interface Order {
  /** Batches per epoch. @throws MillraceError LENGTH_UNKNOWN */
  readonly length: number;
  /** Samples per epoch, where batches come from a sampler. @throws MillraceError LENGTH_UNKNOWN */
  readonly samples: number;
  /** The batches of an epoch from number `from` on; undefined for a stream, which has no indices. */
  open(epoch: number, from: number): EpochOrder | undefined;
  /** Stateful generators that an open epoch draws from. */
  readonly generators: readonly StatefulGenerator[];
  /** The choices that decide it, for a state's fingerprint. */
  readonly description: string;
  /** True if the description leaves nothing open. */
  readonly described: boolean;
}

/** The batches of one epoch; a generator is drawn from when the first is asked for. */
export interface EpochOrder {
  /** @throws MillraceError SAMPLER_FAILED with what the sampler threw. */
  next(): IteratorResult<Indices, unknown>;
  /** No more are wanted. */
  return(): void;
  /** What must be drawn first, without holding up the thread; undefined where it is little. */
  prepare(): Promise<void> | undefined;
}

export function mapOrder(dataset: Dataset, options: OrderOptions): Order {
  const { batchSize = 1, dropLast = false, batchSampler } = options;
  if (batchSampler !== undefined) return batchOrder(batchSampler);
  const sampler = options.sampler ?? defaultSampler(dataset, options);
  const kind = descriptionOf(sampler);
  return {
    get samples() {
      return batchSize === null || !dropLast ? lengthOf(sampler) : this.length * batchSize;
    },
    get length() {
      return batchSize === null ? lengthOf(sampler) : batchCount(lengthOf(sampler), batchSize, dropLast);
    },
    open: (epoch, from) =>
      opened(epoch, from, () => {
        const indices = itemsFrom<number>(sampler, epoch, from * (batchSize ?? 1));
        const lists = indices instanceof Permuted;
        if (batchSize === null)
          return {
            batches: lists ? indices : eachWhole(indices),
            prepare: lists ? () => indices.prepare() : undefined,
          };
        if (!lists) return { batches: batchesOf(indices, batchSize, dropLast) };
        return { batches: indices.batches(batchSize, dropLast), prepare: () => indices.prepare() };
      }),
    generators: generatorsOf(sampler, options.generator),
    get description() {
      const size = `batches of ${batchSize ?? "no size"}${dropLast ? ", last one dropped" : ""}`;
      return `${descriptionOf(sampler) ?? nameOf(sampler)}, ${size}`;
    },
    described: kind !== undefined,
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
    open: (epoch, from) =>
      opened(epoch, from, () => ({
        batches: eachWhole(eachList(itemsFrom<readonly number[]>(batchSampler, epoch, from))),
      })),
    generators: generatorsOf(batchSampler, undefined),
    get description() {
      return descriptionOf(batchSampler) ?? nameOf(batchSampler);
    },
    described: descriptionOf(batchSampler) !== undefined,
  };
}

function defaultSampler(dataset: Dataset, { shuffle = false, seed, generator }: OrderOptions): Sampler {
  if (!shuffle) return new SequentialSampler(dataset);
  return new RandomSampler(dataset, generator === undefined ? { seed } : { generator });
}

/** Names what the sampler throws by the batch that it was asked for. */
function opened(
  epoch: number,
  from: number,
  open: () => { batches: Iterable<Indices>; prepare?: (() => Promise<void> | undefined) | undefined },
): EpochOrder {
  let step = from;
  const named = (error: unknown): MillraceError => failed(error, [`batch ${step}`, `epoch ${epoch}`]);
  const begin = () => {
    const { batches, prepare } = open();
    return { iterator: batches[Symbol.iterator](), prepare };
  };
  const { iterator, prepare } = attempt(begin, named);
  return {
    next: () => {
      try {
        const item = iterator.next();
        step++;
        return item;
      } catch (error) {
        throw named(error);
      }
    },
    return: () => void iterator.return?.(),
    prepare: () => prepare?.(),
  };
}

function failed(error: unknown, where: readonly string[] = []): MillraceError {
  return MillraceError.from(error, "SAMPLER_FAILED", "the sampler failed", { where });
}

function attempt<T>(run: () => T, named: (error: unknown) => Error): T {
  try {
    return run();
  } catch (error) {
    throw named(error);
  }
}

/** Groups of `batchSize` indices; the last may be smaller unless `dropLast`. */
export function* batchesOf(
  indices: Iterable<number>,
  batchSize: number,
  dropLast: boolean,
): Iterable<number[]> {
  let batch: number[] = [];
  for (const index of indices) {
    if (!Number.isInteger(index)) throw noIndex(index);
    batch.push(index);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0 && !dropLast) yield batch;
}

function* eachWhole<I extends Indices>(items: Iterable<I>): Iterable<I> {
  for (const item of items) {
    const odd = typeof item === "object" ? item.find((index) => !Number.isInteger(index)) : item;
    if (odd !== undefined && !Number.isInteger(odd)) throw noIndex(odd);
    yield item;
  }
}

function* eachList(items: Iterable<readonly number[]>): Iterable<readonly number[]> {
  for (const item of items) {
    if (!isList(item)) {
      throw new MillraceError(
        "SAMPLER_FAILED",
        `a batchSampler must yield lists of indices, was ${shown(item)}`,
        { hint: "Indices one by one come from a `sampler`; `batchSize` makes batches of them." },
      );
    }
    yield item;
  }
}

function noIndex(value: unknown): MillraceError {
  return new MillraceError(
    "SAMPLER_FAILED",
    `a sampler must yield indices, whole numbers, was ${shown(value)}`,
    {
      hint: "Names of samples are for the dataset's `key`; batches of indices come from a batchSampler.",
    },
  );
}

/** How many batches `batchesOf` yields. */
export function batchCount(samples: number, batchSize: number, dropLast: boolean): number {
  return dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);
}

function lengthOf(sampler: object): number {
  const known = attempt(() => {
    const { length, size } = sampler as { readonly length?: unknown; readonly size?: unknown };
    return length ?? size;
  }, failed);
  if (typeof known === "number") return known;
  throw new MillraceError("LENGTH_UNKNOWN", "the sampler does not say how many items it yields", {
    hint: "Give it a `length`.",
  });
}

/** What decides the order of a sampler that says it, or of given indices. */
function descriptionOf(sampler: object): string | undefined {
  if (!isList(sampler)) return attempt(() => (sampler as Partial<Sampler>).description, failed);
  const flat = sampler.length === 0 || typeof sampler[0] === "number";
  return flat ? `${sampler.length} given indices (${digestOf(sampler)})` : undefined;
}

function isList(values: unknown): values is ArrayLike<number> {
  return Array.isArray(values) || ArrayBuffer.isView(values);
}

function nameOf(sampler: object): string {
  return sampler.constructor === Object ? "a sampler of its own" : sampler.constructor.name;
}

function generatorsOf(sampler: object, generator: StatefulGenerator | undefined): StatefulGenerator[] {
  const own = (sampler as Partial<Sampler>).generator;
  return [...new Set([generator, own].filter((item) => item !== undefined))];
}
