/** One split's dataset, from a checked spec: the source, its share of the indices, the transforms that apply to it. */
import type { Collate } from "../contracts/collate.js";
import type { Dataset } from "../contracts/dataset.js";
import type { SplitName } from "../contracts/split.js";
import { Subset } from "../data/datasets/subset.js";
import { type ChainLink, transformed } from "../data/datasets/transformed.js";
import { MillraceError } from "../errors.js";
import type { PluginContext, SourceContext } from "../plugin/plugin.js";
import type { Registry } from "../plugin/registry.js";
import type { Spec, Use } from "../spec/schema.js";

/** Opens a source; faults of the source's own are named by it. */
export async function openSource(registry: Registry, source: Use, context: SourceContext): Promise<Dataset> {
  try {
    return await registry.create("source", source.use, source.with, context);
  } catch (error) {
    throw MillraceError.from(error, "SAMPLE_FAILED", `source ${source.use} cannot be opened`);
  }
}

/** `source` restricted to `indices` (all of it if undefined), seen through the split's transforms. */
export async function splitDataset(
  registry: Registry,
  { transforms, seed }: Pick<Spec, "transforms" | "seed">,
  split: SplitName,
  source: Dataset,
  indices: Int32Array | undefined,
  context: PluginContext,
): Promise<Dataset> {
  const chain: ChainLink[] = [];
  for (const [position, { use, with: options, only }] of transforms.entries()) {
    if (only !== undefined && only !== split) continue;
    const apply = await registry.create("transform", use, options, { ...context, facts: source.facts ?? {} });
    chain.push({ name: use, apply, deferred: registry.get("transform", use).deferred ?? false, position });
  }
  const seen = transformed(source, chain, seed);
  return indices === undefined ? seen : new Subset(seen, indices);
}

/** The spec's collate function. */
export function openCollate(
  registry: Registry,
  collate: Use,
  dataset: Dataset,
  context: PluginContext,
): Promise<Collate> {
  return registry.create("collate", collate.use, collate.with, { ...context, facts: dataset.facts ?? {} });
}
