/** Windowed shuffling of a stream. */
import type { IterableDataset, SampleStream, StreamContext, StreamLike } from "../../contracts/iterable.js";
import type { Random } from "../../contracts/random.js";
import { hashName, randomAt } from "../philox.js";
import { madeBy } from "../recipe-of.js";
import { describeStream, requireWhole } from "./options.js";
import { mostFailed, Pass, type Passed, passEnd, type PassResult, type PassState } from "./pass.js";

/** How far `shuffleStream` mixes. */
export interface ShuffleStreamOptions {
  /** Samples held in memory and mixed among each other; the larger, the better the mixing. */
  readonly windowSize: number;
  /** Where the order follows from; 0 by default. */
  readonly seed?: number;
}

/**
 * A stream in an order that is mixed within windows: `windowSize` samples are read, then given in random order, a function
 * of (seed, epoch, shard). Each sample comes once. The first window's size differs from epoch to epoch, so that samples at
 * the seam of two windows meet in other epochs.
 *
 * The state is that of the stream at the window's start and a position: resuming reads one window again, and loses
 * nothing of it. (A buffer that is refilled sample by sample, as in webdataset, mixes further but cannot be resumed
 * without being saved whole.)
 *
 * @throws MillraceError OPTION_INVALID for a window or seed that is no whole number in range.
 */
export function shuffleStream<S>(stream: StreamLike<S>, options: ShuffleStreamOptions): IterableDataset<S> {
  requireWhole(options.windowSize, "windowSize", 1);
  requireWhole(options.seed ?? 0, "seed", 0);
  const shuffled: IterableDataset<S> = {
    get length() {
      return (stream as { readonly length?: number }).length;
    },
    lengthOf: (shard) => (stream as IterableDataset).lengthOf?.(shard),
    get fields() {
      return (stream as IterableDataset).fields;
    },
    get facts() {
      return (stream as IterableDataset).facts;
    },
    get description() {
      const { windowSize, seed = 0 } = options;
      return `${describeStream(stream)}, mixed in windows of ${windowSize}, seed ${seed}`;
    },
    iterate: (context) => new ShufflePass(stream, options, context),
  };
  return madeBy(shuffled, { module: import.meta.url, export: "shuffleStream", args: [stream, options] });
}

/** Which window, where the stream stood at its start, and how many of its samples were given. */
interface ShuffleState {
  readonly window: number;
  readonly start?: PassState;
  readonly position: number;
}

class ShufflePass<S> implements SampleStream<S> {
  readonly #pass: Pass<S>;
  #window: number;
  #start: PassState | undefined;
  /** Samples to be passed over because an earlier pass gave them. */
  #given: number;
  #samples: Passed<S>[] = [];
  #position = 0;
  #random: Random | undefined;
  #filled = false;
  #left = false;
  #failed = 0;

  constructor(
    stream: StreamLike<S>,
    private readonly options: ShuffleStreamOptions,
    private readonly context: StreamContext,
  ) {
    const { window = 0, start, position = 0 } = (context.state ?? {}) as Partial<ShuffleState>;
    this.#pass = new Pass(stream, context, start);
    this.#window = window;
    this.#start = start;
    this.#given = position;
  }

  async next(): Promise<PassResult<S>> {
    if (this.#filled && this.#position === this.#samples.length) this.#turn();
    if (!this.#filled) await this.#fill();
    if (this.#left || this.#position === this.#samples.length) return passEnd;
    return this.#take();
  }

  get goesOn(): boolean | undefined {
    return this.#pass.goesOn;
  }

  return(): Promise<void> {
    this.#left = true;
    this.#samples = [];
    this.#position = 0;
    return this.#pass.return();
  }

  state(): ShuffleState {
    const { length } = this.#samples;
    if (this.#filled && this.#position === length && length > 0) {
      return { window: this.#window + 1, start: this.#pass.state(), position: 0 };
    }
    return { window: this.#window, start: this.#start, position: Math.max(this.#position, this.#given) };
  }

  /** On to the next window. */
  #turn(): void {
    if (this.#samples.length === 0) return;
    this.#window++;
    // Kept while the stream moves on, so it must be no view of the stream's own fields.
    this.#start = structuredClone(this.#pass.state());
    this.#samples = [];
    this.#position = 0;
    this.#filled = false;
  }

  async #fill(): Promise<void> {
    const { seed = 0, windowSize } = this.options;
    const { epoch, shard } = this.context;
    const random = randomAt(seed, epoch, this.#window, (hashName("shuffleStream") + shard.id) >>> 0);
    const size = this.#window === 0 ? 1 + random.integer(windowSize) : windowSize;
    while (!this.#left && this.#samples.length < size) {
      const result = await this.#read();
      if (result?.done) break;
      if (result !== undefined) this.#samples.push(result);
    }
    if (this.#left) return;
    this.#random = random;
    this.#filled = true;
    while (this.#given > 0 && this.#position < this.#samples.length) {
      this.#take();
      this.#given--;
    }
    this.#given = 0;
  }

  /** Undefined for a sample that fails again in a window that was given from before: it was told then. */
  async #read(): Promise<PassResult<S> | undefined> {
    try {
      return await this.#pass.next();
    } catch (error) {
      if (this.#given === 0 || this.goesOn === false || ++this.#failed > mostFailed) throw error;
      return undefined;
    }
  }

  /** One step of Fisher and Yates; the sample is let go of. */
  #take(): Passed<S> {
    const at = this.#position++;
    const samples = this.#samples;
    const chosen = at + (this.#random as Random).integer(samples.length - at);
    const sample = samples[chosen];
    samples[chosen] = samples[at];
    samples[at] = undefined as never;
    return sample;
  }
}
