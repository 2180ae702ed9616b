/** Who makes the batches of a pass: worker threads, kept or fresh, or this thread. */
import type { Collate } from "../contracts/collate.js";
import type { Dataset } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe } from "../contracts/recipe.js";
import { MillraceError } from "../errors.js";
import { fetchBatch, nameOf } from "../workers/making/fetcher.js";
import { Heap } from "../workers/making/heap.js";
import { collateFor, partsRecipe } from "../workers/making/parts.js";
import { WorkerPool } from "../workers/main-end/pool.js";
import { Progress } from "../workers/making/progress.js";
import type { FetchRequest } from "../workers/wire/protocol.js";
import type { Fetched } from "../workers/main-end/requests.js";
import { BatchStream, type StreamOptions } from "../workers/making/stream.js";
import { addMade, type Made, madeOf, nothingMade } from "./metrics/metrics.js";
import type { Pinning } from "../workers/pinning/pin.js";
import type { Job } from "./assignment.js";
import type { Position } from "./resume/position.js";

/** Makes the batches of one epoch. */
export interface Pass {
  readonly make: (job: Job) => Promise<Fetched | undefined>;
  /** What the maker of a job is at, innermost first: stage, sample. */
  readonly whereabouts: (job: Job) => readonly string[];
  readonly end: (how: "complete" | "left" | "hung") => Promise<void>;
}

export interface MakersOptions {
  /** What the loader was given: what workers make again. */
  readonly given: unknown;
  readonly dataset: Dataset | IterableDataset;
  readonly isStream: boolean;
  readonly persistentWorkers: boolean;
  /** True if the number of workers is chosen on the way: nothing else may depend on it. */
  readonly auto: boolean;
  readonly stream: StreamOptions;
  /** As given; undefined stands for the default. */
  readonly collate?: Collate;
  readonly workerInit?: unknown;
  readonly recipe?: Recipe;
  readonly logger?: Logger;
  /** Page-locks the workers' slots. */
  readonly pinning?: Pinning;
  /** Most megabytes of JavaScript heap per worker. */
  readonly workerMemory?: number;
}

const nothing = (): void => undefined;
const nowhere = (): readonly string[] => [];

export class Makers {
  readonly #options: MakersOptions;
  readonly #pools = new Set<WorkerPool>();
  #persistent: { readonly pool: WorkerPool; readonly baseSeed: bigint } | undefined;
  /** This thread's own part in making batches, and that of pools that are closed. */
  readonly #progress = new Progress();
  readonly #heap = new Heap();
  #retired = nothingMade;
  #autoSeed: bigint | undefined;
  #deaths = 0;
  #passes = 0;
  #closed = false;

  constructor(options: MakersOptions) {
    this.#options = options;
  }

  /** The collate function of this thread. */
  get collate(): Collate {
    return this.#options.collate ?? collateFor(this.#options.stream.batchSize !== null);
  }

  /** The base seed of workers that are kept, once they are there. */
  get keptSeed(): bigint | undefined {
    return this.#persistent?.baseSeed ?? this.#autoSeed;
  }

  /** What all threads have made so far. */
  made(): Made {
    const threads = [...this.#pools].flatMap(({ cells }) => cells);
    return addMade(madeOf([this.#progress.cells, ...threads]), this.#retired);
  }

  /** Threads that died without being asked to end. */
  get deaths(): number {
    return [...this.#pools].reduce((sum, { deaths }) => sum + deaths, this.#deaths);
  }

  /** @throws MillraceError LOADER_CLOSED, or WORKER_RECIPE for what workers could not make again. */
  begin(numWorkers: number, epoch: number, position: Position, baseSeed: bigint): Pass {
    if (this.#closed)
      throw new MillraceError("LOADER_CLOSED", "the loader was closed", { hint: "Make a new one." });
    const { auto, persistentWorkers } = this.#options;
    if (auto && persistentWorkers) this.#autoSeed ??= baseSeed;
    if (auto && numWorkers === 0) this.#options.pinning?.here();
    return numWorkers === 0
      ? this.#here(epoch, position)
      : this.#inWorkers(numWorkers, epoch, position, baseSeed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools].map((pool) => this.#closePool(pool)));
    this.#options.pinning?.close();
  }

  #here(epoch: number, position: Position): Pass {
    const { dataset, isStream, stream: options } = this.#options;
    const progress = this.#progress;
    if (isStream) {
      const shard = { id: 0, count: 1 };
      const stream = new BatchStream(
        dataset as IterableDataset,
        this.collate,
        options,
        { epoch, shard },
        position.shard(0),
        progress,
      );
      // Several calls of `next` at once must not take each other's samples.
      let last: Promise<unknown> = Promise.resolve();
      const make = (): Promise<Fetched | undefined> => {
        const mine = last.then(async () => {
          const lease = this.#heap.lease();
          const next = await stream.next(lease);
          progress.end(next?.samples ?? 0, lease.bytes);
          return next && { ...next, release: lease.release };
        });
        last = mine.catch(nothing);
        return mine;
      };
      return { make, whereabouts: nowhere, end: () => stream.close() };
    }
    const map = dataset as Dataset;
    const make = async ({ indices = [] }: Job): Promise<Fetched> => {
      const lease = this.#heap.lease();
      const data = await fetchBatch(map, this.collate, indices, { epoch }, lease, progress);
      progress.end(typeof indices === "number" ? 1 : indices.length, lease.bytes);
      return { data, release: lease.release };
    };
    return { make, whereabouts: nowhere, end: () => Promise.resolve() };
  }

  #inWorkers(numWorkers: number, epoch: number, position: Position, baseSeed: bigint): Pass {
    const pool = this.#openPool(numWorkers, baseSeed);
    const pass = this.#passes++;
    const started = new Set<number>();
    const request = ({ worker, indices }: Job): FetchRequest => {
      if (!this.#options.isStream) return { type: "fetch", epoch, indices: indices ?? [] };
      const from = started.has(worker) ? undefined : position.shard(worker);
      started.add(worker);
      return { type: "pull", pass, epoch, from };
    };
    const end = async (how: "complete" | "left" | "hung"): Promise<void> => {
      const kept = pool === this.#persistent?.pool;
      if (how === "hung") await this.#closePool(pool, true);
      else if (!kept) await this.#closePool(pool);
      else if (this.#options.isStream) pool.leave(pass);
    };
    return {
      make: (job) => pool.fetch(job.worker, request(job)),
      whereabouts: ({ worker }) => pool.whereabouts(worker),
      end,
    };
  }

  #openPool(numWorkers: number, baseSeed: bigint): WorkerPool {
    if (this.#persistent?.pool.broken) {
      // What is left of it may still serve an epoch under way; `close` ends it at the latest.
      this.#persistent = undefined;
    }
    if (this.#persistent !== undefined) return this.#persistent.pool;
    const { given, collate, workerInit, logger, persistentWorkers, stream, workerMemory } = this.#options;
    const { pinning } = this.#options;
    const recipe =
      this.#options.recipe ??
      partsRecipe({ dataset: given, collate, workerInit, batched: stream.batchSize !== null });
    const dataset = this.#options.dataset as Dataset;
    const pool = new WorkerPool(
      { numWorkers, baseSeed, recipe, stream },
      {
        logger,
        memory: workerMemory,
        nameOf: (index) => nameOf(dataset, index),
        pins: pinning && (() => pinning.pins()),
      },
    );
    this.#pools.add(pool);
    if (persistentWorkers) this.#persistent = { pool, baseSeed };
    return pool;
  }

  async #closePool(pool: WorkerPool, atOnce = false): Promise<void> {
    // Workers that hang are gone for good: the next epoch starts new ones.
    if (atOnce && this.#persistent?.pool === pool) this.#persistent = undefined;
    await pool.close(atOnce);
    if (!this.#pools.delete(pool)) return;
    this.#retired = addMade(this.#retired, madeOf(pool.cells));
    this.#deaths += pool.deaths;
  }
}
