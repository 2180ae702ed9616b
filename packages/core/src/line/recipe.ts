/** The line of a spec, made again in a worker: the same modules, the same options, the same seed. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe, WorkerLine } from "../contracts/recipe.js";
import type { IterableDataset, SourceDataset } from "../contracts/iterable.js";
import type { SplitName } from "../contracts/split.js";
import { loadPlugin, type PluginModule } from "../plugin/load.js";
import type { PluginContext } from "../plugin/contexts.js";
import { Registry } from "../plugin/registry.js";
import { LoggerService } from "../plugin/service.js";
import type { SourceEntry } from "../spec/sources.js";
import type { TransformUse, Use } from "../spec/use.js";
import type { FittedStates } from "./fit/fitted.js";
import { splitStream, type StreamRule } from "./streams/split.js";
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
  /** Of a stream: its most samples in an epoch, and its share. */
  readonly limit?: number | undefined;
  readonly weight?: number | undefined;
}

/** What every worker needs of a source that is open here, whatever is read of it. */
export function sourceArgs({
  entry,
  dataset,
  facts,
}: {
  readonly entry: Pick<SourceEntry, "use" | "with" | "transforms">;
  readonly dataset: Pick<SourceDataset, "facts" | "share">;
  readonly facts?: DatasetFacts | undefined;
}): SourceArgs {
  return {
    use: { use: entry.use, with: entry.with },
    transforms: entry.transforms,
    facts: dataset.facts ?? facts,
    shared: dataset.share?.(),
  };
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
  /** Where the sources are read as a stream: which of its samples, and in which order. */
  readonly stream?: StreamRule;
}

export function lineRecipe(args: LineArgs): Recipe {
  return { module: import.meta.url, export: "buildLine", args };
}

/** The `RecipeFunction` of `lineRecipe`. */
export async function buildLine(
  args: LineArgs,
  { logger }: { readonly logger: Logger },
): Promise<WorkerLine> {
  const built = await (args.stream === undefined
    ? buildDataset(args, logger)
    : buildStream(args, args.stream, logger));
  const { registry, context, dataset } = built;
  try {
    const collate = await openCollate(registry, args.collate, dataset, context);
    return { dataset, collate, close: () => built.close() };
  } catch (error) {
    await built.close().catch(() => undefined);
    throw error;
  }
}

/** A split's dataset, made again; `close` ends all that was opened for it. */
export interface Built<D> {
  readonly registry: Registry;
  readonly context: PluginContext;
  readonly dataset: D;
  close(): Promise<void>;
}

export function buildDataset(args: LineArgs, logger: Logger): Promise<Built<Dataset>> {
  const { split, indices, transforms, fitted } = args;
  return building(args, logger, async ({ registry, context, opened, keep }) => {
    const openCache =
      (handles: LineArgs["caches"]): OpenCache =>
      (before, position, _seeded, keeps) => {
        const handle = handles?.[position];
        return handle === undefined ? before : keep(keeps.keep(before, handle, logger));
      };
    const sources = args.sources.map(({ transforms: own, caches, place }, at): SplitSource => {
      const dataset = opened[at] as Dataset;
      return { dataset, transforms: own, openCache: openCache(caches), place };
    });
    const request = { registry, sources, transforms, split, indices, context, fitted };
    return splitDataset({ ...request, openCache: openCache(args.caches) });
  });
}

function buildStream(args: LineArgs, rule: StreamRule, logger: Logger): Promise<Built<IterableDataset>> {
  const { split, transforms, fitted } = args;
  return building(args, logger, ({ registry, context, opened }) => {
    const sources = args.sources.map(({ transforms: own, limit, weight, place }, at) => ({
      dataset: opened[at],
      transforms: own,
      limit,
      weight,
      place,
    }));
    return splitStream({ registry, sources, transforms, split, context, fitted, rule });
  });
}

interface Building {
  readonly registry: Registry;
  readonly context: PluginContext;
  /** The sources, in their order. */
  readonly opened: readonly SourceDataset[];
  /** Closes it with the sources. */
  readonly keep: (dataset: Dataset) => Dataset;
}

/** What `make` makes of the sources, opened again. */
async function building<D>(
  args: LineArgs,
  logger: Logger,
  make: (building: Building) => Promise<D>,
): Promise<Built<D>> {
  const registry = new Registry({ lifetime: "worker" });
  registry.provide(LoggerService, logger);
  const loaded = new Set<string>();
  for (const module of args.modules) await loadPlugin(module, registry, loaded);
  const context = { baseUrl: new URL(args.baseUrl), seed: args.seed };
  const closing: SourceDataset[] = [];
  const close = async (): Promise<void> => {
    for (const dataset of closing.splice(0).reverse()) await dataset.close?.();
    await registry.close();
  };
  try {
    const opened: SourceDataset[] = [];
    for (const { use, facts, shared } of args.sources) {
      opened.push(await openSource(registry, use, { ...context, ...(facts && { facts }), shared }));
      closing.push(opened[opened.length - 1]);
    }
    const keep = (dataset: Dataset): Dataset => {
      closing.push(dataset);
      return dataset;
    };
    const dataset = await make({ registry, context, opened, keep });
    return { registry, context, dataset, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
