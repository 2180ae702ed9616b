/** One split's dataset, from a checked spec: the source, its share of the indices, the transforms that apply to it. */
import type { Collate } from "../contracts/collate.js";
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { SourceDataset } from "../contracts/iterable.js";
import type { SplitName } from "../contracts/split.js";
import { formsOf } from "../contracts/transform.js";
import { ConcatDataset } from "../data/datasets/concat.js";
import { Subset } from "../data/datasets/subset.js";
import { isPlainObject } from "../data/collate.js";
import { type ChainLink, knownBehind } from "../data/datasets/passage.js";
import { transformChain } from "../data/datasets/transform-chain.js";
import { MillraceError } from "../errors.js";
import type { Keeping } from "../plugin/keeping.js";
import type { PluginContext, SourceContext } from "../plugin/contexts.js";
import type { Registry } from "../plugin/registry.js";
import { pathText } from "../spec/parse.js";
import { isFor, type TransformUse, type Use } from "../spec/use.js";
import { type FittedStates, notFitted } from "./fit/fitted.js";
import { inOptionsAt } from "./placed.js";

/** Opens a source; faults of the source's own are named by it. */
export async function openSource(
  registry: Registry,
  source: Use,
  context: SourceContext,
): Promise<SourceDataset> {
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
export type OpenCache = (
  dataset: Dataset,
  position: number,
  seeded: boolean,
  keeps: Keeping,
) => Dataset | Promise<Dataset>;

/** A source that was opened, and what its samples alone pass through. */
export interface SplitSource {
  readonly dataset: Dataset;
  readonly transforms: readonly TransformUse[];
  readonly openCache?: OpenCache;
  /** Which of the spec's sources it is; by default the position among those given. */
  readonly place?: number | undefined;
}

/** What `splitDataset` makes a dataset of. */
export interface SplitRequest {
  readonly registry: Registry;
  readonly sources: readonly SplitSource[];
  readonly transforms: readonly TransformUse[];
  readonly split: SplitName;
  /** Of all sources one after the other; all of them if undefined. */
  readonly indices?: Int32Array | undefined;
  readonly context: PluginContext;
  /** Without it samples pass caches as they are. */
  readonly openCache?: OpenCache | undefined;
  /** What fitted transforms have learned. */
  readonly fitted?: FittedStates | undefined;
}

/** The sources as one, restricted to the split's indices, seen through its transforms. */
export async function splitDataset(request: SplitRequest): Promise<Dataset> {
  const { registry, sources, transforms, split, indices, context, openCache, fitted = {} } = request;
  let position = transforms.length;
  let seeded = false;
  const seen: Dataset[] = [];
  for (const [at, { dataset, transforms: own, openCache: ownCache, place = at }] of sources.entries()) {
    const path = ["sources", place, "transforms"] as const;
    // Streams of their own, so that no two transforms of a spec draw the same numbers.
    const addresses = { position, address: (place + 1) * sourceAddresses };
    const passage = { registry, split, context, fitted, path, ...addresses, openCache: ownCache };
    const passed = own.length === 0 ? { dataset, seeded: false } : await pass(dataset, own, passage);
    position += own.length;
    seeded ||= passed.seeded;
    seen.push(passed.dataset);
  }
  const passage = {
    registry,
    split,
    context,
    fitted,
    path: ["transforms"],
    position: 0,
    address: 0,
    openCache,
  };
  const { dataset } = await pass(joinSources(seen), transforms, { ...passage, seeded, last: true });
  return indices === undefined ? dataset : new Subset(dataset, indices);
}

/** How many transforms a source may have before the random numbers of the next begin. */
const sourceAddresses = 2 ** 20;

/** How transforms are made, and where they stand. */
interface Passage extends Pick<SplitRequest, "registry" | "split" | "context" | "openCache"> {
  readonly fitted: FittedStates;
  readonly path: readonly (string | number)[];
  /** Of the first one, for whoever watches the samples, and for random numbers. */
  readonly position: number;
  readonly address: number;
  /** True if the samples were made with the run's seed already. */
  readonly seeded?: boolean;
  /** True if nothing follows: what is still deferred is made. */
  readonly last?: boolean;
}

async function pass(
  source: Dataset,
  transforms: readonly TransformUse[],
  { registry, split, context, fitted, path, openCache, ...from }: Passage,
): Promise<{ readonly dataset: Dataset; readonly seeded: boolean }> {
  const { seed } = context;
  let seen = source;
  let chain: ChainLink[] = [];
  let seeded = from.seeded ?? false;
  let caches = 0;
  const noteSeed = (): number => {
    seeded = true;
    return seed;
  };
  for (const [i, transform] of transforms.entries()) {
    const { use, with: options } = transform;
    const plugin = registry.get("transform", use);
    // Caches do not count, so that adding one leaves every random number as it was.
    const address = from.address + i - caches;
    if (plugin.keeps !== undefined) caches++;
    if (!isFor(transform, split)) continue;
    if (plugin.keeps !== undefined && openCache !== undefined) {
      // Whoever opened the source closes it.
      const before: Dataset = { ...transformChain(seen, chain, seed), close: undefined };
      seen = await openCache(before, i, seeded, plugin.keeps);
      chain = [];
      continue;
    }
    const state = fitted[pathText([...path, i])];
    const { facts = {}, fields = {} } = knownBehind(chain, seen);
    const given = { ...context, facts, fields, fitted: state };
    Object.defineProperty(given, "seed", { get: noteSeed, enumerable: true });
    const at = [...path, i, "with"];
    const learns = state === undefined && (await inOptionsAt(at, () => plugin.fit?.(options, given)));
    if (learns !== false && learns !== undefined) throw notFitted(use, [...path, i]);
    const forms = formsOf(await inOptionsAt(at, () => registry.create("transform", use, options, given)));
    const deferred = plugin.deferred ?? false;
    chain.push({
      name: use,
      apply: forms.apply.bind(forms),
      applyMany: forms.applyMany?.bind(forms),
      applyColumns: forms.applyColumns?.bind(forms),
      applyRagged: forms.applyRagged?.bind(forms),
      deferred,
      position: from.position + i,
      place: from.last === true ? undefined : `${pathText(path)}[${i}] ${use}`,
      address,
      fields: plugin.fields && ((types) => plugin.fields?.(types, options, state) ?? types),
      facts:
        plugin.facts &&
        ((before, types) => requireJson(plugin.facts?.(before, options, state, types) ?? before, use)),
    });
  }
  return { dataset: transformChain(seen, chain, seed, { deferred: from.last !== true }), seeded };
}

/** Facts are kept with a run. */
function requireJson(facts: DatasetFacts, use: string): DatasetFacts {
  if (isJson(facts)) return facts;
  throw new MillraceError("PLUGIN_INVALID", `the facts that ${use} adds must be plain JSON, were not`, {
    hint: "Give lists instead of typed arrays, Maps and Sets, and numbers that are finite.",
  });
}

function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (Array.isArray(value)) return value.every(isJson);
  // What is undefined is not there.
  return isPlainObject(value) && Object.values(value).every((item) => item === undefined || isJson(item));
}

/** Several sources one after the other; they agree in their facts. */
export function joinSources(datasets: readonly Dataset[]): Dataset {
  const [first, ...others] = datasets;
  if (others.length === 0) return first;
  const joined = new ConcatDataset(datasets);
  return {
    length: joined.length,
    facts: first.facts,
    fields: joined.fields,
    get: (index, context) => joined.get(index, context),
    // Only together: a part that is asked one by one would not say which of many samples was at fault.
    ...(datasets.every((each) => each.getMany !== undefined) && { getMany: joined.getMany?.bind(joined) }),
    ...(joined.getBatch && { getBatch: joined.getBatch.bind(joined) }),
    ...(joined.key && { key: joined.key.bind(joined) }),
    column: (name) => joined.column(name),
  };
}

/** The spec's collate function. */
export function openCollate(
  registry: Registry,
  collate: Use,
  dataset: Pick<Dataset, "facts">,
  context: PluginContext,
): Promise<Collate> {
  return inOptionsAt(["loader", "collate", "with"], () =>
    registry.create("collate", collate.use, collate.with, { ...context, facts: dataset.facts ?? {} }),
  );
}
