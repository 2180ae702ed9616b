/** The recipe of a loader that was made without a spec: its dataset, collate function and init hook, each made again. */
import type { Collate } from "../../contracts/collate.js";
import { asIterableDataset, isStreamLike } from "../../contracts/iterable.js";
import type { Recipe, WorkerLine } from "../../contracts/recipe.js";
import { defaultCollate, defaultConvert } from "../../data/collate.js";
import { asDataset as asMapStyle, type DatasetLike } from "../../data/datasets/dataset-like.js";
import { decode, encode, type Encoded } from "../wire/portable.js";

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

/** @throws MillraceError WORKER_RECIPE for a part that no worker could make again. */
export function partsRecipe({ dataset, collate, workerInit, batched }: Parts): Recipe {
  const args: EncodedParts = {
    batched,
    dataset: encode(dataset, "dataset"),
    ...(collate !== undefined && { collate: encode(collate, "collate") }),
    ...(workerInit !== undefined && { workerInit: encode(workerInit, "workerInit") }),
  };
  return { module: import.meta.url, export: "buildParts", args };
}

/** The `RecipeFunction` of `partsRecipe`. */
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
