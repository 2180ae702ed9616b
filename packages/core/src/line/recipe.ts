/** The line of a spec, made again in a worker: the same modules, the same options, the same seed. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe, WorkerLine } from "../contracts/recipe.js";
import type { SplitName } from "../contracts/split.js";
import { loadPlugin, type PluginModule } from "../plugin/load.js";
import type { PluginContext } from "../plugin/contexts.js";
import { Registry } from "../plugin/registry.js";
import { LoggerService } from "../plugin/service.js";
import type { TransformUse, Use } from "../spec/use.js";
import type { FittedStates } from "./fit/fitted.js";
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
  /** Which of the spec's sources it is; by default the position among those given. */
  readonly place?: number;
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
  /** What the main thread's fitted transforms have learned, arrays in shared memory. */
  readonly fitted?: FittedStates;
}

export function lineRecipe(args: LineArgs): Recipe {
  return { module: import.meta.url, export: "buildLine", args };
}

/** The `RecipeFunction` of `lineRecipe`. */
export async function buildLine(
  args: LineArgs,
  { logger }: { readonly logger: Logger },
): Promise<WorkerLine> {
  const built = await buildDataset(args, logger);
  const { registry, context, dataset } = built;
  try {
    const collate = await openCollate(registry, args.collate, dataset, context);
    return { dataset, collate, close: () => built.close() };
  } catch (error) {
    await built.close();
    throw error;
  }
}

/** A split's dataset, made again; `close` ends all that was opened for it. */
export interface BuiltDataset {
  readonly registry: Registry;
  readonly context: PluginContext;
  readonly dataset: Dataset;
  close(): Promise<void>;
}

export async function buildDataset(args: LineArgs, logger: Logger): Promise<BuiltDataset> {
  const { seed, split, indices, transforms, fitted } = args;
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
    for (const { use, transforms: own, facts, shared, caches, place } of args.sources) {
      const dataset = await openSource(registry, use, { ...context, ...(facts && { facts }), shared });
      opened.push(dataset);
      sources.push({ dataset, transforms: own, openCache: openCache(caches), place });
    }
    const request = { registry, sources, transforms, split, indices, context, fitted };
    const dataset = await splitDataset({ ...request, openCache: openCache(args.caches) });
    return { registry, context, dataset, close };
  } catch (error) {
    await close();
    throw error;
  }
}
