/** The samples that a transform learns from: the training split, as the transforms before it leave it. */
import type { Dataset } from "../../contracts/dataset.js";
import type { SplitName } from "../../contracts/split.js";
import { MillraceError } from "../../errors.js";
import type { PluginContext } from "../../plugin/contexts.js";
import { pathText } from "../../spec/parse.js";
import type { Spec } from "../../spec/schema.js";
import type { TransformUse } from "../../spec/use.js";
import type { Content, SourceCaches } from "../caches.js";
import { splitDataset, type SplitSource } from "../dataset.js";
import type { LineOptions } from "../line.js";
import { type LineArgs, sourceArgs } from "../recipe.js";
import type { Opened } from "../sources.js";

/** The split whose samples teach. */
const taught: SplitName = "train";

export interface FitRequest {
  readonly spec: Spec;
  /** The sources that are trained on; their `fitted` grows. */
  readonly opened: Opened;
  readonly context: PluginContext;
  readonly options: LineOptions;
}

/** The transforms of one source, or of the spec, where they stand. */
export interface Way {
  readonly transforms: readonly TransformUse[];
  /** The source that they are of. */
  readonly place?: number;
  /** Whose samples pass them; the training split's by default. */
  readonly split?: SplitName;
}

/** Where a transform of the way stands in the spec. */
export function pathAt({ place }: Way, position: number): readonly (string | number)[] {
  return place === undefined ? ["transforms", position] : ["sources", place, "transforms", position];
}

/** What is known of the samples before a position. */
export interface FitPart {
  readonly dataset: Pick<Dataset, "facts" | "fields">;
}

/** These samples in order of index. */
export interface MapPart extends FitPart {
  readonly dataset: Dataset;
  /** By which a worker makes the same. */
  readonly args: LineArgs;
}

/** @throws MillraceError SPLIT_INVALID where there are none. */
export async function partBefore(request: FitRequest, way: Way, position: number): Promise<MapPart> {
  const { spec, opened, context, options } = request;
  const { place } = way;
  const before = way.transforms.slice(0, position);
  const chosen = place === undefined ? [...opened.sources.keys()] : [place];
  const owns = chosen.map((at) => opened.sources[at].caches.of(taught));
  const common = opened.caches.of(taught);
  const transforms = place === undefined ? before : [];
  const ownOf = (at: number) => (place === undefined ? opened.sources[at].entry.transforms : before);
  const indices = indicesOf(opened, place);
  const sources = chosen.map((at, i): SplitSource => {
    const { dataset } = opened.sources[at];
    return { dataset, transforms: ownOf(at), openCache: owns[i].open, place: at };
  });
  const { fitted } = opened;
  const { registry, modules } = options;
  const parts = { transforms, split: taught, ...(indices && { indices }), fitted };
  const dataset = await splitDataset({ ...parts, registry, sources, context, openCache: common.open });
  if (dataset.length === 0) throw empty(way, position);
  const args: LineArgs = {
    ...parts,
    modules,
    baseUrl: context.baseUrl.href,
    seed: spec.seed,
    collate: spec.loader.collate,
    sources: chosen.map((at, i) => ({
      ...sourceArgs(opened.sources[at]),
      transforms: ownOf(at),
      caches: owns[i].handles,
      place: at,
    })),
    caches: common.handles,
  };
  return { dataset, args };
}

/** All that the samples before a position depend on. @throws MillraceError CACHE_KEY where the source cannot say. */
export function contentBefore(
  { opened }: FitRequest,
  { place, split = taught }: Way,
  position: number,
): Promise<Content> {
  const caches: SourceCaches = place === undefined ? opened.caches : opened.sources[place].caches;
  // What transforms before it have learned follows from the same content.
  return caches.content(position, split, { seeded: true, learned: false });
}

/** The training split's samples of one source or all, in order of index; undefined for all there are. */
export function indicesOf({ parts, sources }: Opened, place: number | undefined): Int32Array | undefined {
  const indices = parts.find(({ split }) => split === taught)?.indices;
  if (indices === undefined) return undefined;
  const lengths = sources.map(({ dataset }) => dataset.length);
  const from = lengths.slice(0, place ?? 0).reduce((sum, length) => sum + length, 0);
  const length = place === undefined ? lengths.reduce((sum, each) => sum + each, 0) : lengths[place];
  // Sorted by marks: each index is there once, and sorting a million takes a second.
  const marks = new Uint8Array(length);
  let count = 0;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] - from;
    if (index < 0 || index >= length) continue;
    marks[index] = 1;
    count++;
  }
  const sorted = new Int32Array(new SharedArrayBuffer(4 * count));
  for (let index = 0, i = 0; index < length; index++) if (marks[index] === 1) sorted[i++] = index;
  return sorted;
}

function empty(way: Way, position: number): MillraceError {
  const { use } = way.transforms[position];
  return new MillraceError(
    "SPLIT_INVALID",
    `${use} at ${pathText(pathAt(way, position))} must be fitted on training samples, but its source has none in the training split`,
    {
      hint: "Give the training split a share of this source, or leave the transform out.",
      path: pathAt(way, position),
    },
  );
}
