/** The line of a spec, made again in a worker: the same modules, the same options, the same seed. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe, WorkerLine } from "../contracts/recipe.js";
import type { SplitName } from "../contracts/split.js";
import { type CacheHandle, withCache } from "../data/cache/cached.js";
import { loadPlugin, type PluginModule } from "../plugin/load.js";
import { Registry } from "../plugin/registry.js";
import { LoggerService } from "../plugin/service.js";
import type { Spec, Use } from "../spec/schema.js";
import { type OpenCache, openCollate, openSource, splitDataset } from "./dataset.js";

/** What crosses the thread boundary, once per worker. */
export interface LineArgs {
  readonly modules: readonly PluginModule[];
  readonly baseUrl: string;
  readonly seed: number;
  readonly source: Use;
  /** What the source's opening in the main thread had to follow. */
  readonly facts?: DatasetFacts;
  /** What that opening shares with this one. */
  readonly shared?: unknown;
  readonly transforms: Spec["transforms"];
  readonly collate: Use;
  readonly split: SplitName;
  /** The split's indices, in shared memory; undefined for the whole source. */
  readonly indices?: Int32Array;
  /** The split's caches, by their position among the transforms. */
  readonly caches?: Readonly<Record<number, CacheHandle>>;
}

export function lineRecipe(args: LineArgs): Recipe {
  return { module: import.meta.url, export: "buildLine", args };
}

/** The `RecipeFunction` of `lineRecipe`. */
export async function buildLine(
  args: LineArgs,
  { logger }: { readonly logger: Logger },
): Promise<WorkerLine> {
  const { seed, facts, shared, split, indices } = args;
  const registry = new Registry({ lifetime: "worker" });
  registry.provide(LoggerService, logger);
  const loaded = new Set<string>();
  for (const module of args.modules) await loadPlugin(module, registry, loaded);
  const context = { baseUrl: new URL(args.baseUrl), seed };
  const source = await openSource(registry, args.source, { ...context, facts, shared });
  const cached: Dataset[] = [];
  const openCache: OpenCache = (before, position) => {
    const handle = args.caches?.[position];
    if (handle === undefined) return before;
    cached.push(withCache(before, handle, logger));
    return cached[cached.length - 1];
  };
  const close = async (): Promise<void> => {
    for (const dataset of cached) await dataset.close?.();
    await source.close?.();
    await registry.close();
  };
  try {
    const dataset = await splitDataset(registry, args, split, source, indices, context, openCache);
    const collate = await openCollate(registry, args.collate, source, context);
    return { dataset, collate, close };
  } catch (error) {
    await close();
    throw error;
  }
}
