/** A dataset whose samples pass through functions: torch's `transform=`. */
import type { Dataset, FieldTypes } from "../../contracts/dataset.js";
import type { Transform, TransformContext } from "../../contracts/transform.js";
import { MillraceError } from "../../errors.js";
import { kindOf } from "../collate.js";
import { madeBy } from "../recipe-of.js";
import { asDataset, type DatasetLike } from "./dataset-like.js";
import { transformChain } from "./transform-chain.js";

/** What becomes of a sample; random choices come from `context.random`, so that they are the same in every worker. */
export type SampleTransform<S = never, T = unknown> = (
  sample: S,
  context: TransformContext,
) => T | Promise<T>;

export interface TransformedOptions {
  /** Where random numbers follow from, with epoch and index; 0 by default. */
  readonly seed?: number;
}

/** Nobody knows what a function makes of a field: its type shows in the first batch. */
const unknownFields = (): FieldTypes => ({});

/** How many transforms a dataset has already: those around it have random numbers of their own. */
const depths = new WeakMap<object, number>();

/**
 * `dataset`, or an array, with every sample passed through `transform`, or through several in turn (torch's `transform=`
 * and torchvision's Compose):
 *
 *     const augmented = transformed(images, (sample, { random }) => ({ ...sample, x: flip(sample.x, random.chance(0.5)) }));
 *
 * Workers make it again where the dataset and each function say how: `portable(fn, { module: import.meta.url, export: … })`.
 * Random numbers are those at (seed, epoch, index, position of the transform): the same for any number of workers.
 *
 * @throws MillraceError OPTION_INVALID for a stream, or for what is no dataset or no function.
 */
export function transformed<S, T>(
  dataset: DatasetLike<S>,
  transform: SampleTransform<S, T>,
  options?: TransformedOptions,
): Dataset<T>;
export function transformed<S>(
  dataset: DatasetLike<S>,
  transform: readonly SampleTransform[],
  options?: TransformedOptions,
): Dataset;
export function transformed(
  dataset: DatasetLike,
  transform: SampleTransform | readonly SampleTransform[],
  options: TransformedOptions = {},
): Dataset {
  const { seed = 0 } = options;
  const source = asDataset(dataset, "the dataset to transform");
  const functions: readonly unknown[] = Array.isArray(transform) ? transform : [transform];
  const before = depths.get(source) ?? 0;
  const chain = functions.map((apply, i) => {
    if (typeof apply !== "function") {
      throw new MillraceError("OPTION_INVALID", `a transform must be a function, was ${kindOf(apply)}`, {
        hint: "Give transformed(dataset, function), or a list of functions.",
      });
    }
    const name = apply.name === "" ? "function" : apply.name;
    return { name, apply: apply as Transform, deferred: false, position: before + i, fields: unknownFields };
  });
  const result = transformChain(source, chain, seed);
  depths.set(result, before + chain.length);
  return madeBy(result, {
    module: import.meta.url,
    export: "transformed",
    args: [source, transform, options],
  });
}
