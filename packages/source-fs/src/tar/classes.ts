/** Fields of classes: their names, collected while shards are read, and the index of each. */
import { type ClassLabels, classLabels, MillraceError, sortLabels } from "@millrace/core";
import { holdsIndices, type Plan, type TarField } from "./columns.js";

/** More than this are no classes: numbers, identifiers. */
const mostClasses = 2 ** 20;

/**
 * The name of a class as a file states it: where files hold indices, as those named .cls do, the name of the class with
 * this index, which is the number itself where no names are stated.
 */
function nameReader(plan: Plan, field: TarField): (text: string) => string {
  if (!holdsIndices(plan, field)) return (text) => text;
  const { labels } = field.column;
  const stated = new Set(labels);
  return (text) => {
    if (stated.has(text) || !/^\d+$/.test(text)) return text;
    return labels === undefined ? String(Number(text)) : (labels[Number(text)] ?? text);
  };
}

/** The classes of a field whose names are known. */
export function knownClasses(plan: Plan, field: TarField, labels: readonly string[]): ClassLabels {
  const nameOf = nameReader(plan, field);
  const { indexOf } = classLabels([], labels);
  return { labels, indexOf: (name, place) => indexOf(nameOf(name), place) };
}

/** Classes as they come: `indexOf` gives a code, which `finish` makes an index. */
export class ClassCollector implements ClassLabels {
  readonly labels = [];
  readonly #nameOf: (text: string) => string;
  readonly #codes = new Map<string, number>();
  /** Where each first stands. */
  readonly #places: string[] = [];
  readonly #stated: readonly string[] | undefined;
  readonly #areIndices: boolean;

  constructor(plan: Plan, field: TarField) {
    this.#nameOf = nameReader(plan, field);
    this.#stated = field.column.labels;
    this.#areIndices = holdsIndices(plan, field) && this.#stated === undefined;
    this.indexOf = this.indexOf.bind(this);
  }

  indexOf(text: string, place?: () => string): number {
    const name = this.#nameOf(text);
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    if (this.#codes.size === mostClasses) throw tooMany(place?.());
    this.#codes.set(name, this.#codes.size);
    this.#places.push(place?.() ?? "");
    return this.#codes.size - 1;
  }

  /** Names by index, and the index of each code. `known` are to be followed. Errors: LABEL_UNKNOWN. */
  finish(known: readonly string[] | undefined): { labels: readonly string[]; indices: Int32Array } {
    const names = [...this.#codes.keys()];
    const { labels, indexOf } = classLabels(names, known ?? this.#stated ?? this.#own(names));
    return {
      labels,
      indices: Int32Array.from(names, (name, code) => indexOf(name, () => this.#places[code])),
    };
  }

  /** Indices name all classes up to the largest, also those that no sample has. */
  #own(names: readonly string[]): readonly string[] {
    if (!this.#areIndices || !names.every((name) => /^\d+$/.test(name))) return sortLabels(names);
    const numbers = names.map(Number);
    const largest = numbers.reduce((a, b) => Math.max(a, b), -1);
    if (largest < mostClasses) return Array.from({ length: largest + 1 }, (_, index) => String(index));
    const at = names.findIndex((name) => Number(name) === largest);
    throw new MillraceError(
      "FILE_FORMAT",
      `the index of a class must be below ${mostClasses}, was ${largest}`,
      {
        where: [this.#places[at]],
        hint: 'Is it a number, and no class? Then state its type in `columns`, such as "int32".',
      },
    );
  }
}

function tooMany(place: string | undefined): MillraceError {
  return new MillraceError("FILE_FORMAT", `a field of classes must have at most ${mostClasses} of them`, {
    where: place === undefined ? [] : [place],
    hint: "Choose another type in `columns`, if it holds numbers or texts.",
  });
}
