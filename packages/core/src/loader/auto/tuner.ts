/** Chooses the numbers that were left to the loader ("auto"), from the first batches that it makes. */
import { availableParallelism } from "node:os";
import type { Logger } from "../../contracts/logger.js";
import { chooseAhead, chooseWorkers, type Limits, type Measured } from "./choose.js";
import type { Made } from "../metrics/metrics.js";

export interface TunerOptions {
  readonly numWorkers: number | "auto";
  readonly prefetchFactor: number | "auto";
  /** Most bytes of batches made ahead. */
  readonly prefetchBytes: number;
  /** Cores that may be counted on; the machine's by default. */
  readonly cores?: number | undefined;
  /** Why there can be no workers but those that are asked for; undefined if "auto" may choose. */
  readonly refused?: string | undefined;
  readonly logger?: Logger;
}

/** One batch that was made in this thread to see what it takes. */
interface Trial {
  readonly batchMs: number;
  readonly threadMs: number;
  readonly cpuMs: number;
  /** Since the batch before it was there. */
  readonly stepMs: number | undefined;
}

/** torch's default. */
const usualAhead = 2;
/** Trials say enough when there are so many, and they took so long or there are very many; or if they are very slow. */
const enough = { batches: 4, ms: 50, many: 32, slowBatches: 2, slowMs: 1000 };

export class Tuner {
  readonly #options: TunerOptions;
  readonly #limits: Limits;
  readonly #trials: Trial[] = [];
  #lastEnd: number | undefined;
  #numWorkers: number | undefined;
  #prefetchFactor: number | undefined;
  readonly #reasons: string[] = [];

  constructor(options: TunerOptions) {
    this.#options = options;
    this.#limits = { cores: options.cores ?? availableParallelism(), budget: options.prefetchBytes };
    const { numWorkers, prefetchFactor, refused } = options;
    if (numWorkers !== "auto") this.#numWorkers = numWorkers;
    else if (refused !== undefined) this.#setWorkers(0, refused);
    if (prefetchFactor !== "auto") this.#prefetchFactor = prefetchFactor;
  }

  /** 0 as long as it is not chosen. */
  get numWorkers(): number {
    return this.#numWorkers ?? 0;
  }

  get prefetchFactor(): number {
    return this.#prefetchFactor ?? usualAhead;
  }

  /** Batches under way while the caller works on one. */
  get ahead(): number {
    return this.numWorkers * this.prefetchFactor;
  }

  get workersChosen(): boolean {
    return this.#numWorkers !== undefined;
  }

  /** True if nothing is left to choose. */
  get settled(): boolean {
    return this.#numWorkers !== undefined && (this.#prefetchFactor !== undefined || this.#numWorkers === 0);
  }

  /** Why; undefined if nothing was left to choose, or is chosen yet. */
  get reason(): string | undefined {
    return this.#reasons.length === 0 ? undefined : this.#reasons.join("; ");
  }

  /** Makes a batch in this thread and sees what it takes. */
  async trial<T>(make: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const stepMs = this.#lastEnd === undefined ? undefined : begun - this.#lastEnd;
    const { idle } = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const made = await make();
    const { user, system } = process.cpuUsage(cpu);
    this.#lastEnd = performance.now();
    const batchMs = this.#lastEnd - begun;
    const threadMs = Math.max(0, batchMs - (performance.eventLoopUtilization().idle - idle));
    this.#trials.push({ batchMs, threadMs, cpuMs: (user + system) / 1000, stepMs });
    return made;
  }

  /** After a batch was handed out: is there enough to choose by? `made` is what the loader made so far. */
  consider(made: Made, batchesLeft: number): void {
    if (this.#numWorkers === undefined) this.#considerWorkers(made, batchesLeft);
    else if (this.#prefetchFactor === undefined) this.#considerAhead(made);
  }

  /** Workers cannot be had. */
  refuse(reason: string): void {
    this.#numWorkers = undefined;
    this.#setWorkers(0, reason);
  }

  #considerWorkers(made: Made, batchesLeft: number): void {
    const trials = this.#trials;
    const tookMs = trials.reduce((sum, { batchMs }) => sum + batchMs, 0);
    const { length } = trials;
    const clear = length >= enough.batches && (tookMs >= enough.ms || length >= enough.many);
    if (!clear && !(length >= enough.slowBatches && tookMs >= enough.slowMs)) return;
    // The first pays for what is set up once: files that are opened, code that is compiled.
    const warm = trials.slice(1);
    const of = (value: (trial: Trial) => number | undefined): number =>
      median(warm.map(value).filter((item) => item !== undefined));
    const measured: Measured = {
      batchMs: of(({ batchMs }) => batchMs),
      threadMs: of(({ threadMs }) => threadMs),
      cpuMs: of(({ cpuMs }) => cpuMs),
      stepMs: of(({ stepMs }) => stepMs),
      bytes: made.BATCHES === 0 ? 0 : made.BYTES / made.BATCHES,
      batchesLeft,
    };
    const workers = chooseWorkers(measured, this.#limits);
    if (workers.value > 0 && this.#prefetchFactor === undefined) {
      const times = warm.map(({ batchMs }) => batchMs);
      const ahead = chooseAhead(measured, variationOf(times), workers.value, this.#limits);
      this.#prefetchFactor = ahead.value;
      this.#reasons.push(ahead.reason);
    }
    this.#setWorkers(workers.value, workers.reason, measured);
  }

  #considerAhead(made: Made): void {
    const { BATCHES: batches } = made;
    if (this.numWorkers === 0 || batches < Math.max(8, 2 * this.numWorkers)) return;
    const batchMs = (made.READ_MS + made.TRANSFORM_MS + made.COLLATE_MS) / batches;
    const variance = Math.max(0, made.SQUARED_MS / batches - batchMs ** 2);
    const variation = batchMs === 0 ? 0 : Math.sqrt(variance) / batchMs;
    const measured = { batchMs, bytes: made.BYTES / batches };
    const { value, reason } = chooseAhead(measured, variation, this.numWorkers, this.#limits);
    this.#prefetchFactor = value;
    this.#reasons.push(reason);
    this.#log(measured);
  }

  #setWorkers(numWorkers: number, reason: string, measured?: Measured): void {
    this.#numWorkers = numWorkers;
    this.#reasons.unshift(reason);
    this.#log(measured);
  }

  #log(measured: object | undefined): void {
    const { numWorkers, prefetchFactor } = this;
    const what =
      numWorkers === 0 ? "no workers" : `numWorkers ${numWorkers}, prefetchFactor ${prefetchFactor}`;
    this.#options.logger?.info({ numWorkers, prefetchFactor, measured }, `${what}: ${this.reason ?? ""}`);
  }
}

function median(values: readonly number[]): number {
  return values.length === 0 ? 0 : [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** Standard deviation as a share of the mean. */
function variationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return mean === 0 ? 0 : Math.sqrt(variance) / mean;
}
