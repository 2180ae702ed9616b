/** Batches made by worker threads, and the threads that a loader has. */
import type { Recipe } from "../../contracts/recipe.js";
import type { WorkerPool } from "../../workers/main-end/pool.js";
import type { Fetched } from "../../workers/main-end/requests.js";
import type { PartsSnapshot } from "../../workers/making/parts.js";
import type { FetchRequest } from "../../workers/wire/protocol.js";
import type { Job } from "../assignment.js";
import { addMade, type Made, madeOf, nothingMade } from "../metrics/metrics.js";
import type { Ending, Maker, Start } from "./maker.js";

export interface WorkersOptions {
  /** What threads make again, as it is now. @throws MillraceError WORKER_RECIPE for what they could not. */
  readonly snapshot: (kept: Recipe | undefined) => PartsSnapshot;
  /** Starts so many threads. */
  readonly start: (numWorkers: number, baseSeed: bigint, recipe: Recipe) => WorkerPool;
  /** Keep threads between epochs. */
  readonly persistent: boolean;
  /** What a worker is asked for in a pass. */
  readonly request: (pass: number, start: Start) => (job: Job) => FetchRequest;
}

/** Threads that stay from pass to pass, and the epochs of the passes they are at. */
interface Kept {
  readonly pool: WorkerPool;
  readonly baseSeed: bigint;
  readonly recipe: Recipe;
  readonly epochs: number[];
}

/** All worker threads of a loader. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #pools = new Set<WorkerPool>();
  #kept: Kept | undefined;
  /** What pools made that are closed, and how many of their threads died. */
  #retired = nothingMade;
  #deaths = 0;
  #passes = 0;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** The base seed of workers that are kept, once they are there. */
  get keptSeed(): bigint | undefined {
    return this.#kept?.baseSeed;
  }

  made(): Made {
    return addMade(madeOf([...this.#pools].flatMap(({ cells }) => cells)), this.#retired);
  }

  get deaths(): number {
    return [...this.#pools].reduce((sum, { deaths }) => sum + deaths, this.#deaths);
  }

  begin(numWorkers: number, start: Start): Maker {
    const { recipe, over } = this.#options.snapshot(this.#kept?.recipe);
    const pool = this.#open(numWorkers, start.baseSeed, recipe);
    const pass = this.#passes++;
    const kept = this.#kept?.pool === pool ? this.#kept : undefined;
    kept?.epochs.push(start.epoch);
    const end = (how: Ending): Promise<void> => {
      kept?.epochs.splice(kept.epochs.indexOf(start.epoch), 1);
      over();
      const last = kept?.epochs.includes(start.epoch) === false;
      return this.#leave(pool, pass, how, last ? start.epoch : undefined);
    };
    return new InWorkers(pool, pass, this.#options.request(pass, start), end);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => this.#close(pool)));
  }

  #open(numWorkers: number, baseSeed: bigint, recipe: Recipe): WorkerPool {
    const kept = this.#kept;
    // Broken, or made of what has changed since; it may still serve an epoch under way, and ends with it.
    if (kept !== undefined && (kept.pool.broken || kept.recipe !== recipe)) {
      this.#kept = undefined;
      if (kept.epochs.length === 0) void this.#close(kept.pool);
    }
    if (this.#kept !== undefined) return this.#kept.pool;
    const pool = this.#options.start(numWorkers, baseSeed, recipe);
    this.#pools.add(pool);
    if (this.#options.persistent) this.#kept = { pool, baseSeed, recipe, epochs: [] };
    return pool;
  }

  async #leave(pool: WorkerPool, pass: number, how: Ending, epoch?: number): Promise<void> {
    const kept = pool === this.#kept?.pool;
    if (how === "hung") await this.#close(pool, true);
    else if (kept) pool.leave(pass, epoch);
    else await this.#close(pool);
  }

  async #close(pool: WorkerPool, atOnce = false): Promise<void> {
    // Workers that hang are gone for good: the next epoch starts new ones.
    if (atOnce && this.#kept?.pool === pool) this.#kept = undefined;
    await pool.close(atOnce);
    if (!this.#pools.delete(pool)) return;
    this.#retired = addMade(this.#retired, madeOf(pool.cells));
    this.#deaths += pool.deaths;
  }
}

class InWorkers implements Maker {
  readonly #pool: WorkerPool;
  readonly #pass: number;
  readonly #request: (job: Job) => FetchRequest;
  readonly end: Maker["end"];

  constructor(pool: WorkerPool, pass: number, request: (job: Job) => FetchRequest, end: Maker["end"]) {
    this.#pool = pool;
    this.#pass = pass;
    this.#request = request;
    this.end = end;
  }

  make(job: Job): Promise<Fetched | undefined> {
    return this.#pool.fetch(job.worker, this.#request(job), this.#pass);
  }

  whereabouts({ worker }: Job): readonly string[] {
    return this.#pool.whereabouts(worker);
  }
}
