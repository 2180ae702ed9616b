/** A pass over a stream that always knows where it stands, also where the stream does not. */
import {
  asIterableDataset,
  goesOn,
  type SampleStream,
  type Shard,
  type StreamContext,
  type StreamLike,
  type StreamResult,
  type StreamSample,
} from "../../contracts/iterable.js";
import { hashName } from "../philox.js";

/** Where a pass stands: the number of samples it has given, and what the stream's own `state` said, if it has one. */
export interface PassState {
  readonly seen: number;
  readonly own?: unknown;
}

/** A sample on its way through streams that wrap each other. */
export interface Passed<S> {
  readonly done: false;
  readonly value: S;
  /** What its stream calls it. */
  readonly key: string | number | undefined;
  /** Where its random numbers stand, whatever it passes from here on. */
  readonly address: number;
}

/** What a pass gives. */
export type PassResult<S> = Passed<S> | { readonly done: true; readonly value: undefined };

export const passEnd = { done: true, value: undefined } as const;

/** Samples that may fail while a pass goes back to where it was; a stream may do so for ever. */
export const mostFailed = 10_000;

/**
 * One pass over `dataset`, from its start or from where an earlier pass stood. A stream without `state` is resumed by
 * reading from the start and dropping what was seen.
 */
export class Pass<S> implements SampleStream<S> {
  readonly #stream: SampleStream<S>;
  readonly #shard: Shard;
  readonly #drop: number;
  #seen: number;
  #done = false;
  #failed = 0;

  /** What `context` says of a state is somebody else's. */
  constructor(dataset: StreamLike<S>, context: StreamContext, from?: PassState) {
    const own = from?.own;
    this.#stream = asIterableDataset(dataset).iterate({ ...context, state: own });
    this.#shard = context.shard;
    this.#drop = from?.seen ?? 0;
    this.#seen = own === undefined ? 0 : this.#drop;
  }

  async next(): Promise<PassResult<S>> {
    while (!this.#done) {
      const result = await this.#read();
      if (result === undefined) continue;
      if (result.done) break;
      this.#seen++;
      if (this.#seen <= this.#drop) continue;
      const { value, key } = result;
      return { done: false, value, key, address: addressOf(result, this.#seen - 1, this.#shard) };
    }
    this.#done = true;
    return passEnd;
  }

  get goesOn(): boolean | undefined {
    return goesOn(this.#stream);
  }

  async return(): Promise<void> {
    this.#done = true;
    await this.#stream.return?.();
  }

  state(): PassState {
    return { seen: Math.max(this.#seen, this.#drop), own: this.#stream.state?.() };
  }

  /** Undefined for a sample that fails again, of those that are dropped: whoever read it first was told. */
  async #read(): Promise<StreamResult<S> | undefined> {
    try {
      return await this.#stream.next();
    } catch (error) {
      if (this.#seen >= this.#drop || this.goesOn === false || ++this.#failed > mostFailed) throw error;
      return undefined;
    }
  }
}

/** Where the random numbers of a sample stand that is number `place`, from 0, of its shard. */
export function addressOf(
  { key, address }: StreamSample<unknown> & { readonly address?: number },
  place: number,
  { id, count }: Shard,
): number {
  if (address !== undefined) return address;
  if (key === undefined) return place * count + id;
  return Number.isSafeInteger(key) ? Number(key) : hashName(String(key));
}

/** Addresses of samples out of several streams, in one: those of one stream stay apart, and from those of the others. */
export function joined<S>(result: Passed<S>, part: number, parts: number): Passed<S> {
  return parts === 1 ? result : { ...result, address: result.address * parts + part };
}
