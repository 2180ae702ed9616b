/** What fitted transforms learn of single fields, put together to one fitter. */
import { isNdArray } from "../../contracts/ndarray.js";
import type { Columns, FittedState, Fitter } from "../../contracts/transform.js";
import type { Statistic } from "../../data/statistics/statistic.js";
import { MillraceError } from "../../errors.js";
import { type Cell, cellsOf, cellsOfColumn } from "./cells.js";
import type { Column, Sample } from "./field-maps.js";
import { fieldOf, valueFault } from "./fields.js";
import { numbersOf, numbersOfColumn } from "./numbers.js";

/** Learns one field. */
export interface Learner<P, S extends FittedState> {
  readonly name: string;
  add(value: unknown): void;
  addColumn(column: Column): void;
  partial(): P;
  merge(partial: P): void;
  state(): S;
}

/** A fitter of several fields: its state is a list, one entry per learner. */
export function fieldFitter<P, S extends FittedState>(
  transform: string,
  learners: readonly Learner<P, S>[],
): Fitter<Sample, readonly P[], readonly S[]> {
  return {
    add(sample) {
      for (const learner of learners) learner.add(fieldOf(sample, learner.name, transform));
    },
    addColumns(columns: Columns) {
      for (const learner of learners) learner.addColumn(fieldOf(columns, learner.name, transform) as Column);
    },
    partial: () => learners.map((learner) => learner.partial()),
    merge(partials) {
      for (const [i, learner] of learners.entries()) learner.merge(partials[i]);
    },
    state: () => learners.map((learner) => learner.state()),
  };
}

/** What a statistic saw, and of how many numbers a sample has; undefined where all values so far were missing. */
export type NumbersPartial<P> = { readonly elements: number | null; readonly seen: P } | undefined;

/** A learner of numbers. `state` is asked for once at least one value was there. */
export function numberLearner<P, T extends Statistic<P>, S extends FittedState>(
  transform: string,
  name: string,
  make: (width: number) => T,
  state: (statistic: T, elements: number | null) => S,
): Learner<NumbersPartial<P>, S> {
  let elements: number | null | undefined;
  let statistic: T | undefined;
  const statisticOf = (found: number | null): T => {
    if (elements !== undefined && elements !== found) {
      const [before, now] = [elements, found].map((count) =>
        count === null ? "one number" : `a list of ${count}`,
      );
      throw new MillraceError(
        "TRANSFORM_INPUT",
        `${transform} needs as many numbers in every sample, but "${name}" is ${now} after ${before}`,
      );
    }
    elements = found;
    statistic ??= make(found ?? 1);
    return statistic;
  };
  const add = ({ values, elements: found }: NonNullable<ReturnType<typeof numbersOf>>): void => {
    const own = statisticOf(found);
    const at = own.width === 0 ? -1 : own.add(values, values.length / own.width);
    if (at >= 0)
      throw valueFault(transform, "finite numbers", name, values[at], { entry: Math.floor(at / own.width) });
  };
  return {
    name,
    add(value) {
      const numbers = numbersOf(value, transform, name);
      if (numbers !== null) add(numbers);
    },
    addColumn(column) {
      if (!isNdArray(column) && column.every((value) => value === null)) return;
      add(numbersOfColumn(column, transform, name));
    },
    partial: () =>
      elements === undefined || statistic === undefined ? undefined : { elements, seen: statistic.partial() },
    merge(partial) {
      if (partial !== undefined) statisticOf(partial.elements).merge(partial.seen);
    },
    state() {
      if (statistic === undefined || elements === undefined) throw nothingSeen(transform, name);
      return state(statistic, elements);
    },
  };
}

/** The fault of a field, or an element of one, that is missing in all samples. */
export function nothingSeen(transform: string, name: string, element?: number): MillraceError {
  const what = element === undefined ? `"${name}"` : `element ${element} of "${name}"`;
  return new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs at least one value to learn from, but ${what} is missing in all training samples`,
    { hint: "Leave the field out, or fill it by a constant." },
  );
}

/** How often each value was there, by its text, element by element; undefined as above. */
export type CellsPartial =
  | { readonly elements: number | null; readonly seen: readonly (readonly (readonly [string, number])[])[] }
  | undefined;

/** A learner of categories: values by their text. */
export function cellLearner<S extends FittedState>(
  transform: string,
  name: string,
  state: (counts: readonly ReadonlyMap<string, number>[], elements: number | null) => S,
): Learner<CellsPartial, S> {
  let elements: number | null | undefined;
  let counts: Map<string, number>[] = [];
  const begin = (found: number | null): void => {
    elements ??= found;
    if (counts.length === 0) counts = Array.from({ length: found ?? 1 }, () => new Map<string, number>());
    if (counts.length === (found ?? 1)) return;
    throw new MillraceError(
      "TRANSFORM_INPUT",
      `${transform} needs as many values in every sample, but "${name}" is a list of ${found ?? 1} after one of ${counts.length}`,
    );
  };
  const count = (cell: Cell, element: number, more = 1): void => {
    if (cell === null) return;
    const text = String(cell);
    counts[element].set(text, (counts[element].get(text) ?? 0) + more);
  };
  const add = ({ cells, elements: found, count: rows }: ReturnType<typeof cellsOfColumn>): void => {
    begin(found);
    const width = found ?? 1;
    for (let i = 0; i < rows * width; i++) count(cells(i), i % width);
  };
  return {
    name,
    add(value) {
      const found = cellsOf(value, transform, name);
      if (found !== null) add({ ...found, count: 1 });
    },
    addColumn: (column) => add(cellsOfColumn(column, transform, name)),
    partial: () => (elements === undefined ? undefined : { elements, seen: counts.map((each) => [...each]) }),
    merge(partial) {
      if (partial === undefined) return;
      begin(partial.elements);
      for (const [element, seen] of partial.seen.entries()) {
        for (const [text, more] of seen) count(text, element, more);
      }
    },
    state() {
      if (elements === undefined) throw nothingSeen(transform, name);
      for (const [element, each] of counts.entries())
        if (each.size === 0) throw nothingSeen(transform, name, elements === null ? undefined : element);
      return state(counts, elements);
    },
  };
}
