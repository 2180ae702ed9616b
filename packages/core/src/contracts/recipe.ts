/** How another thread makes the same thing: nothing is pickled, it is made again from a module and plain data. */
import type { Collate } from "./collate.js";
import type { Dataset } from "./dataset.js";
import type { IterableDataset } from "./iterable.js";
import type { Logger } from "./logger.js";

/**
 * Where an object tells how to make it again; `Symbol.for`, so that several copies of this package agree.
 *
 * A class says it for its instances: `static [recipeOf] = import.meta.url`, the module that exports it under its name.
 * Workers make an instance again from its own fields, as they are when an epoch begins, without calling the constructor.
 * Where fields do not say enough, `static [recipeOf] = (instance) => ({ module, export, args })` does.
 */
export const recipeOf: unique symbol = Symbol.for("millrace.recipe") as typeof recipeOf;

/** A module, one of its exports, and the arguments to call it with: what it returns stands for the object. */
export interface ValueRecipe {
  /** URL of an ES module: `import.meta.url`, or a built file's. */
  readonly module: string;
  readonly export: string;
  /** Portable values themselves; without it the export is taken as it is, which suits functions. */
  readonly args?: readonly unknown[];
}

/** An object that can be made again in another thread. */
export interface Portable {
  [recipeOf](): ValueRecipe;
}

/** A module, one of its exports, and what to call it with; all of it survives a structured clone. */
export interface Recipe {
  /** URL of an ES module. */
  readonly module: string;
  /** The name of an exported `RecipeFunction`. */
  readonly export: string;
  /** Plain data; typed arrays over shared memory arrive without a copy. */
  readonly args: unknown;
}

/** What a worker needs to make batches. */
export interface WorkerLine {
  readonly dataset: Dataset | IterableDataset;
  readonly collate: Collate;
  /** Called once when the dataset is there, before the first sample (torch's `worker_init_fn`). */
  readonly init?: (workerId: number) => void | Promise<void>;
  /** Called once, when the worker stops. */
  close?(): void | Promise<void>;
}

/** What a `Recipe` names: makes a worker's line from plain arguments. */
export type RecipeFunction = (
  args: never,
  context: { readonly logger: Logger },
) => WorkerLine | Promise<WorkerLine>;
