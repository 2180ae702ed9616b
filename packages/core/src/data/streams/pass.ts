/** A pass over a stream that always knows where it stands, also where the stream does not. */
import {
  asIterableDataset,
  type SampleStream,
  type StreamContext,
  type StreamLike,
} from "../../contracts/iterable.js";

/** Where a pass stands: what the stream's own `state` said, or the number of samples it has given. */
export type PassState = { readonly own: unknown } | { readonly seen: number };

/**
 * One pass over `dataset`, from its start or from where an earlier pass stood. A stream without `state` is resumed by
 * reading from the start and dropping what was seen.
 */
export class Pass<S> implements SampleStream<S> {
  readonly #stream: SampleStream<S>;
  #seen = 0;
  #drop: number;
  #done = false;

  constructor(dataset: StreamLike<S>, { epoch, shard }: Omit<StreamContext, "state">, from?: PassState) {
    const own = from !== undefined && "own" in from;
    const stream = asIterableDataset(dataset);
    this.#stream = stream.iterate(own ? { epoch, shard, state: from.own } : { epoch, shard });
    this.#drop = own || from === undefined ? 0 : from.seen;
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
    const { state } = this.#stream;
    return state === undefined ? { seen: Math.max(this.#seen, this.#drop) } : { own: this.#stream.state?.() };
  }
}
