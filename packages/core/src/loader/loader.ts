/** The DataLoader: order, batches, workers and prefetch over a dataset. */
import type { Batch } from "../contracts/batch.js";
import type { Collate } from "../contracts/collate.js";
import type { Dataset } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe } from "../contracts/recipe.js";
import type { Sampler } from "../contracts/sampler.js";
import { defaultCollate, heapAllocator } from "../data/collate.js";
import { fromArray } from "../data/datasets/array.js";
import { randomSampler } from "../data/samplers/random.js";
import { sequentialSampler } from "../data/samplers/sequential.js";
import { MillraceError } from "../errors.js";
import { fetchBatch } from "../workers/fetcher.js";
import { type Fetched, type FetchRequest, WorkerPool } from "../workers/pool.js";
import { checkOptions } from "./options.js";
import { batchCount, batchesOf } from "./order.js";
import { Epoch } from "./prefetch.js";

export interface DataLoaderOptions<S = never, B = unknown> {
  /** Samples per batch; 1 by default. */
  readonly batchSize?: number;
  /** A new random order for each epoch, a function of (seed, epoch). */
  readonly shuffle?: boolean;
  /** The order, instead of `shuffle`. */
  readonly sampler?: Sampler;
  /** Leave out the last batch of an epoch if it is smaller. */
  readonly dropLast?: boolean;
  /** Worker threads that make batches; 0, the default, makes them in this thread when they are asked for. */
  readonly numWorkers?: number;
  /** Batches made ahead per worker; 2 by default, and only with workers. Each costs a batch of memory. */
  readonly prefetchFactor?: number;
  /** Keep workers between epochs; otherwise they end with each, as in torch. */
  readonly persistentWorkers?: boolean;
  /** `defaultCollate` unless given. With workers, the recipe's is used instead. */
  readonly collate?: Collate<S, B>;
  /** Where the order of epochs follows from; 0 by default. */
  readonly seed?: number;
  /** How a worker makes the same dataset and collate function; needed with workers. */
  readonly recipe?: Recipe;
  /** Where workers' log lines go. */
  readonly logger?: Logger;
}

/**
 * Batches of a dataset (torch.utils.data.DataLoader):
 *
 *     for await (const batch of loader) { use(batch.data); batch.release(); }
 *
 * Each iteration is the next epoch; `batches(epoch)` gives any epoch. Batches are the same, bit for bit, for any number
 * of workers. Workers that are kept (`persistentWorkers`) end with `close`; idle ones do not keep the program alive.
 */
export class DataLoader<S = unknown, B = unknown> {
  readonly dataset: Dataset<S>;
  readonly #options: DataLoaderOptions<S, B>;
  readonly #sampler: Sampler;
  readonly #pools = new Set<WorkerPool>();
  #persistent: WorkerPool | undefined;
  #nextEpoch = 0;
  #closed = false;

  /** @throws MillraceError LOADER_OPTION for an option out of range, or options that exclude each other. */
  constructor(dataset: Dataset<S> | readonly S[], options: DataLoaderOptions<S, B> = {}) {
    checkOptions(options);
    this.dataset = isArray(dataset) ? fromArray(dataset) : dataset;
    this.#options = options;
    const { sampler, shuffle = false, seed = 0 } = options;
    this.#sampler =
      sampler ?? (shuffle ? randomSampler(this.dataset, seed) : sequentialSampler(this.dataset));
  }

  get batchSize(): number {
    return this.#options.batchSize ?? 1;
  }

  get numWorkers(): number {
    return this.#options.numWorkers ?? 0;
  }

  /** Samples an epoch visits. */
  get samples(): number {
    const { dropLast = false } = this.#options;
    return dropLast ? this.length * this.batchSize : this.#sampler.length;
  }

  /** Batches an epoch yields; follows the dataset's length. */
  get length(): number {
    return batchCount(this.#sampler.length, this.batchSize, this.#options.dropLast ?? false);
  }

  /** The next epoch. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Batch<B>> {
    return this.batches(this.#nextEpoch++);
  }

  /** The batches of one epoch, from 0. @throws MillraceError LOADER_CLOSED, and from `next()` ABORTED when `signal` aborts. */
  batches(
    epoch: number,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<Batch<B>> {
    if (this.#closed)
      throw new MillraceError("LOADER_CLOSED", "the loader was closed", { hint: "Make a new one." });
    const order = batchesOf(this.#sampler.indices(epoch), this.batchSize, this.#options.dropLast ?? false);
    if (this.numWorkers === 0) {
      const fetch = (_step: number, indices: readonly number[]) => this.#fetchHere({ epoch, indices });
      return new Epoch<B>({ epoch, order, ahead: 0, signal, fetch, end: () => undefined });
    }
    const pool = this.#openPool();
    return new Epoch<B>({
      epoch,
      order,
      ahead: pool.size * (this.#options.prefetchFactor ?? 2),
      signal,
      fetch: (step, indices) => pool.fetch(step % pool.size, { epoch, indices }),
      end: () => (pool === this.#persistent ? undefined : this.#closePool(pool)),
    });
  }

  /** Ends the workers and waits until they are gone. The dataset stays open: whoever opened it closes it. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools].map((pool) => this.#closePool(pool)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fetchHere({ epoch, indices }: FetchRequest): Promise<Fetched> {
    const collate = (this.#options.collate ?? defaultCollate) as Collate;
    const data = await fetchBatch(this.dataset, collate, indices, { epoch }, heapAllocator);
    return { data, release: () => undefined };
  }

  #openPool(): WorkerPool {
    if (this.#persistent !== undefined) return this.#persistent;
    const { recipe, logger, persistentWorkers = false } = this.#options;
    if (recipe === undefined) {
      throw new MillraceError(
        "WORKER_RECIPE",
        `numWorkers: ${this.numWorkers} needs a recipe by which workers make the dataset`,
        {
          hint: "Give `recipe: { module, export, args }`, or use numWorkers: 0.",
        },
      );
    }
    const pool = new WorkerPool(this.numWorkers, recipe, logger);
    this.#pools.add(pool);
    if (persistentWorkers) this.#persistent = pool;
    return pool;
  }

  async #closePool(pool: WorkerPool): Promise<void> {
    await pool.close();
    this.#pools.delete(pool);
  }
}

// Array.isArray does not narrow a readonly array.
function isArray<S>(dataset: Dataset<S> | readonly S[]): dataset is readonly S[] {
  return Array.isArray(dataset);
}
