/** What a worker of a DataLoader knows of itself, for every copy of this package in its thread; nothing elsewhere. */
import { MillraceError } from "../../errors.js";

/** Of the worker thread that this code runs in. */
export interface ThisWorker {
  readonly id: number;
  /** The modules that it imported, or is importing, to make its line. */
  readonly modules: Set<string>;
  /** Gives the worker up, as long as its line is being made. */
  refuse: ((error: MillraceError) => void) | undefined;
}

const key = Symbol.for("millrace.worker");

/** Undefined outside of workers. */
export function thisWorker(): ThisWorker | undefined {
  return (globalThis as { readonly [key]?: ThisWorker })[key];
}

/** Called once, before anything is imported. */
export function setThisWorker(worker: ThisWorker): void {
  Object.defineProperty(globalThis, key, { value: worker });
}

/**
 * Workers start no workers: a file that holds dataset and loop would run its loop in each of them, and so on without end.
 * @throws MillraceError WORKER_RECIPE in a worker.
 */
export function requireNoWorker(): void {
  const worker = thisWorker();
  if (worker === undefined) return;
  const { id, modules, refuse } = worker;
  const error = new MillraceError(
    "WORKER_RECIPE",
    `workers must not start workers, but worker ${id} came upon a DataLoader with workers in what it imports (${[...modules].join(", ")})`,
    {
      hint: 'Put the loop behind `if (isMainThread) { … }` (import it from "node:worker_threads"), or the dataset into a file of its own. A loader that a dataset uses inside takes numWorkers: 0.',
    },
  );
  refuse?.(error);
  throw error;
}
