/** One split's dataset, from a checked spec: the source, its share of the indices, the transforms that apply to it. */
import type { Collate } from "../contracts/collate.js";
import type { Dataset, FieldTypes } from "../contracts/dataset.js";
import type { SplitName } from "../contracts/split.js";
import { Subset } from "../data/datasets/subset.js";
import { type ChainLink, transformed } from "../data/datasets/transformed.js";
import { MillraceError } from "../errors.js";
import type { PluginContext, SourceContext } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import type { Spec, Use } from "../spec/schema.js";
import { inOptionsAt } from "./placed.js";

/** Opens a source; faults of the source's own are named by it. */
export async function openSource(registry: Registry, source: Use, context: SourceContext): Promise<Dataset> {
  try {
    return await registry.create("source", source.use, source.with, context);
  } catch (error) {
    throw MillraceError.from(error, "SAMPLE_FAILED", `source ${source.use} cannot be opened`);
  }
}

/**
 * Puts a cache behind `dataset`, which has passed all transforms before `position`; `seeded` if one of them was made with
 * the run's seed.
 */
export type OpenCache = (dataset: Dataset, position: number, seeded: boolean) => Dataset | Promise<Dataset>;

/**
 * `source` restricted to `indices` (all of it if undefined), seen through the split's transforms. Without `openCache`
 * samples pass caches as they are.
 */
export async function splitDataset(
  registry: Registry,
  { transforms, seed }: Pick<Spec, "transforms" | "seed">,
  split: SplitName,
  source: Dataset,
  indices: Int32Array | undefined,
  context: PluginContext,
  openCache?: OpenCache,
): Promise<Dataset> {
  let seen = source;
  let chain: ChainLink[] = [];
  let seeded = false;
  let caches = 0;
  const noteSeed = (): number => {
    seeded = true;
    return context.seed;
  };
  for (const [position, { use, with: options, only }] of transforms.entries()) {
    const plugin = registry.get("transform", use);
    // Caches do not count, so that adding one leaves every random number as it was.
    const address = position - caches;
    if (plugin.caches) caches++;
    if (only !== undefined && only !== split) continue;
    if (plugin.caches && openCache !== undefined) {
      // Whoever opened the source closes it.
      const before: Dataset = { ...transformed(seen, chain, seed), close: undefined };
      seen = await openCache(before, position, seeded);
      chain = [];
      continue;
    }
    const given = { ...context, facts: source.facts ?? {} };
    Object.defineProperty(given, "seed", { get: noteSeed, enumerable: true });
    const apply = await inOptionsAt(["transforms", position, "with"], () =>
      registry.create("transform", use, options, given),
    );
    const fields = plugin.fields && ((types: FieldTypes) => plugin.fields?.(types, options) ?? types);
    chain.push({ name: use, apply, deferred: plugin.deferred ?? false, position, address, fields });
  }
  seen = transformed(seen, chain, seed);
  return indices === undefined ? seen : new Subset(seen, indices);
}

/** The spec's collate function. */
export function openCollate(
  registry: Registry,
  collate: Use,
  dataset: Dataset,
  context: PluginContext,
): Promise<Collate> {
  return inOptionsAt(["loader", "collate", "with"], () =>
    registry.create("collate", collate.use, collate.with, { ...context, facts: dataset.facts ?? {} }),
  );
}
