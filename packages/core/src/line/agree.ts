/** Several sources opened so that they agree: one order of classes, the same features. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";
import { sortLabels } from "../kit/labels.js";

/** A dataset, and the facts that its opening followed. */
export interface Followed {
  readonly dataset: Dataset;
  readonly facts: DatasetFacts | undefined;
}

/**
 * Opens `count` sources with `open`. Their classes are those of `given`, or of all sources together: in order as each
 * sorts its own, or, where one states an order of its own, the first's and then what others add. A source that has not all
 * of them is opened once more, to follow. Whoever called closes them.
 *
 * @throws MillraceError SOURCES_DISAGREE; `pathOf` says where a source stands in the spec.
 */
export async function openAgreeing(
  count: number,
  given: DatasetFacts | undefined,
  open: (place: number, facts?: DatasetFacts) => Promise<Dataset>,
  pathOf: (place: number) => readonly (string | number)[],
): Promise<Followed[]> {
  const opened: Followed[] = [];
  try {
    for (let place = 0; place < count; place++)
      opened.push({ dataset: await open(place, given), facts: given });
    const labels = given?.labels ?? allLabels(opened.map(({ dataset }) => dataset.facts?.labels));
    for (const [place, { dataset }] of opened.entries()) {
      if (labels === undefined || same(dataset.facts?.labels, labels)) continue;
      if (dataset.facts?.labels === undefined) continue;
      const facts = { ...given, labels };
      const following = await open(place, facts);
      opened[place] = { dataset: following, facts };
      try {
        await requireSameClasses(dataset, following, () => disagree(pathOf(place), place, labels, dataset));
      } finally {
        await dataset.close?.();
      }
    }
    requireAgreement(opened, labels, pathOf);
  } catch (error) {
    for (const { dataset } of opened) await dataset.close?.();
    throw error;
  }
  return opened;
}

function allLabels(each: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const known = each.filter((labels) => labels !== undefined);
  if (known.length === 0) return undefined;
  const all = [...new Set(known.flat())];
  return known.every((labels) => same(labels, sortLabels(labels))) ? sortLabels(all) : all;
}

/** A source whose labels are indices takes any names for its own: then a sample would change its class. */
async function requireSameClasses(
  before: Dataset,
  after: Dataset,
  fault: () => MillraceError,
): Promise<void> {
  const own = await before.column?.("label");
  const now = await after.column?.("label");
  if (own === undefined || now === undefined) return;
  const nameIn = ({ facts }: Dataset, label: number | string): unknown => facts?.labels?.[Number(label)];
  for (let i = 0; i < own.length; i++) {
    if (nameIn(before, own[i]) !== nameIn(after, now[i])) throw fault();
  }
}

function disagree(
  path: readonly (string | number)[],
  place: number,
  labels: readonly string[],
  { facts }: Dataset,
): MillraceError {
  return new MillraceError(
    "SOURCES_DISAGREE",
    `source ${place} must number its classes as the others do (${shown(labels)}), but has ${shown(facts?.labels)}`,
    {
      hint: "It cannot follow the classes of other sources: give all of them the same, in the same order.",
      path,
    },
  );
}

function requireAgreement(
  opened: readonly Followed[],
  labels: readonly string[] | undefined,
  pathOf: (place: number) => readonly (string | number)[],
): void {
  const differ = (place: number, message: string, hint: string): MillraceError =>
    new MillraceError("SOURCES_DISAGREE", message, { hint, path: pathOf(place) });
  const features = opened[0].dataset.facts?.features;
  for (const [place, { dataset }] of opened.entries()) {
    const own = dataset.facts ?? {};
    if ((own.labels === undefined) !== (labels === undefined)) {
      throw differ(
        place,
        `all sources must have class labels, or none of them, but source ${place} has none`,
        "Give its samples labels of the same kind.",
      );
    }
    // A source that states fewer classes may be one that cannot follow; its indices are right where the order is.
    if (labels !== undefined && !same(own.labels, labels.slice(0, own.labels?.length))) {
      throw disagree(pathOf(place), place, labels, dataset);
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
