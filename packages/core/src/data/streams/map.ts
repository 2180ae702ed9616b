/** A stream whose samples are something else, or some of them. */
import type { IterableDataset, SampleStream, StreamContext } from "../../contracts/iterable.js";
import { Pass, type Passed, type PassResult, type PassState } from "./pass.js";

/** What a stream says of itself beside its samples. */
type About = Pick<IterableDataset, "description" | "facts" | "fields" | "length" | "lengthOf">;

/** What becomes of a sample; after one that fails the pass goes on behind it. */
export type StreamMap<S, T> = (sample: Passed<S>, context: StreamContext) => T | Promise<T>;

/** Every sample of `stream` as what `apply` makes of it, under the same key and address. Its state is the stream's own. */
export function mapStream<S, T>(
  stream: IterableDataset<S>,
  apply: StreamMap<S, T>,
  about: About = stream,
): IterableDataset<T> {
  const iterate = (context: StreamContext): SampleStream<T> =>
    new ChangedPass<S, T>(stream, context, async (sample) => ({
      ...sample,
      value: await apply(sample, context),
    }));
  return stated(about, iterate);
}

/** The samples of `stream` that `keeps` is true of; how many these are is not known, unless there is no end to them. */
export function filterStream<S>(
  stream: IterableDataset<S>,
  keeps: (sample: Passed<S>) => boolean,
  description: string,
): IterableDataset<S> {
  const iterate = (context: StreamContext): SampleStream<S> =>
    new ChangedPass<S, S>(stream, context, (sample) => (keeps(sample) ? sample : undefined));
  const { facts, fields, length } = stream;
  return stated({ description, facts, fields, length: length === Infinity ? length : undefined }, iterate);
}

function stated<T>(
  { description, facts, fields, length, lengthOf }: About,
  iterate: IterableDataset<T>["iterate"],
): IterableDataset<T> {
  return {
    description,
    facts,
    fields,
    length,
    ...(lengthOf && { lengthOf: (shard) => lengthOf(shard) }),
    iterate,
  };
}

/** What `change` leaves out does not come. */
class ChangedPass<S, T> implements SampleStream<T> {
  readonly #pass: Pass<S>;
  #changing = false;

  constructor(
    stream: IterableDataset<S>,
    context: StreamContext,
    private readonly change: (sample: Passed<S>) => Passed<T> | undefined | Promise<Passed<T>>,
  ) {
    this.#pass = new Pass(stream, context, context.state as PassState | undefined);
  }

  async next(): Promise<PassResult<T>> {
    for (;;) {
      this.#changing = false;
      const result = await this.#pass.next();
      if (result.done) return result;
      this.#changing = true;
      const changed = await this.change(result);
      if (changed !== undefined) return changed;
    }
  }

  get goesOn(): boolean | undefined {
    return this.#changing ? true : this.#pass.goesOn;
  }

  return(): Promise<void> {
    return this.#pass.return();
  }

  state(): PassState {
    return this.#pass.state();
  }
}
