/** The loader of one split: its dataset, its order, and the recipe by which workers make the same. */
import type { Dataset } from "../contracts/dataset.js";
import type { LengthsFrom } from "../contracts/lengths.js";
import type { SplitName } from "../contracts/split.js";
import { MixtureSampler } from "../data/samplers/mixture.js";
import { MillraceError } from "../errors.js";
import { DataLoader } from "../loader/loader.js";
import type { DataLoaderOptions } from "../loader/options.js";
import type { PluginContext } from "../plugin/contexts.js";
import type { Spec } from "../spec/schema.js";
import { openCollate, splitDataset } from "./dataset.js";
import type { LineOptions } from "./line.js";
import { inOptionsAt } from "./placed.js";
import { lengthsIn } from "./lengths.js";
import { type LineArgs, lineRecipe, sourceArgs } from "./recipe.js";
import { sharesOf } from "./shares.js";
import { type Opened, sourceOf } from "./sources.js";

/** What `openLoader` makes a loader of. */
export interface LoaderRequest {
  readonly spec: Spec;
  readonly source: Opened;
  readonly split: SplitName;
  /** The split's samples; all of the source's where there are none. */
  readonly indices?: Int32Array;
  /** `train`: ordered and cut as the spec says. `measure`: every sample once, in order, and never seen as training sees it. */
  readonly purpose: "train" | "measure";
  readonly context: PluginContext;
  readonly options: LineOptions;
}

/** The loader of one split of a map-style dataset. */
export async function openMapLoader(request: LoaderRequest): Promise<DataLoader> {
  const { spec, source, split, indices, purpose, context, options } = request;
  const { registry, modules, logger } = options;
  const seenAs = purpose === "measure" && split === "train" ? "validation" : split;
  const caches = source.caches.of(seenAs);
  const owns = source.sources.map((each) => each.caches.of(seenAs));
  const { transforms } = spec;
  const sources = source.sources.map(({ entry, dataset }, place) => ({
    dataset,
    transforms: entry.transforms,
    openCache: owns[place].open,
  }));
  const { fitted } = source;
  const parts = { registry, sources, transforms, split: seenAs, indices, context, fitted };
  const dataset = await splitDataset({ ...parts, openCache: caches.open });
  const {
    sampler: _sampler,
    batchSampler: _batchSampler,
    shuffleWindow: _window,
    collate,
    ...plain
  } = spec.loader;
  const args: LineArgs = {
    modules,
    baseUrl: context.baseUrl.href,
    seed: spec.seed,
    sources: source.sources.map((each, place) => ({ ...sourceArgs(each), caches: owns[place].handles })),
    transforms,
    collate,
    split: seenAs,
    indices,
    caches: caches.handles,
    fitted,
  };
  return new DataLoader(dataset, {
    ...plain,
    persistentWorkers: plain.persistentWorkers ?? plain.numWorkers !== 0,
    ...(await openOrder(request, dataset, args)),
    collate: await openCollate(registry, collate, dataset, context),
    ...onErrorOf(request),
    ...sharesOf(options.group),
    seed: spec.seed,
    recipe: lineRecipe(args),
    logger,
  });
}

/** A split that is measured takes every sample once: a bad one is left out of it, never replaced. */
export function onErrorOf({
  spec,
  split,
  purpose,
  options: { onBadSample },
}: Omit<LoaderRequest, "source">): Pick<DataLoaderOptions, "onError" | "onBadSample"> {
  const { onError } = spec.loader;
  const leavesOut = onError === "quarantine" || (onError === "replace" && purpose === "measure");
  return {
    ...(leavesOut && { onError: "skip" }),
    ...(onBadSample && { onBadSample: (sample) => onBadSample({ ...sample, split }) }),
  };
}

type Ordering = Pick<DataLoaderOptions, "sampler" | "batchSampler" | "batchSize" | "shuffle" | "dropLast">;

/** How a split's samples are ordered and cut. */
async function openOrder(request: LoaderRequest, dataset: Dataset, args: LineArgs): Promise<Ordering> {
  const { spec, source, indices, purpose, context, options } = request;
  const { registry } = options;
  const { sampler, batchSampler, batchSize } = spec.loader;
  const from = spec.sources && sourceOf(source, indices);
  const read = { spec, opened: source, context, options, dataset, args };
  const lengths = (of: LengthsFrom) => lengthsIn(read, of);
  const given = { ...context, dataset, lengths, ...(from && { sourceOf: from }) };
  if (batchSampler !== undefined) {
    const batches = await inOptionsAt(["loader", "batchSampler", "with"], () =>
      registry.create("batchSampler", batchSampler.use, batchSampler.with, given),
    );
    if (purpose === "train") return { batchSampler: batches };
    const usual = batches.batchSize ?? Math.ceil(dataset.length / batches.length);
    return { batchSize: Math.max(usual, options.group?.size ?? 1) };
  }
  if (purpose === "measure") return { batchSize, shuffle: false, dropLast: false };
  const weights = spec.sources?.map(({ weight }) => weight);
  if (from !== undefined && weights?.some((weight) => weight !== undefined)) {
    const shares = weights.map((weight = 1) => weight);
    const { shuffle } = spec.loader;
    return { sampler: new MixtureSampler(from, shares, { shuffle, seed: spec.seed }), shuffle: false };
  }
  if (sampler === undefined) return {};
  const order = await inOptionsAt(["loader", "sampler", "with"], () =>
    registry.create("sampler", sampler.use, sampler.with, given),
  );
  if (order.batchSize === undefined) return { sampler: order };
  throw new MillraceError(
    "OPTION_INVALID",
    `a sampler must yield indices, but ${sampler.use} yields whole batches of them`,
    {
      hint: "Define it with defineBatchSampler, and name it under loader.batchSampler.",
      path: ["loader", "sampler"],
    },
  );
}
