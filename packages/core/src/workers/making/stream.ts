/** Batches of a stream: reads samples one after the other, groups and collates them. The same code in a worker and without. */
import type { Collate } from "../../contracts/collate.js";
import type { IterableDataset, SampleStream, StreamContext } from "../../contracts/iterable.js";
import { materialize } from "../../data/datasets/deferred.js";
import { MillraceError } from "../../errors.js";
import type { ShardState, StreamOptions } from "../wire/protocol.js";
import { type BatchMemory, finished } from "./fetcher.js";
import { Progress } from "./progress.js";

export type { ShardState, StreamOptions } from "../wire/protocol.js";

/** A batch, and where the shard stands after it. */
export interface StreamBatch {
  readonly data: unknown;
  readonly samples: number;
  readonly shard: ShardState;
}

/** One pass over one shard. `next` gives a batch and where the shard stands after it, or undefined at the end. */
export class BatchStream {
  #stream: SampleStream | undefined;
  #read = 0;
  #done = false;
  #failed = false;

  constructor(
    private readonly dataset: IterableDataset,
    private readonly collate: Collate,
    private readonly options: StreamOptions,
    private readonly context: Omit<StreamContext, "state">,
    private readonly from?: ShardState,
    private readonly progress = new Progress(),
  ) {}

  /** @throws MillraceError that names shard and epoch. */
  async next(memory: BatchMemory): Promise<StreamBatch | undefined> {
    const { batchSize, dropLast } = this.options;
    this.progress.begin();
    const stream = await this.#opened();
    const samples: unknown[] = [];
    while (!this.#done && samples.length < (batchSize ?? 1)) {
      const sample = await this.#sample(stream);
      if (!this.#done) samples.push(sample);
    }
    if (samples.length === 0 || (dropLast && samples.length < (batchSize ?? 1))) {
      this.#done = true;
      return undefined;
    }
    this.progress.collate();
    try {
      const collated = batchSize === null ? (samples[0] as never) : samples;
      const data = await finished(this.collate(collated, memory, this.dataset.fields), memory);
      return { data, samples: samples.length, shard: this.state() };
    } catch (error) {
      throw this.#named(error, "collate failed", `batch before sample ${this.#read}`);
    }
  }

  state(): ShardState {
    const state = this.#stream?.state?.();
    return { ...(state !== undefined && { state }), read: this.#read, done: this.#done };
  }

  async close(): Promise<void> {
    this.#done = true;
    await this.#stream?.return?.();
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
    if (from.state !== undefined) this.#read = from.read;
    // A stream without a state of its own is read again from the start.
    while (!this.#done && this.#read < from.read) await this.#sample(stream);
    return stream;
  }

  async #sample(stream: SampleStream): Promise<unknown> {
    const number = this.#read;
    this.progress.lane().read(number);
    let key: string | number | undefined;
    try {
      const result = await stream.next();
      if (result.done) {
        this.#done = true;
        return undefined;
      }
      ({ key } = result);
      this.#read++;
      return await materialize(result.value);
    } catch (error) {
      const name = typeof key === "string" ? ` (${key})` : "";
      throw this.#named(error, "a stream cannot be read", `sample ${number}${name}`);
    }
  }
}
