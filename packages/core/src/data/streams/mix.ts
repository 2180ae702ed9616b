/** Weighted mixing of streams. */
import type { IterableDataset, SampleStream, StreamContext, StreamLike } from "../../contracts/iterable.js";
import type { Random } from "../../contracts/random.js";
import { MillraceError } from "../../errors.js";
import { hashName, randomAt } from "../philox.js";
import { madeBy } from "../recipe-of.js";
import { describeStream, fieldsOf, requireWhole } from "./options.js";
import { joined, Pass, passEnd, type PassResult, type PassState } from "./pass.js";

/**
 * When a mixture ends (torchdata's StopCriteria):
 *
 * - `cycleUntilAllDatasetsExhausted`: streams that end start over until each has ended once;
 * - `allDatasetsExhausted`: streams that end are left out, until none is left; each sample comes once;
 * - `firstDatasetExhausted`: with the first stream that has no more to give when it is drawn;
 * - `cycleForever`: never; streams that end start over.
 */
export const stopCriteria = [
  "cycleUntilAllDatasetsExhausted",
  "allDatasetsExhausted",
  "firstDatasetExhausted",
  "cycleForever",
] as const;
/** When a mixture of streams ends. */
export type StopCriterion = (typeof stopCriteria)[number];

/** How `mixStreams` draws, and when it stops. */
export interface MixStreamsOptions {
  /** One number above 0 per stream, in any unit; equal by default. */
  readonly weights?: readonly number[];
  /** Where the draws follow from; 0 by default. */
  readonly seed?: number;
  /** "cycleUntilAllDatasetsExhausted" by default, as in torchdata. */
  readonly stop?: StopCriterion;
}

/**
 * Samples of several streams, each drawn from one of them by weight (torchdata's MultiNodeWeightedSampler). Draw t of a
 * shard is a function of (seed, epoch, shard, t). A stream that starts over does so as a later epoch of its own, so that
 * it shuffles anew. One that has nothing to give from its start is left out. The state is that of each stream and a few
 * numbers. `length` is known with "allDatasetsExhausted" only, and where there is no end.
 *
 * @throws MillraceError OPTION_INVALID for no streams, or weights, a seed or a stop rule that are none.
 */
export function mixStreams<S>(
  streams: readonly StreamLike<S>[],
  options: MixStreamsOptions = {},
): IterableDataset<S> {
  const { weights = streams.map(() => 1), seed = 0, stop = stopCriteria[0] } = options;
  requireWhole(seed, "seed", 0);
  requireMixture(streams.length, weights, stop);
  const mixture: IterableDataset<S> = {
    get length() {
      const lengths = streams.map((stream) => (stream as { readonly length?: number }).length);
      // Until all have ended it never ends if one of them never does, and until the first has if none does.
      const ends = lengths.map((length) => length !== Infinity);
      if (
        stop === "cycleForever" ||
        (stop === "firstDatasetExhausted" ? !ends.includes(true) : ends.includes(false))
      )
        return Infinity;
      if (stop !== "allDatasetsExhausted" || !lengths.every((length) => length !== undefined))
        return undefined;
      return lengths.reduce((sum, length) => sum + length, 0);
    },
    get fields() {
      return fieldsOf(streams);
    },
    get facts() {
      return (streams[0] as IterableDataset).facts;
    },
    get description() {
      const parts = streams.map((stream, i) => `${weights[i]} of ${describeStream(stream)}`);
      return `a mixture of ${parts.join(" and ")}, seed ${seed}, ${stop}`;
    },
    iterate: (context) => new MixPass(streams, { weights, seed, stop }, context),
  };
  return madeBy(mixture, { module: import.meta.url, export: "mixStreams", args: [streams, options] });
}

function requireMixture(count: number, weights: readonly number[], stop: StopCriterion): void {
  if (count === 0) throw wrong("mixStreams needs at least one stream, was given none");
  if (weights.length !== count)
    throw wrong(`there must be one weight per stream: ${count} streams, ${weights.length} weights`);
  const odd = weights.find((weight) => !(Number.isFinite(weight) && weight > 0));
  if (odd !== undefined)
    throw wrong(`a weight must be a number above 0, was ${odd}`, "Leave out a stream that is not wanted.");
  if (!stopCriteria.includes(stop))
    throw wrong(`stop must be one of ${stopCriteria.join(", ")}, was ${JSON.stringify(stop)}`);
}

function wrong(message: string, hint?: string): MillraceError {
  return new MillraceError("OPTION_INVALID", message, { hint });
}

/** Where one stream of a mixture stands. */
interface Part {
  /** How often it has started over. */
  cycle: number;
  /** True once this cycle has given a sample. */
  gave: boolean;
  /** True once the stream has ended. */
  exhausted: boolean;
  /** True if a cycle had nothing to give. */
  empty: boolean;
  pass?: PassState;
}

interface MixState {
  readonly draws: number;
  readonly parts: readonly Part[];
}

/** Draws that share one address, so that resuming passes over fewer than this. */
const drawsPerAddress = 64;
/** Cycle n of a stream in epoch e is its epoch e + n × this, a number that no other pass has. */
const cycleStride = 2 ** 16;

class MixPass<S> implements SampleStream<S> {
  readonly #parts: readonly Part[];
  readonly #passes: (Pass<S> | undefined)[];
  #draws: number;
  #random: Random | undefined;
  #left = false;

  constructor(
    private readonly streams: readonly StreamLike<S>[],
    private readonly options: Required<MixStreamsOptions>,
    private readonly context: StreamContext,
  ) {
    const { draws = 0, parts } = (context.state ?? {}) as Partial<MixState>;
    this.#draws = draws;
    this.#parts = streams.map((_, i) => ({
      cycle: 0,
      gave: false,
      exhausted: false,
      empty: false,
      ...parts?.[i],
    }));
    this.#passes = streams.map(() => undefined);
  }

  async next(): Promise<PassResult<S>> {
    while (!this.#left && !this.#ended()) {
      const result = await this.#takeFrom(this.#draw());
      if (result !== undefined) return result;
    }
    return passEnd;
  }

  get goesOn(): boolean | undefined {
    const each = this.#passes.map((pass) => pass?.goesOn);
    return each.includes(false) ? false : each.every((one) => one === true) ? true : undefined;
  }

  async return(): Promise<void> {
    this.#left = true;
    for (const pass of this.#passes) await pass?.return();
  }

  state(): MixState {
    const parts = this.#parts.map((part, i) => ({ ...part, pass: this.#passes[i]?.state() ?? part.pass }));
    return { draws: this.#draws, parts };
  }

  #ended(): boolean {
    const { stop } = this.options;
    if (stop === "firstDatasetExhausted") return this.#parts.some(({ exhausted }) => exhausted);
    return this.#parts.every(({ exhausted, empty }) => (stop === "cycleForever" ? empty : exhausted));
  }

  /** Which stream comes next, among those that may still give: the weights of the others do not count. */
  #draw(): number {
    const { seed, weights, stop } = this.options;
    const { epoch, shard } = this.context;
    const block = Math.floor(this.#draws / drawsPerAddress);
    const offset = this.#draws++ % drawsPerAddress;
    if (this.#random === undefined || offset === 0) {
      this.#random = randomAt(seed, epoch, block, (hashName("mixStreams") + shard.id) >>> 0);
      for (let i = 0; i < offset; i++) this.#random.uniform();
    }
    const open = weights.map((weight, i) => {
      const { exhausted, empty } = this.#parts[i];
      return empty || (exhausted && stop === "allDatasetsExhausted") ? 0 : weight;
    });
    let rest = this.#random.uniform() * open.reduce((sum, weight) => sum + weight, 0);
    const chosen = open.findIndex((weight) => weight > 0 && (rest -= weight) < 0);
    // Rounding may leave a trace of the last weight over.
    return chosen >= 0 ? chosen : open.findLastIndex((weight) => weight > 0);
  }

  /** The stream's next sample, from its start again where it has ended and the rule says so. */
  async #takeFrom(index: number): Promise<PassResult<S> | undefined> {
    const part = this.#parts[index];
    for (;;) {
      const result = await this.#open(index).next();
      if (this.#left) return passEnd;
      if (!result.done) {
        part.gave = true;
        const { address } = result;
        // A sample that comes again in this epoch draws other numbers.
        const own = part.cycle === 0 ? address : hashName(`${part.cycle} ${address}`);
        return joined({ ...result, address: own }, index, this.streams.length);
      }
      part.exhausted = true;
      part.empty = !part.gave;
      if (part.empty || this.#ended() || this.options.stop === "allDatasetsExhausted") return undefined;
      part.cycle++;
      part.gave = false;
      part.pass = undefined;
      this.#passes[index] = undefined;
    }
  }

  #open(index: number): Pass<S> {
    const { cycle, pass } = this.#parts[index];
    const epoch = this.context.epoch + cycle * cycleStride;
    return (this.#passes[index] ??= new Pass(this.streams[index], { ...this.context, epoch }, pass));
  }
}
