/** Streams one after the other. */
import type { DatasetFacts, FieldTypes } from "../../contracts/dataset.js";
import {
  asIterableDataset,
  type IterableDataset,
  isStreamLike,
  type SampleStream,
  type Shard,
  type StreamContext,
  type StreamLike,
} from "../../contracts/iterable.js";
import { MillraceError } from "../../errors.js";
import { kindOf } from "../collate.js";
import { recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { recipeFor } from "../recipe-of.js";
import { joined, Pass, passEnd, type PassResult, type PassState } from "../streams/pass.js";
import { describeStream, fieldsOf } from "../streams/options.js";

/**
 * All samples of each stream, one stream after the other (torch.utils.data.ChainDataset). Each worker's share is the
 * chain of its shares. Resuming opens the stream that was being read, and none before it.
 *
 * @throws MillraceError OPTION_INVALID, when a stream's turn comes, for what is no stream.
 */
export class ChainDataset<S = unknown> implements IterableDataset<S> {
  readonly datasets: readonly StreamLike<S>[];

  constructor(datasets: Iterable<StreamLike<S>>) {
    this.datasets = [...datasets];
  }

  /** The sum of the streams' lengths, where all are known. */
  get length(): number | undefined {
    let sum = 0;
    for (const [i, dataset] of this.datasets.entries()) {
      const { length } = requireStream(dataset, i);
      if (length === undefined) return undefined;
      sum += length;
    }
    return sum;
  }

  /** The same of one shard. */
  lengthOf(shard: Shard): number | undefined {
    let sum = 0;
    for (const [i, dataset] of this.datasets.entries()) {
      const length = requireStream(dataset, i).lengthOf?.(shard);
      if (length === undefined) return undefined;
      sum += length;
    }
    return sum;
  }

  get fields(): FieldTypes | undefined {
    return fieldsOf(this.datasets);
  }

  /** Those of the first stream. */
  get facts(): DatasetFacts | undefined {
    return (this.datasets[0] as Partial<IterableDataset> | undefined)?.facts;
  }

  get description(): string {
    return this.datasets.map(describeStream).join(", then ");
  }

  iterate(context: StreamContext): SampleStream<S> {
    return new ChainPass(this.datasets, context);
  }

  [recipeOf](): ValueRecipe {
    return recipeFor(this, ChainDataset, import.meta.url, [this.datasets]);
  }
}

/** Which stream is being read, and where that stands. */
interface ChainState {
  readonly part: number;
  readonly pass?: PassState;
}

class ChainPass<S> implements SampleStream<S> {
  #part: number;
  #from: PassState | undefined;
  #pass: Pass<S> | undefined;
  #left = false;

  constructor(
    private readonly datasets: readonly StreamLike<S>[],
    private readonly context: StreamContext,
  ) {
    const { part = 0, pass } = (context.state ?? {}) as Partial<ChainState>;
    this.#part = part;
    this.#from = pass;
  }

  async next(): Promise<PassResult<S>> {
    while (!this.#left && this.#part < this.datasets.length) {
      this.#pass ??= new Pass(requireStream(this.datasets[this.#part], this.#part), this.context, this.#from);
      const result = await this.#pass.next();
      if (!result.done) return joined(result, this.#part, this.datasets.length);
      this.#part++;
      this.#pass = undefined;
      this.#from = undefined;
    }
    return passEnd;
  }

  get goesOn(): boolean | undefined {
    return this.#pass?.goesOn;
  }

  return(): Promise<void> | undefined {
    this.#left = true;
    return this.#pass?.return();
  }

  state(): ChainState {
    return { part: this.#part, pass: this.#pass?.state() ?? this.#from };
  }
}

function requireStream<S>(dataset: StreamLike<S>, position: number): IterableDataset<S> {
  if (isStreamLike(dataset)) return asIterableDataset(dataset);
  throw new MillraceError(
    "OPTION_INVALID",
    `ChainDataset takes streams only, but dataset ${position} is ${kindOf(dataset)}`,
    { hint: "Join map-style datasets with ConcatDataset, or make a stream of one with `streamOf`." },
  );
}
