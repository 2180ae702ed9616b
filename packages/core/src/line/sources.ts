/** The sources of a spec, opened: their samples as one dataset, cut into splits, and the caches among their transforms. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import { isStreamLike } from "../contracts/iterable.js";
import type { FittedState } from "../contracts/transform.js";
import { keptIndices } from "../data/datasets/excluding.js";
import { Subset } from "../data/datasets/subset.js";
import { type QuarantineEntry, readQuarantine } from "../data/quarantine.js";
import { MillraceError } from "../errors.js";
import type { PluginContext } from "../plugin/contexts.js";
import type { Spec } from "../spec/schema.js";
import { type SourceEntry, sourcesOf } from "../spec/sources.js";
import { namesOf, openAgreeing } from "./agree.js";
import { SourceCaches } from "./caches.js";
import { joinSources, openSource } from "./dataset.js";
import { statesOf } from "./fit/fitted.js";
import type { LineOptions } from "./line.js";
import { inOptionsAt, otherwiseAt } from "./placed.js";
import { type Part, partsOf } from "./split.js";

/** One source, what its opening followed, and the caches among its own transforms. */
export interface OpenedSource {
  readonly entry: SourceEntry;
  readonly dataset: Dataset;
  readonly facts?: DatasetFacts | undefined;
  readonly caches: SourceCaches;
}

/** Sources that are read as one, and which of their samples belong to which split; undefined indices mean all of them. */
export interface Opened {
  readonly sources: readonly OpenedSource[];
  /** Their samples one after the other, before any transform. */
  readonly dataset: Dataset;
  /** The caches among the spec's transforms. */
  readonly caches: SourceCaches;
  readonly parts: readonly Part[];
  /** What fitted transforms have learned, by now. */
  readonly fitted: Record<string, FittedState>;
}

type Path = readonly (string | number)[];

/** Opens a spec's sources, and the validation source; `closers` is told what to close. */
export async function openSources(
  spec: Spec,
  options: LineOptions,
  context: PluginContext,
  closers: (() => void | Promise<void>)[],
): Promise<Opened[]> {
  const fitted = statesOf(spec, options.fitted ?? []);
  const open = async (
    entries: readonly SourceEntry[],
    pathOf: (place: number) => Path,
    facts?: DatasetFacts,
  ) => openOnes(spec, options, context, closers, { entries, pathOf, facts, fitted });
  const pathOf = (place: number) => (spec.sources === undefined ? ["source"] : ["sources", place]);
  const first = await open(sourcesOf(spec), pathOf, options.facts);
  const excluded = await excludedOf(spec, context);
  const kept = keptOf(
    first.dataset,
    excluded,
    ({ split }) => !spec.validationSource || split !== "validation",
  );
  const parts = await otherwiseAt(["split"], () => partsOf(spec, first.dataset, kept));
  const opened: Opened[] = [{ ...first, parts }];
  if (spec.validationSource !== undefined) {
    const entries = [{ ...spec.validationSource, transforms: [] }];
    const validation = await open(entries, () => ["validationSource"], first.dataset.facts);
    const indices = keptOf(
      validation.dataset,
      excluded,
      ({ split = "validation" }) => split === "validation",
    );
    opened.push({ ...validation, parts: [{ split: "validation", ...(indices && { indices }) }] });
  }
  return opened;
}

/** What the spec leaves out. */
async function excludedOf(
  { exclude }: Spec,
  { baseUrl }: PluginContext,
): Promise<readonly QuarantineEntry[] | undefined> {
  if (exclude === undefined) return undefined;
  return otherwiseAt(["exclude"], () => readQuarantine(resolve(fileURLToPath(baseUrl), exclude)));
}

/** The samples that are left of a source; undefined where those are all. */
function keptOf(
  dataset: Dataset,
  excluded: readonly QuarantineEntry[] | undefined,
  isOf: (entry: QuarantineEntry) => boolean,
): Int32Array | undefined {
  if (excluded === undefined) return undefined;
  if (!isStreamLike(dataset)) return keptIndices(dataset, excluded.filter(isOf));
  throw new MillraceError(
    "OPTION_INVALID",
    "exclude leaves samples out by key or index, but the samples of a stream have no index",
    { hint: "Leave them out in the source itself.", path: ["exclude"] },
  );
}

/** The samples of all sources at these indices. */
export function samplesOf({ dataset }: Opened, indices: Int32Array | undefined): Dataset {
  return indices === undefined ? dataset : new Subset(dataset, indices);
}

/** Which source each sample of a split is from. */
export function sourceOf({ sources }: Opened, indices: Int32Array | undefined): Uint16Array {
  const ends: number[] = [];
  let length = 0;
  for (const { dataset } of sources) ends.push((length += dataset.length));
  const all = new Uint16Array(length);
  ends.forEach((end, place) => all.fill(place, place === 0 ? 0 : ends[place - 1], end));
  return indices === undefined ? all : Uint16Array.from(indices, (index) => all[index]);
}

async function openOnes(
  spec: Spec,
  { registry, modules, logger }: LineOptions,
  context: PluginContext,
  closers: (() => void | Promise<void>)[],
  {
    entries,
    pathOf,
    facts,
    fitted,
  }: Pick<Opened, "fitted"> & {
    entries: readonly SourceEntry[];
    pathOf: (place: number) => Path;
    facts?: DatasetFacts | undefined;
  },
): Promise<Omit<Opened, "parts">> {
  const { baseUrl, seed } = context;
  const common = { seed, registry, modules, baseUrl, logger, fitted };
  const open = (place: number, facts?: DatasetFacts): Promise<Dataset> =>
    inOptionsAt([...pathOf(place), "with"], () =>
      openSource(registry, entries[place], { ...context, ...(facts && { facts }) }),
    );
  const followed = await openAgreeing(entries.length, facts, open, pathOf);
  for (const { dataset } of followed) closers.push(() => dataset.close?.());
  for (const [place, { dataset }] of followed.entries()) {
    const known = namesOf(facts);
    for (const [field, labels] of namesOf(dataset.facts))
      requireFollowed(entries[place].use, labels, known.get(field));
  }
  const sources = followed.map(({ dataset, facts }, place): OpenedSource => {
    const entry = entries[place];
    if (dataset.length === 0) {
      throw new MillraceError("SPLIT_INVALID", `source ${entry.use} has no samples`, {
        hint: "Point it at data.",
        path: pathOf(place),
      });
    }
    const alone = { use: entry, dataset, transforms: [] };
    const path = [...pathOf(place), "transforms"];
    const caches = new SourceCaches({ ...common, transforms: entry.transforms, path, sources: [alone] });
    closers.push(() => caches.close());
    return { entry, dataset, facts, caches };
  });
  const kept = sources.map(({ entry, dataset }) => ({ use: entry, dataset, transforms: entry.transforms }));
  const path = ["transforms"];
  const caches = new SourceCaches({ ...common, transforms: spec.transforms, path, sources: kept });
  closers.push(() => caches.close());
  return { sources, dataset: joinSources(followed.map(({ dataset }) => dataset)), caches, fitted };
}

/** Label indices would mean other classes, silently. */
function requireFollowed(
  source: string,
  labels: readonly string[],
  known: readonly string[] | undefined,
): void {
  if (known === undefined || labels.join("\n") === known.join("\n")) return;
  throw new MillraceError(
    "LABEL_UNKNOWN",
    `source ${source} must give the labels that are known, ${known.join(", ")}, but gives ${labels.join(", ")}`,
    { hint: "A source follows `facts.labels` and `facts.categories` of its context: `classLabels` does." },
  );
}
