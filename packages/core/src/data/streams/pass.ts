/** A pass over a stream that always knows where it stands, also where the stream does not. */
import {
  asIterableDataset,
  type SampleStream,
  type StreamContext,
  type StreamLike,
} from "../../contracts/iterable.js";

/** Where a pass stands: the number of samples it has given, and what the stream's own `state` said, if it has one. */
export interface PassState {
  readonly seen: number;
  readonly own?: unknown;
}

/**
 * One pass over `dataset`, from its start or from where an earlier pass stood. A stream without `state` is resumed by
 * reading from the start and dropping what was seen.
 */
export class Pass<S> implements SampleStream<S> {
  readonly #stream: SampleStream<S>;
  readonly #drop: number;
  #seen: number;
  #done = false;

  constructor(dataset: StreamLike<S>, { epoch, shard }: Omit<StreamContext, "state">, from?: PassState) {
    const own = from?.own;
    const context = own === undefined ? { epoch, shard } : { epoch, shard, state: own };
    this.#stream = asIterableDataset(dataset).iterate(context);
    this.#drop = from?.seen ?? 0;
    this.#seen = own === undefined ? 0 : this.#drop;
  }

  async next(): Promise<IteratorResult<S, undefined>> {
    while (!this.#done) {
      const result = await this.#stream.next();
      if (result.done) break;
      this.#seen++;
      if (this.#seen > this.#drop) return { done: false, value: result.value };
    }
    this.#done = true;
    return { done: true, value: undefined };
  }

  async return(): Promise<void> {
    this.#done = true;
    await this.#stream.return?.();
  }

  state(): PassState {
    return { seen: Math.max(this.#seen, this.#drop), own: this.#stream.state?.() };
  }
}
