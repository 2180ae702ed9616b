/** Sources among which are streams, opened: what cannot be had of a stream is refused, at its place in the spec. */
import type { DatasetFacts } from "../../contracts/dataset.js";
import { isStreamLike, type SourceDataset } from "../../contracts/iterable.js";
import { type SplitName, splitNames } from "../../contracts/split.js";
import type { FittedState } from "../../contracts/transform.js";
import type { QuarantineEntry } from "../../data/quarantine.js";
import type { HashPart } from "../../data/streams/hash-part.js";
import { type ErrorCode, MillraceError } from "../../errors.js";
import type { Registry } from "../../plugin/registry.js";
import type { Spec } from "../../spec/schema.js";
import type { SourceEntry } from "../../spec/sources.js";
import { isFor, type TransformUse } from "../../spec/use.js";
import type { Followed } from "../agree.js";
import { limitedLength } from "./split.js";

type Path = readonly (string | number)[];

export interface OpenedStreamSource {
  readonly entry: SourceEntry;
  readonly dataset: SourceDataset;
  readonly facts?: DatasetFacts | undefined;
  /** Where it stands in the spec. */
  readonly path: Path;
}

/** One split of a stream. */
export interface StreamPart {
  readonly split: SplitName;
  /** The whole stream without it. */
  readonly hash?: HashPart;
}

/** Sources that are read as one stream. */
export interface OpenedStream {
  readonly style: "stream";
  readonly sources: readonly OpenedStreamSource[];
  readonly parts: readonly StreamPart[];
  /** Keys of samples that are left out. */
  readonly excluded?: readonly string[];
  /** What fitted transforms have learned, by now. */
  readonly fitted: Record<string, FittedState>;
}

interface Opening extends Pick<OpenedStream, "fitted"> {
  readonly spec: Spec;
  readonly registry: Registry;
  readonly entries: readonly SourceEntry[];
  readonly pathOf: (place: number) => Path;
  /** True for the sources that are trained on. */
  readonly trained: boolean;
  readonly excluded?: readonly QuarantineEntry[] | undefined;
}

/** @throws MillraceError with the path of what a stream cannot give. */
export function openStream(followed: readonly Followed<SourceDataset>[], opening: Opening): OpenedStream {
  const { spec, entries, pathOf, trained, fitted } = opening;
  if (trained) requireOrder(spec);
  const parts = trained ? partsOf(spec) : [{ split: "validation" } as const];
  requireNoCaches(opening, new Set(parts.map(({ split }) => split)));
  const sources = followed.map(({ dataset, facts }, place): OpenedStreamSource => {
    const path = pathOf(place);
    if (dataset.length === 0)
      throw refused(
        path,
        "SPLIT_INVALID",
        `source ${entries[place].use} has no samples`,
        "Point it at data.",
      );
    return { entry: entries[place], dataset, facts, path };
  });
  const excluded = opening.excluded?.map(keyOf);
  return { style: "stream", sources, parts, fitted, ...(excluded && { excluded }) };
}

/** Numbers in a shard say nothing where there are more workers, or fewer. */
function keyOf({ key, index }: QuarantineEntry): string {
  if (key !== undefined) return key;
  throw refused(
    ["exclude"],
    "OPTION_INVALID",
    `samples are left out of a stream by their keys, but sample ${index} of the list has none`,
    "Leave them out in the source itself.",
  );
}

/** A split that is measured must end. @throws MillraceError LENGTH_UNKNOWN at the source that does not. */
export function requireEnd({ sources }: OpenedStream, what: string): void {
  for (const { entry, dataset, path } of sources) {
    if (limitedLength({ dataset, limit: entry.limit }) !== Infinity) continue;
    throw refused(
      path,
      "LENGTH_UNKNOWN",
      `${what} must come to an end, but source ${entry.use} never does`,
      "State `limit`, the most samples of an epoch.",
    );
  }
}

/** What is for streams has nothing to say of a source with samples by index. */
export function refuseForMap(
  { dataset, entry }: { readonly dataset: SourceDataset; readonly entry: SourceEntry },
  path: Path,
): void {
  if (entry.limit === undefined || isStreamLike(dataset)) return;
  throw refused(
    [...path, "limit"],
    "OPTION_INVALID",
    `limit is for streams, but source ${entry.use} has its samples by index`,
    "Leave it out: a `split` with smaller shares takes fewer of them.",
  );
}

export function refuseWindow({ loader }: Spec): void {
  if (loader.shuffleWindow === undefined) return;
  throw refused(
    ["loader", "shuffleWindow"],
    "LOADER_OPTION",
    "shuffleWindow is for streams, but the source has its samples by index",
    "Leave it out: shuffle mixes all of them.",
  );
}

function requireOrder({ loader }: Spec): void {
  const at = (name: keyof Spec["loader"], what: string, hint: string): MillraceError =>
    refused(["loader", name], "LOADER_OPTION", what, hint);
  if (loader.shuffle && loader.shuffleWindow === undefined) {
    const hint =
      "Set shuffleWindow beside it, such as 1000: so many samples are held, and mixed among each other.";
    throw at("shuffle", "a stream cannot be shuffled by index, since nobody knows what comes", hint);
  }
  for (const name of ["sampler", "batchSampler"] as const) {
    if (loader[name] === undefined) continue;
    const hint = "Leave it out: shuffle with shuffleWindow mixes a stream, weights of `sources` mix several.";
    throw at(name, `a stream has an order of its own, and takes no ${name}`, hint);
  }
}

function partsOf({ split }: Spec): StreamPart[] {
  if (split === undefined) return [{ split: "train" }];
  const { by, column, salt = "", stratifyBy } = split;
  const hint =
    'Set by: "hash", which divides by the key of each sample, or by a `column`: samples of one value stay together.';
  if (stratifyBy !== undefined) {
    throw refused(
      ["split", "stratifyBy"],
      "SPLIT_INVALID",
      "a stream cannot be stratified before it has been read",
      hint,
    );
  }
  if (by !== "hash") {
    const how = by === undefined ? "at random" : "by group";
    const path = by === undefined ? ["split"] : ["split", "by"];
    throw refused(
      path,
      "SPLIT_INVALID",
      `a stream cannot be split ${how}, since nobody knows what comes`,
      hint,
    );
  }
  const names = splitNames.filter((name) => (split[name] ?? 0) > 0);
  const fractions = names.map((name) => split[name] ?? 0);
  return names.map((name, part) => ({ split: name, hash: { fractions, part, salt, column } }));
}

function requireNoCaches({ spec, registry, entries, pathOf }: Opening, splits: ReadonlySet<SplitName>): void {
  const refuse = (transforms: readonly TransformUse[], path: Path): void => {
    const at = transforms.findIndex(
      (transform) =>
        registry.get("transform", transform.use).keeps !== undefined &&
        [...splits].some((split) => isFor(transform, split)),
    );
    if (at < 0) return;
    throw refused(
      [...path, at],
      "OPTION_INVALID",
      `${transforms[at].use} keeps samples by their index, which those of a stream do not have`,
      "Leave it out.",
    );
  };
  for (const [place, { transforms }] of entries.entries())
    refuse(transforms, [...pathOf(place), "transforms"]);
  refuse(spec.transforms, ["transforms"]);
}

function refused(path: Path, code: ErrorCode, message: string, hint: string): MillraceError {
  return new MillraceError(code, message, { path, hint });
}
