/** Which element type each field of the samples has in every batch: by declaration, and by the range that there is. */
import { columnTypes, type FieldTypes } from "@millrace/core";
import type { ColumnType, Dialect, Driver, Relation, SqlValue } from "../driver.js";
import { columnOf, type SampleLayout, typeOf } from "./layout.js";

/** As `Dataset.fields` has them. Plain data. */
export type SampleTypes = FieldTypes;

interface SampleType {
  readonly type: "int32" | "float32" | "float64" | "text" | "bytes";
  readonly shape?: readonly (number | null)[];
  readonly nullable?: boolean;
}

/** From here on, rounding to float32 gives infinity. */
const float32Limit = 2 ** 128 - 2 ** 103;

/** One scan where numbers pass through or are the label, for their ranges; undeclared columns are left to the loader. */
export async function readTypes(
  driver: Driver,
  relation: Relation,
  { features, label, columns: all, fields }: SampleLayout,
): Promise<SampleTypes> {
  const columns = fields === undefined ? all : [];
  const types: Record<string, SampleType> = {};
  if (features.length > 0) types.features = { type: "float32", shape: [features.length] };
  if (label?.classes !== undefined) types.label = { type: "int32" };
  const numbers: { readonly field: string; readonly name: string; readonly type: ColumnType }[] = [];
  const isLabel = label !== undefined && label.classes === undefined;
  for (const [field, name] of [
    ...(isLabel ? [["label", label.column]] : []),
    ...columns.map((c) => [c, c]),
  ]) {
    const type = relation.columns.find((column) => column.name === name)?.type ?? "unknown";
    if (type === "text" || type === "bytes") types[field] = { type };
    else if (type === "vector") types[field] = { type: "float32", shape: [null] };
    else if (type === "time" && driver.dialect.strict) types[field] = { type: "float64" };
    else if (type === "unknown" && driver.dialect.strict) types[field] = { type: "text" };
    else if (type !== "unknown" && type !== "time") numbers.push({ field, name, type });
  }
  const ranges = await readRanges(
    driver,
    relation,
    numbers.map(({ name }) => name),
  );
  for (const [i, { field, type }] of numbers.entries())
    types[field] = { type: elementType(type, ranges[i], field) };
  const mayBeNull = relation.columns.filter(({ name, nullable }) => nullable && columns.includes(name));
  for (const { name } of mayBeNull) if (name in types) types[name] = { ...types[name], nullable: true };
  return fields === undefined ? types : { ...types, ...columnTypes(fields) };
}

/** The least and the greatest number, and whether there are rows without one. */
type Range = readonly [low: number, high: number, gaps: boolean];

async function readRanges(
  driver: Driver,
  relation: Relation,
  names: readonly string[],
): Promise<readonly Range[]> {
  if (names.length === 0) return [];
  const { dialect } = driver;
  const ends = names
    .map((name) => [columnOf(relation, dialect, name), typeOf(relation, name)] as const)
    .flatMap(([column, type]) => [
      ...["min", "max"].map((end) => endOf(dialect, end, column, type)),
      `count(*) - count(${column})`,
    ]);
  const [row] = await driver.rows(`SELECT ${ends.join(", ")} FROM ${relation.from}`, relation.values, {
    exact: true,
  });
  return names.map((_, i) => [asNumber(row[3 * i]), asNumber(row[3 * i + 1]), asNumber(row[3 * i + 2]) > 0]);
}

/** Not every type that can be made a number has a least value of its own. */
function endOf(dialect: Dialect, end: string, column: string, type: ColumnType): string {
  return dialect.strict
    ? `${end}(${dialect.number(column, type)})`
    : dialect.number(`${end}(${column})`, type);
}

/** Whole numbers of which some are missing are floats, as a missing one is NaN in a batch. */
function elementType(type: ColumnType, [low, high, gaps]: Range, field: string): SampleType["type"] {
  const size = Math.max(-low, high);
  // A label is never missing.
  if (gaps && field !== "label" && type === "bool") return "float32";
  if (gaps && field !== "label" && type === "int") return "float64";
  if (type === "int" || type === "bool") return low >= -(2 ** 31) && high < 2 ** 31 ? "int32" : "float64";
  if (type === "decimal") return size <= 2 ** 24 ? "float32" : "float64";
  return size < float32Limit ? "float32" : "float64";
}

/** What is no number has its own error, when its row is read. */
function asNumber(value: SqlValue): number {
  return typeof value === "bigint" || typeof value === "number" ? Number(value) : 0;
}
