/** Who makes a loader's batches, from pass to pass: this thread, or worker threads, kept or fresh. */
import type { Collate } from "../../contracts/collate.js";
import type { Logger } from "../../contracts/logger.js";
import type { Recipe } from "../../contracts/recipe.js";
import { MillraceError } from "../../errors.js";
import { WorkerPool } from "../../workers/main-end/pool.js";
import { collateFor, type PartsSnapshot, snapshotParts } from "../../workers/making/parts.js";
import type { Tolerance } from "../../workers/wire/protocol.js";
import type { StreamOptions } from "../../workers/making/stream.js";
import type { Pinning } from "../../workers/pinning/pin.js";
import { addMade, type Made, madeOf } from "../metrics/metrics.js";
import type { Style } from "../style.js";
import { type Bench, newBench } from "./in-thread.js";
import { Workers } from "./in-workers.js";
import type { Maker, Start } from "./maker.js";

export interface MakersOptions {
  /** What the loader was given: what workers make again. */
  readonly given: unknown;
  readonly style: Style;
  readonly persistentWorkers: boolean;
  /** True if the number of workers is chosen on the way: nothing else may depend on it. */
  readonly auto: boolean;
  readonly stream: StreamOptions;
  /** How bad samples are passed over; undefined where their errors are the caller's. */
  readonly tolerance: Tolerance | undefined;
  /** Where the random numbers of collation follow from. */
  readonly seed: number;
  /** As given; undefined stands for the default. */
  readonly collate: Collate | undefined;
  readonly workerInit: unknown;
  readonly recipe: Recipe | undefined;
  readonly logger: Logger | undefined;
  /** Page-locks the workers' slots. */
  readonly pinning: Pinning | undefined;
  /** Most megabytes of JavaScript heap per worker. */
  readonly workerMemory: number | undefined;
}

export class Makers {
  readonly #options: MakersOptions;
  readonly #bench: Bench;
  readonly #workers: Workers;
  #autoSeed: bigint | undefined;
  #closed = false;

  constructor(options: MakersOptions) {
    this.#options = options;
    const { stream, seed, style, tolerance, persistentWorkers: persistent } = options;
    const collate = options.collate ?? collateFor(stream.batchSize !== null);
    this.#bench = newBench({ collate, seed, tolerance });
    this.#workers = new Workers({
      snapshot: (kept) => snapshotOf(options, kept),
      start: (...start) => startWorkers(options, ...start),
      persistent,
      request: (pass, at) => style.request(pass, at),
    });
  }

  /** The collate function of this thread. */
  get collate(): Collate {
    return this.#bench.collate;
  }

  /** The base seed of workers that are kept, once they are there. */
  get keptSeed(): bigint | undefined {
    return this.#workers.keptSeed ?? this.#autoSeed;
  }

  /** What all threads have made so far. */
  made(): Made {
    return addMade(madeOf([this.#bench.progress.cells]), this.#workers.made());
  }

  /** Threads that died without being asked to end. */
  get deaths(): number {
    return this.#workers.deaths;
  }

  /** @throws MillraceError LOADER_CLOSED, or WORKER_RECIPE for what workers could not make again. */
  begin(numWorkers: number, start: Start): Maker {
    const { auto, persistentWorkers, pinning, style } = this.#options;
    if (this.#closed) throw closedError();
    if (auto && persistentWorkers) this.#autoSeed ??= start.baseSeed;
    if (numWorkers > 0) return this.#workers.begin(numWorkers, start);
    if (auto) pinning?.here();
    return style.inThread(this.#bench, start);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#bench.progress.leaveAll();
    await this.#workers.close();
    this.#options.pinning?.close();
  }
}

export function closedError(): MillraceError {
  return new MillraceError("LOADER_CLOSED", "the loader was closed", { hint: "Make a new one." });
}

/** A recipe that was given says all by itself. */
function snapshotOf(
  { given, collate, workerInit, stream, recipe }: MakersOptions,
  kept: Recipe | undefined,
): PartsSnapshot {
  if (recipe !== undefined) return { recipe, over: () => undefined };
  return snapshotParts({ dataset: given, collate, workerInit, batched: stream.batchSize !== null }, kept);
}

function startWorkers(
  { logger, pinning, seed, stream, style, workerMemory, tolerance }: MakersOptions,
  numWorkers: number,
  baseSeed: bigint,
  recipe: Recipe,
): WorkerPool {
  return new WorkerPool(
    { numWorkers, baseSeed, seed, recipe, stream, tolerance },
    {
      logger,
      memory: workerMemory,
      nameOf: (index) => style.nameOf(index),
      pins: pinning && (() => pinning.pins()),
    },
  );
}
