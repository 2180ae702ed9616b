/** Several sources opened so that they agree: one order of classes, the same features. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";
import { sortLabels } from "../kit/labels.js";

/** What sources agree by: a stream has no columns. */
type Agreeing = Pick<Dataset, "close" | "column" | "facts">;

/** A dataset, and the facts that its opening followed. */
export interface Followed<D extends Agreeing = Dataset> {
  readonly dataset: D;
  readonly facts: DatasetFacts | undefined;
}

/**
 * Opens `count` sources with `open`. Their classes are those of `given`, or of all sources together: in order as each
 * sorts its own, or, where one states an order of its own, the first's and then what others add. A source that has not all
 * of them is opened once more, to follow. Whoever called closes them.
 *
 * @throws MillraceError SOURCES_DISAGREE; `pathOf` says where a source stands in the spec.
 */
export async function openAgreeing<D extends Agreeing>(
  count: number,
  given: DatasetFacts | undefined,
  open: (place: number, facts?: DatasetFacts) => Promise<D>,
  pathOf: (place: number) => readonly (string | number)[],
): Promise<Followed<D>[]> {
  const opened: Followed<D>[] = [];
  try {
    const faults: MillraceError[] = [];
    for (let place = 0; place < count; place++) {
      try {
        opened.push({ dataset: await open(place, given), facts: given });
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        faults.push(error);
      }
    }
    if (faults.length > 0) throw MillraceError.several(faults, "these sources cannot be opened:");
    const datasets = opened.map(({ dataset }) => dataset);
    const names = allNames(given, datasets);
    for (const [place, { dataset }] of opened.entries()) {
      const own = namesOf(dataset.facts);
      if ([...own].every(([field, labels]) => same(labels, names.get(field)))) continue;
      const facts = { ...given, ...factsOf(names) };
      const following = await open(place, facts);
      opened[place] = { dataset: following, facts };
      try {
        for (const [field, labels] of own) {
          const fault = () => disagree(pathOf(place), place, field, names.get(field) ?? [], labels);
          await requireSameClasses(field, dataset, following, fault);
        }
      } finally {
        await dataset.close?.();
      }
    }
    requireAgreement(opened, names, pathOf);
  } catch (error) {
    // The first fault is the one to tell.
    await Promise.allSettled(opened.map(async ({ dataset }) => dataset.close?.()));
    throw error;
  }
  return opened;
}

/** Class names by field, "label" among them. */
type Names = ReadonlyMap<string, readonly string[]>;

/** The names in the facts of a source. */
export function namesOf(facts: DatasetFacts | undefined): Names {
  const named = Object.entries(facts?.categories ?? {});
  return new Map(facts?.labels === undefined ? named : [["label", facts.labels], ...named]);
}

function factsOf(names: Names): Pick<DatasetFacts, "labels" | "categories"> {
  const { label, ...categories } = Object.fromEntries(names);
  return { ...(label && { labels: label }), ...(Object.keys(categories).length > 0 && { categories }) };
}

/** For each field the names that are given, or those of all sources together. */
function allNames(given: DatasetFacts | undefined, datasets: readonly Agreeing[]): Names {
  const each = datasets.map(({ facts }) => namesOf(facts));
  const fields = new Set(each.flatMap((names) => [...names.keys()]));
  const known = namesOf(given);
  return new Map(
    [...fields].map((field) => [
      field,
      known.get(field) ??
        allLabels(each.flatMap((names) => (names.has(field) ? [names.get(field) ?? []] : []))),
    ]),
  );
}

function allLabels(each: readonly (readonly string[])[]): readonly string[] {
  const all = [...new Set(each.flat())];
  return each.every((labels) => same(labels, sortLabels(labels))) ? sortLabels(all) : all;
}

/** A source whose labels are indices takes any names for its own: then a sample would change its class. */
async function requireSameClasses(
  field: string,
  before: Agreeing,
  after: Agreeing,
  fault: () => MillraceError,
): Promise<void> {
  const own = await before.column?.(field);
  const now = await after.column?.(field);
  if (own === undefined || now === undefined) return;
  const nameIn = ({ facts }: Agreeing, label: number | string): unknown =>
    namesOf(facts).get(field)?.[Number(label)];
  for (let i = 0; i < own.length; i++) {
    if (nameIn(before, own[i]) !== nameIn(after, now[i])) throw fault();
  }
}

function disagree(
  path: readonly (string | number)[],
  place: number,
  field: string,
  labels: readonly string[],
  own: readonly string[] | undefined,
): MillraceError {
  const what = field === "label" ? "its classes" : `the classes of "${field}"`;
  return new MillraceError(
    "SOURCES_DISAGREE",
    `source ${place} must number ${what} as the others do (${shown(labels)}), but has ${shown(own)}`,
    {
      hint: "It cannot follow the classes of other sources: give all of them the same, in the same order.",
      path,
    },
  );
}

function requireAgreement(
  opened: readonly Followed<Agreeing>[],
  names: Names,
  pathOf: (place: number) => readonly (string | number)[],
): void {
  const differ = (place: number, message: string, hint: string): MillraceError =>
    new MillraceError("SOURCES_DISAGREE", message, { hint, path: pathOf(place) });
  const features = opened[0].dataset.facts?.features;
  for (const [place, { dataset }] of opened.entries()) {
    const own = dataset.facts ?? {};
    if ((own.labels === undefined) !== !names.has("label")) {
      throw differ(
        place,
        `all sources must have class labels, or none of them, but source ${place} has none`,
        "Give its samples labels of the same kind.",
      );
    }
    // A source that states fewer classes may be one that cannot follow; its indices are right where the order is.
    for (const [field, labels] of namesOf(own)) {
      if (!same(labels, names.get(field)?.slice(0, labels.length)))
        throw disagree(pathOf(place), place, field, names.get(field) ?? [], labels);
    }
    if (!same(own.features, features)) {
      throw differ(
        place,
        `all sources must have the same features in the same order (${shown(features)}), but source ${place} has ${shown(own.features)}`,
        "Name the same columns in every source.",
      );
    }
  }
}

function same(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || (a?.length === b?.length && a !== undefined && a.every((name, i) => name === b?.[i]));
}

function shown(names: readonly string[] | undefined): string {
  if (names === undefined) return "none";
  return names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
}
