/** What is learned to stand in for missing values, and which values were missing. */
import { isNdArray, isTypedArray, type TypedArray } from "../../contracts/ndarray.js";
import { AllValues } from "../../data/statistics/all-values.js";
import { byFrequency, NumberCounts } from "../../data/statistics/counts.js";
import { Moments } from "../../data/statistics/moments.js";
import { MillraceError } from "../../errors.js";
import type { FieldMap } from "./field-maps.js";
import { cellLearner, type Learner, nothingSeen, numberLearner } from "./learners.js";
import { isMissing } from "./numbers.js";
import { elementAt } from "./scaled.js";

/** What stands in for missing values of one field: a text, or a number for each element. */
export type Filling = {
  readonly field: string;
  /** Numbers per sample; null for a single one. */
  readonly elements: number | null;
  readonly value: string | Float64Array;
};

type AnyLearner = Learner<unknown, Filling>;

export function fillingLearner(
  transform: string,
  name: string,
  strategy: "mean" | "median" | "most-frequent",
): AnyLearner {
  const filled = (elements: number | null, value: Float64Array): Filling => {
    const empty = value.findIndex(Number.isNaN);
    if (empty >= 0) throw nothingSeen(transform, name, elementAt(elements, empty));
    return { field: name, elements, value };
  };
  const makers: Readonly<Record<typeof strategy, () => AnyLearner>> = {
    mean: () =>
      numberLearner(
        transform,
        name,
        (width) => new Moments(width),
        ({ means, counts }, elements) =>
          filled(
            elements,
            means.map((mean, j) => (counts[j] === 0 ? Number.NaN : mean)),
          ),
      ),
    median: () =>
      numberLearner(
        transform,
        name,
        (width) => new AllValues(width),
        (values, elements) => filled(elements, values.medians()),
      ),
    "most-frequent": () =>
      eitherLearner(transform, name, {
        text: () =>
          cellLearner(transform, name, ([counts], elements): Filling => {
            return { field: name, elements, value: byFrequency(counts)[0] };
          }),
        number: () =>
          numberLearner(
            transform,
            name,
            (width) => new NumberCounts(width),
            (counts, elements) => filled(elements, counts.modes()),
          ),
      }),
  };
  return makers[strategy]();
}

type Kind = "text" | "number";

/** Learns texts or numbers, whichever the field turns out to hold. */
function eitherLearner(
  transform: string,
  name: string,
  makers: Readonly<Record<Kind, () => AnyLearner>>,
): AnyLearner {
  let kind: Kind | undefined;
  let learner: AnyLearner | undefined;
  const of = (found: Kind): AnyLearner => {
    if (kind !== undefined && kind !== found) {
      throw new MillraceError(
        "TRANSFORM_INPUT",
        `${transform} needs texts alone or numbers alone, but "${name}" has both`,
      );
    }
    kind = found;
    learner ??= makers[found]();
    return learner;
  };
  return {
    name,
    add(value) {
      if (!isMissing(value)) of(typeof value === "string" ? "text" : "number").add(value);
    },
    addColumn(column) {
      if (isNdArray(column)) of("number").addColumn(column);
      else if (column.some((value) => value !== null)) of("text").addColumn(column);
    },
    partial: () => kind && { kind, seen: learner?.partial() },
    merge(partial) {
      if (partial === undefined) return;
      const { kind: found, seen } = partial as { readonly kind: Kind; readonly seen: unknown };
      of(found).merge(seen);
    },
    state() {
      if (learner === undefined) throw nothingSeen(transform, name);
      return learner.state();
    },
  };
}

/** Flags that say where a field is missing, under `<name>_missing`. */
export function missingMap(name: string, elements: number | null | undefined): FieldMap {
  return {
    from: name,
    to: `${name}_missing`,
    one(value) {
      if (isNdArray(value)) return { dtype: "bool", shape: value.shape, data: missingIn(value.data) };
      if (isTypedArray(value)) return { dtype: "bool", shape: [value.length], data: missingIn(value) };
      const missing = isMissing(value);
      if (typeof elements !== "number" || !missing) return missing;
      return { dtype: "bool", shape: [elements], data: new Uint8Array(elements).fill(1) };
    },
    column(column, count, allocator) {
      const made = allocator.allocate("bool", isNdArray(column) ? column.shape : [count]);
      if (isNdArray(column)) made.data.set(missingIn(column.data));
      else for (let i = 0; i < count; i++) made.data[i] = column[i] === null ? 1 : 0;
      return made;
    },
  };
}

function missingIn(values: TypedArray): Uint8Array {
  return Uint8Array.from(values, (value) => (Number.isNaN(value) ? 1 : 0));
}
