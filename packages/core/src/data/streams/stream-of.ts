/** A map-style dataset as a stream. */
import type { IterableDataset, SampleStream, StreamContext } from "../../contracts/iterable.js";
import type { Dataset } from "../../contracts/dataset.js";
import type { Sampler } from "../../contracts/sampler.js";
import { MillraceError } from "../../errors.js";
import { asDataset, type DatasetLike } from "../datasets/dataset-like.js";
import { madeBy } from "../recipe-of.js";
import { passEnd, type PassResult } from "./pass.js";

/** The order in which `streamOf` reads its dataset. */
export interface StreamOfOptions {
  /** The order of each epoch, a function of the epoch; by default the dataset's own. */
  readonly sampler?: Sampler;
}

/**
 * The samples of `dataset` as a stream that shares itself out: shard i of n gives positions i, i + n, i + 2n … of the
 * order, so that all shards together give each index once. Its state is one number, and resuming costs nothing: with a
 * sampler whose order is an array no more than making that order.
 *
 * @throws MillraceError OPTION_INVALID for a stream, or for a sampler that draws from a generator in passing: shards
 * would not agree in the order.
 */
export function streamOf<S>(dataset: DatasetLike<S>, options: StreamOfOptions = {}): IterableDataset<S> {
  const samples = asDataset(dataset, "the dataset of a stream");
  const { sampler } = options;
  if (sampler?.generator !== undefined) {
    throw new MillraceError(
      "OPTION_INVALID",
      "the sampler of a stream must be a function of the epoch, but it draws from a generator",
      { hint: "Give it a `seed` instead of a `generator`." },
    );
  }
  const stream: IterableDataset<S> = {
    get length() {
      return sampler?.length ?? samples.length;
    },
    lengthOf: ({ id, count }) => Math.ceil(Math.max(0, (sampler?.length ?? samples.length) - id) / count),
    get fields() {
      return samples.fields;
    },
    get facts() {
      return samples.facts;
    },
    get description() {
      const order = sampler === undefined ? "in order" : (sampler.description ?? "in an order of its own");
      return `${samples.length} samples ${order}`;
    },
    iterate: (context) => new IndexPass(samples, orderOf(samples, sampler, context), context),
  };
  return madeBy(stream, { module: import.meta.url, export: "streamOf", args: [samples, options] });
}

/** Index by position; the dataset's own order needs no list. */
type Order = { readonly length: number; at(position: number): number | undefined };

function orderOf({ length }: Dataset, sampler: Sampler | undefined, { epoch }: StreamContext): Order {
  if (sampler === undefined) return { length, at: (position) => position };
  const indices = sampler.indices(epoch);
  return Array.isArray(indices) || indices instanceof Int32Array ? (indices as number[]) : [...indices];
}

class IndexPass<S> implements SampleStream<S> {
  readonly goesOn = true;
  #position: number;

  constructor(
    private readonly dataset: Dataset<S>,
    private readonly order: Order,
    private readonly context: StreamContext,
  ) {
    this.#position = (context.state as { readonly position: number } | undefined)?.position ?? 0;
  }

  next(): PassResult<S> | Promise<PassResult<S>> {
    const { epoch, shard, progress } = this.context;
    const place = shard.id + this.#position * shard.count;
    const index = place < this.order.length ? this.order.at(place) : undefined;
    if (index === undefined) return passEnd;
    // Before the sample is read: a pass goes on after one that fails.
    this.#position++;
    const given = { done: false, key: this.dataset.key?.(index) ?? index, address: index } as const;
    const sample = this.dataset.get(index, { epoch, ...(progress && { progress }) });
    return sample instanceof Promise
      ? sample.then((value) => ({ ...given, value }))
      : { ...given, value: sample };
  }

  return(): void {
    this.#position = Infinity;
  }

  /** Samples that this shard has given. */
  state(): { readonly position: number } {
    return { position: this.#position };
  }
}
