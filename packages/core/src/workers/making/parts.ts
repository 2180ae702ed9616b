/** The recipe of a loader that was made without a spec: its dataset, collate function and init hook, each made again. */
import type { Collate } from "../../contracts/collate.js";
import { asIterableDataset, isStreamLike } from "../../contracts/iterable.js";
import type { Recipe, WorkerLine } from "../../contracts/recipe.js";
import { defaultCollate, defaultConvert } from "../../data/collate.js";
import { asDataset as asMapStyle, type DatasetLike } from "../../data/datasets/dataset-like.js";
import type { Copy } from "../wire/copies.js";
import { sameSnapshot } from "../wire/plain.js";
import { encode, type Encoded } from "../wire/portable.js";
import { decode } from "../wire/remake.js";

export interface Parts {
  readonly dataset: unknown;
  /** `defaultCollate` where undefined, `defaultConvert` where batching is off. */
  readonly collate?: unknown;
  readonly workerInit?: unknown;
  /** False where batching is off. */
  readonly batched: boolean;
}

interface EncodedParts {
  readonly dataset: Encoded;
  readonly collate?: Encoded;
  readonly workerInit?: Encoded;
  readonly batched: boolean;
}

/** A loader's parts as they were when a pass began. */
export interface PartsSnapshot {
  /** The recipe that was given to `snapshotParts` where workers made by it see the same. */
  readonly recipe: Recipe;
  /** Called once, when the pass is over: its arrays may be written anew for the next. */
  readonly over: () => void;
}

/**
 * The parts as they are now. Shared copies of arrays are brought up to date where no pass is reading them, also for the
 * workers of `kept`, the recipe that they were made by.
 *
 * @throws MillraceError WORKER_RECIPE for a part that no worker could make again.
 */
export function snapshotParts(parts: Parts, kept?: Recipe): PartsSnapshot {
  const copies: Copy[] = [];
  const part = (name: "dataset" | "collate" | "workerInit"): Partial<EncodedParts> => {
    if (parts[name] === undefined) return {};
    const snapshot = encode(parts[name], name);
    copies.push(...snapshot.copies);
    return { [name]: snapshot.encoded };
  };
  const args = { batched: parts.batched, ...part("dataset"), ...part("collate"), ...part("workerInit") };
  for (const copy of copies) copy.readers++;
  let reading = true;
  const over = (): void => {
    if (reading) for (const copy of copies) copy.readers--;
    reading = false;
  };
  const recipe =
    kept !== undefined && sameSnapshot(kept.args, args)
      ? kept
      : { module: import.meta.url, export: "buildParts", args };
  return { recipe, over };
}

/** The `RecipeFunction` of `snapshotParts`. */
export async function buildParts(args: EncodedParts): Promise<WorkerLine> {
  const dataset = asDataset(await decode(args.dataset));
  const collate =
    args.collate === undefined ? collateFor(args.batched) : ((await decode(args.collate)) as Collate);
  const init = args.workerInit && ((await decode(args.workerInit)) as WorkerLine["init"]);
  return { dataset, collate, init, close: () => dataset.close?.() };
}

/** What makes a batch where nothing else was given; with batching off, what converts a sample. */
export function collateFor(batched: boolean): Collate {
  return batched ? defaultCollate : defaultConvert;
}

/**
 * What a loader was given, by its contract: an array is a map-style dataset, an iterable object a stream.
 * @throws MillraceError OPTION_INVALID for what is neither.
 */
export function asDataset(value: unknown): WorkerLine["dataset"] {
  return isStreamLike(value) ? asIterableDataset(value) : asMapStyle(value as DatasetLike, "dataset");
}
