/** The line of a spec, made again in a worker: the same modules, the same options, the same seed. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe, WorkerLine } from "../contracts/recipe.js";
import type { SplitName } from "../contracts/split.js";
import { loadPlugin, type PluginModule } from "../plugin/load.js";
import { Registry } from "../plugin/registry.js";
import { LoggerService } from "../plugin/service.js";
import type { TransformUse, Use } from "../spec/use.js";
import { type OpenCache, openCollate, openSource, splitDataset, type SplitSource } from "./dataset.js";

/** One source of those that a worker opens again. */
export interface SourceArgs {
  readonly use: Use;
  readonly transforms: readonly TransformUse[];
  /** What the source's opening in the main thread had to follow. */
  readonly facts?: DatasetFacts | undefined;
  /** What that opening shares with this one. */
  readonly shared?: unknown;
  /** The caches among its own transforms, by their position. */
  readonly caches?: Readonly<Record<number, unknown>>;
}

/** What crosses the thread boundary, once per worker. */
export interface LineArgs {
  readonly modules: readonly PluginModule[];
  readonly baseUrl: string;
  readonly seed: number;
  readonly sources: readonly SourceArgs[];
  readonly transforms: readonly TransformUse[];
  readonly collate: Use;
  readonly split: SplitName;
  /** The split's indices, in shared memory; undefined for the whole source. */
  readonly indices?: Int32Array;
  /** The split's caches, by their position among the transforms. */
  readonly caches?: Readonly<Record<number, unknown>>;
}

export function lineRecipe(args: LineArgs): Recipe {
  return { module: import.meta.url, export: "buildLine", args };
}

/** The `RecipeFunction` of `lineRecipe`. */
export async function buildLine(
  args: LineArgs,
  { logger }: { readonly logger: Logger },
): Promise<WorkerLine> {
  const { seed, split, indices, transforms } = args;
  const registry = new Registry({ lifetime: "worker" });
  registry.provide(LoggerService, logger);
  const loaded = new Set<string>();
  for (const module of args.modules) await loadPlugin(module, registry, loaded);
  const context = { baseUrl: new URL(args.baseUrl), seed };
  const opened: Dataset[] = [];
  const close = async (): Promise<void> => {
    for (const dataset of opened.splice(0).reverse()) await dataset.close?.();
    await registry.close();
  };
  const openCache =
    (handles: LineArgs["caches"]): OpenCache =>
    (before, position, _seeded, keeps) => {
      const handle = handles?.[position];
      if (handle === undefined) return before;
      const dataset = keeps.keep(before, handle, logger);
      opened.push(dataset);
      return dataset;
    };
  try {
    const sources: SplitSource[] = [];
    for (const { use, transforms: own, facts, shared, caches } of args.sources) {
      const dataset = await openSource(registry, use, { ...context, ...(facts && { facts }), shared });
      opened.push(dataset);
      sources.push({ dataset, transforms: own, openCache: openCache(caches) });
    }
    const request = { registry, sources, transforms, split, indices, context };
    const dataset = await splitDataset({ ...request, openCache: openCache(args.caches) });
    const collate = await openCollate(registry, args.collate, sources[0].dataset, context);
    return { dataset, collate, close };
  } catch (error) {
    await close();
    throw error;
  }
}
