/** Batches of a stream: reads samples one after the other, groups and collates them. The same code in a worker and without. */
import type { Collate } from "../../contracts/collate.js";
import {
  goesOn,
  type IterableDataset,
  type SampleStream,
  type StreamContext,
} from "../../contracts/iterable.js";
import { addressOf } from "../../data/streams/pass.js";
import { materialize } from "../../data/datasets/deferred.js";
import { isSampleFault } from "../../data/sample-fault.js";
import { MillraceError } from "../../errors.js";
import type { Bad, Salvaged, ShardState, StreamOptions } from "../wire/protocol.js";
import { batchContext } from "./batch-context.js";
import { blamed } from "./blame.js";
import { type BatchMemory, finished } from "./fetcher.js";
import { Progress } from "./progress.js";
import { badOf } from "./salvage.js";

export type { ShardState, StreamOptions } from "../wire/protocol.js";

/** A batch, and where the shard stands after it. */
export interface StreamBatch {
  readonly data: unknown;
  readonly samples: number;
  readonly shard: ShardState;
  /** What was done about bad samples, if there were any. */
  readonly salvaged?: Salvaged | undefined;
}

/** How batches are cut, and whether bad samples are passed over: then those behind them take their places. */
export interface BatchStreamOptions extends StreamOptions {
  /** Where the random numbers of collation follow from. */
  readonly seed: number;
  readonly tolerant?: boolean;
}

/** A sample by its number among those that the shard has read, and what its stream calls it. */
interface Named {
  readonly number: number;
  readonly key: string | undefined;
}

interface Numbered extends Named {
  readonly address: number;
  readonly value: unknown;
}

/** A stream that gives so many errors in a row has ended: it may do so for ever. */
const mostInARow = 1000;

/** One pass over one shard. `next` gives a batch and where the shard stands after it, or undefined at the end. */
export class BatchStream {
  #stream: SampleStream | undefined;
  #read = 0;
  /** Errors of the stream that were passed over. */
  #thrown = 0;
  /** How many bad samples came in a row, and the first of their errors. */
  #row = 0;
  #rowBegan: MillraceError | undefined;
  /** The error right before this, if it may have been the stream's end. */
  #last: MillraceError | undefined;
  #done = false;
  #failed = false;

  constructor(
    private readonly dataset: IterableDataset,
    private readonly collate: Collate,
    private readonly options: BatchStreamOptions,
    private readonly context: Omit<StreamContext, "state">,
    private readonly from?: ShardState,
    private readonly progress = new Progress(),
  ) {}

  /** @throws MillraceError that names shard and epoch. */
  async next(memory: BatchMemory): Promise<StreamBatch | undefined> {
    const { batchSize, dropLast } = this.options;
    const size = batchSize ?? 1;
    this.progress.begin();
    const stream = await this.#opened();
    const samples: Numbered[] = [];
    const bad: Bad[] = [];
    for (;;) {
      while (!this.#done && samples.length < size) {
        const sample = await this.#sample(stream, bad);
        if (sample !== undefined) samples.push(sample);
      }
      if (samples.length === 0 || (dropLast && samples.length < size)) {
        this.#done = true;
        if (bad.length === 0) return undefined;
        return { data: undefined, samples: 0, shard: this.state(), salvaged: { bad, empty: true } };
      }
      const made = await this.#collated(samples, bad, memory);
      if (made === undefined) continue;
      const salvaged = bad.length === 0 ? undefined : { bad };
      return { data: made.data, samples: samples.length, shard: this.state(), salvaged };
    }
  }

  state(): ShardState {
    const state = this.#stateOf(this.#stream);
    const bad = this.#thrown;
    return {
      ...(state !== undefined && { state }),
      read: this.#read,
      done: this.#done,
      ...(bad > 0 && { bad }),
    };
  }

  async close(): Promise<void> {
    this.#done = true;
    try {
      await this.#stream?.return?.();
    } catch (error) {
      throw this.#named(error, "a stream cannot be left", "its pass");
    }
  }

  #stateOf(stream: SampleStream | undefined): unknown {
    try {
      return stream?.state?.();
    } catch (error) {
      throw this.#named(error, "a stream cannot say where it stands", `sample ${this.#read + this.#thrown}`);
    }
  }

  /** A stream that cannot be opened has ended with that. */
  async #opened(): Promise<SampleStream> {
    try {
      this.#stream ??= await this.#open();
      return this.#stream;
    } catch (error) {
      if (this.#failed) return { next: () => ({ done: true, value: undefined }) };
      this.#failed = true;
      throw this.#named(error, "a stream cannot be opened", "its start");
    }
  }

  #named(error: unknown, what: string, place: string): MillraceError {
    const { shard, epoch } = this.context;
    return MillraceError.from(error, "SAMPLE_FAILED", what, {
      where: [`${place} of shard ${shard.id}`, `epoch ${epoch}`],
    });
  }

  async #open(): Promise<SampleStream> {
    const { from } = this;
    const stream = this.dataset.iterate({
      ...this.context,
      state: from?.state,
      progress: this.progress.lane(),
    });
    this.#done = from?.done ?? false;
    if (from === undefined) return stream;
    if (from.state !== undefined) {
      this.#read = from.read;
      this.#thrown = from.bad ?? 0;
    }
    // A stream without a state of its own is read again from the start; what is bad in it was told then.
    while (!this.#done && this.#read < from.read) await this.#sample(stream, []);
    return stream;
  }

  /** The next sample; undefined at the end, and for one that is bad, which `bad` is told. */
  async #sample(stream: SampleStream, bad: Bad[]): Promise<Numbered | undefined> {
    const number = this.#read + this.#thrown;
    this.progress.lane().read(number);
    let key: string | undefined;
    let isRead = false;
    try {
      const result = await stream.next();
      if (result.done) {
        this.#done = true;
        if (this.#last !== undefined) throw this.#last;
        return undefined;
      }
      if (typeof result.key === "string") ({ key } = result);
      isRead = true;
      const address = addressOf(result, this.#read++, this.context.shard);
      const made = { number, key, address, value: await materialize(result.value) };
      this.#row = 0;
      this.#last = undefined;
      return made;
    } catch (error) {
      if (error === this.#last) throw error;
      const named = this.#named(error, "a stream cannot be read", nameOf({ number, key }));
      if (!(this.options.tolerant && isSampleFault(error))) throw named;
      this.#passOver(named, isRead ? true : goesOn(stream));
      if (!isRead) this.#thrown++;
      bad.push(this.#bad(named, { number, key }));
      return undefined;
    }
  }

  #bad(error: MillraceError, { number, key }: Named, stage?: string): Bad {
    const shard = this.context.shard.id;
    return badOf(error, { index: number, shard, ...(key !== undefined && { key }), ...(stage && { stage }) });
  }

  /** @throws MillraceError where the stream does not go on behind it. */
  #passOver(error: MillraceError, continues: boolean | undefined): void {
    if (this.#row++ === 0) this.#rowBegan = error;
    this.#done ||= continues === false || this.#row === mostInARow;
    if (this.#done) throw continues === false ? error : (this.#rowBegan ?? error);
    this.#last = continues === true ? undefined : error;
  }

  /** The batch; undefined if one of its samples turned out to be bad, and is in it no more. */
  async #collated(
    samples: Numbered[],
    bad: Bad[],
    memory: BatchMemory,
  ): Promise<{ readonly data: unknown } | undefined> {
    const { batchSize, seed, tolerant } = this.options;
    const { collate, progress } = this;
    const fields = this.dataset.fields ?? {};
    const { epoch } = this.context;
    const context = batchContext({ epoch, seed }, (entry) => samples[entry].address);
    const values = samples.map(({ value }) => value);
    progress.collate();
    try {
      const collated = batchSize === null ? (values[0] as never) : values;
      return { data: await finished(collate(collated, memory, this.dataset.fields, context), memory) };
    } catch (error) {
      const alone = isSampleFault(error) ? 0 : undefined;
      const refused = { collate, samples: values, fields, context };
      const entry = !tolerant ? undefined : batchSize === null ? alone : await blamed(error, refused);
      if (entry === undefined) {
        throw this.#named(error, "collate failed", `batch before sample ${this.#read + this.#thrown}`);
      }
      const [sample] = samples.splice(entry, 1);
      bad.push(this.#bad(this.#named(error, "collate failed", nameOf(sample)), sample, "collating"));
      // Another is read in its place.
      progress.end(0, 0);
      progress.begin();
      return undefined;
    }
  }
}

function nameOf({ number, key }: Named): string {
  return key === undefined ? `sample ${number}` : `sample ${number} (${key})`;
}
