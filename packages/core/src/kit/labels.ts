/** The rule for class labels that all sources share: in which order they stand, and what an unknown one says. */
import { MillraceError } from "../errors.js";
import { didYouMean } from "../suggest.js";

/** The classes of a dataset: what `facts.labels` holds, and the index of each name. */
export interface ClassLabels {
  /** Names by label index. */
  readonly labels: readonly string[];
  /**
   * The label index of `name`. `place` says where it stands (a file and line, a key), and is asked for only where it
   * has to be told.
   * @throws MillraceError LABEL_UNKNOWN for a name that is no class.
   */
  readonly indexOf: (name: string, place?: () => string) => number;
}

/**
 * The classes among `names`, each once, in the order of `sortLabels`; or `known`, what `SourceContext.facts.labels` has,
 * as it stands: then `names` are not looked at, and it is `indexOf` that refuses those that are not among them.
 */
export function classLabels(names: Iterable<string>, known?: readonly string[]): ClassLabels {
  const labels = known ?? sortLabels(names);
  const indices = new Map(labels.map((name, index) => [name, index]));
  return {
    labels,
    indexOf(name, place) {
      const index = indices.get(name);
      if (index === undefined) throw labelUnknown(name, labels, place?.());
      return index;
    },
  };
}

/** `names`, each once: in numeric order if all are decimal numbers, else in order of code units. */
export function sortLabels(names: Iterable<string>): string[] {
  const sorted = [...new Set(names)].sort();
  // Sorting is stable: two ways to write one number keep the order of their code units.
  return sorted.every(isDecimal) ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted;
}

/** The error for a class that is not among `labels`; `place` says where it stands: in words, or the path in a spec. */
export function labelUnknown(
  name: string,
  labels: readonly string[],
  place?: string | readonly (string | number)[],
): MillraceError {
  const shown = labels.slice(0, 20).map((label) => JSON.stringify(label));
  return new MillraceError(
    "LABEL_UNKNOWN",
    `a label must be one of the ${labels.length} known classes, was ${JSON.stringify(name)}${didYouMean(name, labels)}`,
    {
      ...(typeof place === "string" ? { where: [place] } : place && { path: place }),
      hint: `Correct it, or leave it out; the classes are: ${shown.join(", ")}${labels.length > 20 ? ", …" : ""}.`,
    },
  );
}

function isDecimal(name: string): boolean {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(name) && Number.isFinite(Number(name));
}
