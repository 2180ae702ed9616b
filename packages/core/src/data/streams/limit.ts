/** The beginning of a stream. */
import type {
  IterableDataset,
  SampleStream,
  Shard,
  StreamContext,
  StreamLike,
} from "../../contracts/iterable.js";
import { madeBy } from "../recipe-of.js";
import { describeStream, requireWhole } from "./options.js";
import { Pass, passEnd, type PassResult, type PassState } from "./pass.js";

/**
 * At most `limit` samples of each pass over `stream`, over all shards: of n shards each gives an nth of them, the first
 * ones one more where they do not divide. So an endless stream has epochs. A shard that ends earlier is not made up for by
 * the others. Its state is the stream's own.
 *
 * @throws MillraceError OPTION_INVALID for a limit that is no whole number of at least 1.
 */
export function limitStream<S>(stream: StreamLike<S>, limit: number): IterableDataset<S> {
  requireWhole(limit, "limit", 1);
  const given = stream as Partial<IterableDataset<S>>;
  const limited: IterableDataset<S> = {
    get length() {
      return given.length === undefined ? undefined : Math.min(given.length, limit);
    },
    lengthOf(shard) {
      const own = given.lengthOf?.(shard) ?? (given.length === Infinity ? Infinity : undefined);
      return own === undefined ? undefined : Math.min(own, shareOf(limit, shard));
    },
    get fields() {
      return given.fields;
    },
    get facts() {
      return given.facts;
    },
    get description() {
      return `${describeStream(stream)}, at most ${limit} samples`;
    },
    iterate: (context) => new LimitPass(stream, limit, context),
  };
  return madeBy(limited, { module: import.meta.url, export: "limitStream", args: [stream, limit] });
}

function shareOf(limit: number, { id, count }: Shard): number {
  return Math.floor(limit / count) + (id < limit % count ? 1 : 0);
}

class LimitPass<S> implements SampleStream<S> {
  readonly #pass: Pass<S>;
  #left: number;

  constructor(stream: StreamLike<S>, limit: number, context: StreamContext) {
    const from = context.state as PassState | undefined;
    this.#pass = new Pass(stream, context, from);
    this.#left = shareOf(limit, context.shard) - (from?.seen ?? 0);
  }

  async next(): Promise<PassResult<S>> {
    if (this.#left <= 0) return passEnd;
    const result = await this.#pass.next();
    this.#left = result.done ? 0 : this.#left - 1;
    return result;
  }

  get goesOn(): boolean | undefined {
    return this.#pass.goesOn;
  }

  return(): Promise<void> {
    this.#left = 0;
    return this.#pass.return();
  }

  state(): PassState {
    return this.#pass.state();
  }
}
