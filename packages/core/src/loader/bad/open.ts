/** What a loader's options say about bad samples. */
import type { Dataset } from "../../contracts/dataset.js";
import type { IterableDataset } from "../../contracts/iterable.js";
import type { Sampler } from "../../contracts/sampler.js";
import { Quarantine } from "../../data/quarantine.js";
import type { Tolerance } from "../../workers/wire/protocol.js";
import type { DataLoaderOptions } from "../options.js";
import type { Order } from "../order.js";
import { BadSamples } from "./bad-samples.js";

/** Undefined where the error of a sample is the caller's. @throws MillraceError FILE_FAILED for a file that cannot be written. */
export function badSamplesOf(
  dataset: Dataset | IterableDataset,
  options: DataLoaderOptions,
): BadSamples | undefined {
  const { onError = "fail", maxRatio, seed = 0, logger, onBadSample } = options;
  if (onError === "fail") return undefined;
  const quarantine = options.quarantine === undefined ? undefined : new Quarantine(options.quarantine);
  return new BadSamples({
    onError,
    maxRatio,
    dataset,
    seed,
    population: onError === "replace" ? populationOf(options) : undefined,
    logger,
    tell: (sample) => {
      quarantine?.add(sample);
      onBadSample?.(sample);
    },
  });
}

/** The samples of an epoch, where they are known. */
export function totalOf(order: Order): number | undefined {
  try {
    return order.samples;
  } catch {
    return undefined;
  }
}

/** Where a sampler chooses from a part of the dataset, as it is now: what stands in for a sample comes from there too. */
function populationOf({ sampler, batchSampler }: DataLoaderOptions): Tolerance["population"] {
  const indices = (sampler ?? batchSampler) as Partial<Sampler> & Iterable<number | readonly number[]>;
  if (indices === undefined) return undefined;
  const stated = Array.isArray(indices) || ArrayBuffer.isView(indices) ? indices : indices.population;
  if (stated === undefined) return undefined;
  const all: readonly number[] = Array.from<number | readonly number[]>(stated).flat();
  const shared = all.every((index) => (index | 0) === index)
    ? new Int32Array(new SharedArrayBuffer(4 * all.length))
    : new Float64Array(new SharedArrayBuffer(8 * all.length));
  shared.set(all);
  return shared;
}
