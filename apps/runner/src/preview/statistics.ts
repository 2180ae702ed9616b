/** What the numbers of a field are like: range, blanks, and how they are spread. */
import { isNdArray, type DatasetFacts, type NdArray } from "@millrace/core";
import type { Column } from "./looked.js";

export interface FieldStatistics {
  readonly name: string;
  readonly type: string;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** Values that were looked at, blanks among them. */
  readonly values: number;
  readonly blanks: number;
  readonly least?: number;
  readonly mean?: number;
  readonly greatest?: number;
  /** How many values lie in each of equal parts of the range. */
  readonly histogram?: readonly number[];
  /** Of texts: how many different ones, and the first of them. */
  readonly different?: number;
  readonly examples?: readonly string[];
}

/** Vectors of more numbers are told of as a whole. */
const mostElements = 40;
const bars = 12;

/** A row for each column; for each number of a vector, where these are few or have names. */
export function statisticsOf(columns: readonly Column[], facts: DatasetFacts): FieldStatistics[] {
  return columns.flatMap((column) => {
    const { name, values } = column;
    if (!isNdArray(values)) return [ofTexts(name, values)];
    const shape = values.shape.slice(1);
    const names = elementNames(column, facts);
    if (shape.length !== 1 || names === undefined) return [ofNumbers(name, values, shape, values.data)];
    return names.map((element, at) => ofNumbers(element, values, [], everyNth(values, at)));
  });
}

/** Columns of several batches as one; those whose rows differ in length are one after the other. */
export function joinedColumns(all: readonly (readonly Column[])[]): Column[] {
  const joined = new Map<string, Column[]>();
  for (const columns of all)
    for (const column of columns) joined.set(column.name, [...(joined.get(column.name) ?? []), column]);
  return [...joined].map(([name, columns]) => ({ name, values: join(columns.map(({ values }) => values)) }));
}

function join(all: readonly Column["values"][]): Column["values"] {
  const [first, ...others] = all;
  if (others.length === 0) return first;
  if (!isNdArray(first)) return all.flatMap((values) => (isNdArray(values) ? [] : values));
  const arrays = all.filter(isNdArray);
  const rows = arrays.reduce((sum, { shape }) => sum + shape[0], 0);
  const size = arrays.reduce((sum, { data }) => sum + data.length, 0);
  const data = new (first.data.constructor as Float64ArrayConstructor)(size);
  let at = 0;
  for (const array of arrays) {
    data.set(array.data, at);
    at += array.data.length;
  }
  const same = arrays.every(({ shape }) => String(shape.slice(1)) === String(first.shape.slice(1)));
  const shape = same ? [rows, ...first.shape.slice(1)] : [size];
  return { dtype: first.dtype, shape, data };
}

function elementNames(
  { name, values }: Column,
  { features, elements }: DatasetFacts,
): readonly string[] | undefined {
  const { shape, dtype } = values as NdArray;
  const known = elements?.[name] ?? (name === "features" ? features : undefined);
  if (known?.length === shape[1]) return known;
  // Whole numbers side by side are ids, masks and the like: their places say little.
  if (shape.length !== 2 || shape[1] > mostElements || !dtype.startsWith("float")) return undefined;
  return Array.from({ length: shape[1] }, (_, at) => `${name}[${at}]`);
}

function everyNth({ data, shape }: NdArray, at: number): Float64Array {
  return Float64Array.from({ length: shape[0] }, (_, row) => data[row * shape[1] + at]);
}

function ofNumbers(
  name: string,
  { dtype }: NdArray,
  shape: readonly number[],
  values: ArrayLike<number>,
): FieldStatistics {
  let blanks = 0;
  let least = Infinity;
  let greatest = -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) blanks++;
    else {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
      sum += value;
    }
  }
  const about = { name, type: dtype, shape, values: values.length, blanks };
  if (blanks === values.length) return about;
  const mean = sum / (values.length - blanks);
  return { ...about, least, mean, greatest, histogram: histogramOf(values, least, greatest) };
}

function histogramOf(values: ArrayLike<number>, least: number, greatest: number): number[] {
  const counts = new Array<number>(bars).fill(0);
  const scale = greatest > least ? bars / (greatest - least) : 0;
  if (!Number.isFinite(scale)) return counts;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) counts[Math.min(bars - 1, Math.floor((values[i] - least) * scale))]++;
  }
  return counts;
}

function ofTexts(name: string, values: readonly unknown[]): FieldStatistics {
  const texts = values.filter((value) => value !== null && value !== undefined).map(String);
  const different = [...new Set(texts)];
  const blanks = values.length - texts.length;
  const type = values.every((value) => typeof value === "string" || value === null) ? "text" : "list";
  return {
    name,
    type,
    shape: [],
    values: values.length,
    blanks,
    different: different.length,
    examples: different.slice(0, 3),
  };
}
