/** The sources of a spec, opened: their samples as one dataset, cut into splits, and the caches among their transforms. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { FittedState } from "../contracts/transform.js";
import { keptIndices } from "../data/datasets/excluding.js";
import { Subset } from "../data/datasets/subset.js";
import { type QuarantineEntry, readQuarantine } from "../data/quarantine.js";
import { isStreamLike, type SourceDataset } from "../contracts/iterable.js";
import { MillraceError } from "../errors.js";
import type { PluginContext } from "../plugin/contexts.js";
import type { Spec } from "../spec/schema.js";
import { type SourceEntry, sourcesOf } from "../spec/sources.js";
import { type Followed, namesOf, openAgreeing } from "./agree.js";
import { SourceCaches } from "./caches.js";
import { joinSources, openSource } from "./dataset.js";
import { statesOf } from "./fit/fitted.js";
import type { LineOptions } from "./line.js";
import { inOptionsAt, otherwiseAt } from "./placed.js";
import { type Part, partsOf } from "./split.js";
import {
  type OpenedStream,
  openStream,
  refuseForMap,
  refuseWindow,
  type StreamPart,
} from "./streams/open.js";

/** One source, what its opening followed, and the caches among its own transforms. */
export interface OpenedSource {
  readonly entry: SourceEntry;
  readonly dataset: Dataset;
  readonly facts?: DatasetFacts | undefined;
  readonly caches: SourceCaches;
}

/** Sources that are read as one, and which of their samples belong to which split; undefined indices mean all of them. */
export interface Opened {
  readonly style: "map";
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
): Promise<(Opened | OpenedStream)[]> {
  const fitted = statesOf(spec, options.fitted ?? []);
  const open = async (given: Omit<Ones, "fitted">) =>
    openOnes(spec, options, context, closers, { ...given, fitted });
  const pathOf = (place: number) => (spec.sources === undefined ? ["source"] : ["sources", place]);
  const excluded = await excludedOf(spec, context);
  const isOwn = ({ split }: QuarantineEntry) => !spec.validationSource || split !== "validation";
  const trained = { entries: sourcesOf(spec), pathOf, facts: options.facts, trained: true };
  const opened = [await open({ ...trained, excluded: excluded?.filter(isOwn) })];
  if (spec.validationSource !== undefined) {
    const entries = [{ ...spec.validationSource, transforms: [] }];
    const [{ dataset }] = opened[0].sources;
    const validation = { entries, pathOf: () => ["validationSource"], facts: dataset.facts, trained: false };
    const isValidation = ({ split = "validation" }: QuarantineEntry) => split === "validation";
    opened.push(await open({ ...validation, excluded: excluded?.filter(isValidation) }));
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

/** One split of sources that were opened. */
export type SplitOf =
  | { readonly source: Opened; readonly part: Part }
  | { readonly source: OpenedStream; readonly part: StreamPart };

/** All splits, in their order. */
export function splitsOf(opened: readonly (Opened | OpenedStream)[]): SplitOf[] {
  return opened.flatMap((source): SplitOf[] =>
    source.style === "map"
      ? source.parts.map((part) => ({ source, part }))
      : source.parts.map((part) => ({ source, part })),
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

/** Sources that are read as one. */
interface Ones extends Pick<Opened, "fitted"> {
  readonly entries: readonly SourceEntry[];
  readonly pathOf: (place: number) => Path;
  readonly facts?: DatasetFacts | undefined;
  /** True for those that are trained on, which are cut into splits. */
  readonly trained: boolean;
  /** Samples that are left out. */
  readonly excluded?: readonly QuarantineEntry[] | undefined;
}

async function openOnes(
  spec: Spec,
  { registry, modules, logger }: LineOptions,
  context: PluginContext,
  closers: (() => void | Promise<void>)[],
  { entries, pathOf, facts, fitted, trained, excluded }: Ones,
): Promise<Opened | OpenedStream> {
  const { baseUrl, seed } = context;
  const common = { seed, registry, modules, baseUrl, logger, fitted };
  const open = (place: number, facts?: DatasetFacts): Promise<SourceDataset> =>
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
  if (followed.some(({ dataset }) => isStreamLike(dataset))) {
    return openStream(followed, { spec, registry, entries, pathOf, trained, fitted, excluded });
  }
  if (trained) refuseWindow(spec);
  const sources = (followed as Followed[]).map(({ dataset, facts }, place): OpenedSource => {
    const entry = entries[place];
    refuseForMap({ dataset, entry }, pathOf(place));
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
  const dataset = joinSources(sources.map((source) => source.dataset));
  const left = excluded && keptIndices(dataset, excluded);
  const parts: readonly Part[] = trained
    ? await otherwiseAt(["split"], () => partsOf(spec, dataset, left))
    : [{ split: "validation", ...(left && { indices: left }) }];
  return { style: "map", sources, dataset, caches, parts, fitted };
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
