/** What one opening learns of the database: the keys, the columns, the classes. The main thread opens, workers take it. */
import { type ColumnField, labelUnknown, sortLabels } from "@millrace/core";
import type { Asked, Dialect, Driver, Relation, SqlValue } from "../driver.js";
import type { KnownClasses } from "./facts.js";
import type { KeyData } from "./key-store.js";
import type { KeyColumn } from "./keys.js";
import {
  chooseColumns,
  chooseFeatures,
  chooseKey,
  columnOf,
  type LayoutOptions,
  readClass,
  type SampleLayout,
  type TypedField,
  typeOf,
} from "./layout.js";
import { readKeys } from "./read-keys.js";
import { readTiles, type Tiles } from "./tiles.js";
import { className } from "./sample.js";
import { readTypes, type SampleTypes } from "./types.js";

/** How rows are reached: each by its key, with its neighbours, or one after the other. */
export interface AccessOptions {
  readonly access?: "random" | "blocks" | "stream";
  /** Rows that are read together. */
  readonly blockSize?: number;
}

/** Plain data, its arrays in shared memory. */
export interface Opening {
  readonly relation: Relation;
  readonly key: readonly KeyColumn[];
  /** Of what is read by index. */
  readonly keys: readonly KeyData[];
  /** Of what is read as a stream, where something identifies its rows. */
  readonly tiles?: Tiles;
  /** Rows of a stream that nothing identifies. */
  readonly length?: number;
  /** Conditions of the rows that are read: those that lack a value may be left out. */
  readonly where: readonly string[];
  readonly layout: SampleLayout;
  readonly types: SampleTypes;
}

/** Reads all of it from one state of the database; `known` has the class names to be followed. */
export async function readOpening(
  driver: Driver,
  asked: Asked,
  options: LayoutOptions & Pick<AccessOptions, "access">,
  known?: KnownClasses,
): Promise<Opening> {
  const snapshot = await driver.snapshot();
  try {
    const relation = await driver.describe(asked);
    const isStream = options.access === "stream";
    const unkeyed = isStream && options.key === undefined && relation.identities.length === 0;
    const key =
      unkeyed && relation.primaryKey === undefined
        ? []
        : chooseKey(relation, driver.dialect, options.key, driver.name);
    const features = chooseFeatures(relation, key, options, driver.name);
    const label = await readLabel(driver, relation, options, known?.labels);
    const { columns, fields } = chooseColumns(options);
    const typed = fields && (await readClasses(driver, relation, fields, known));
    const layout = { features, label, columns, ...(typed && { fields: typed }) };
    const types = await readTypes(driver, relation, layout);
    const dropped = (fields ?? []).filter(({ missing }) => missing === "drop").flatMap(({ from }) => from);
    const where = dropped.map((name) => `${presenceOf(driver.dialect, relation, name)} IS NOT NULL`);
    const common = { relation, key, layout, types, where };
    if (!isStream) return { ...common, keys: await readKeys(driver, relation, key, where) };
    if (key.length > 0) return { ...common, keys: [], tiles: await readTiles(driver, relation, key, where) };
    const filter = where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`;
    const [[count]] = await driver.rows(`SELECT count(*) FROM ${relation.from}${filter}`, relation.values);
    return { ...common, keys: [], length: Number(count) };
  } finally {
    await snapshot.end();
  }
}

/** What is NULL where a column has no value: of MySQL's dates of zeros only their seconds are. */
function presenceOf(dialect: Dialect, relation: Relation, name: string): string {
  const column = columnOf(relation, dialect, name);
  return dialect.strict && typeOf(relation, name) === "time" ? dialect.read(column, "time") : column;
}

/** The classes that are there, for fields that do not state them. */
async function readClasses(
  driver: Driver,
  relation: Relation,
  fields: readonly ColumnField[],
  known: KnownClasses,
): Promise<TypedField[]> {
  const typed: TypedField[] = [];
  for (const field of fields) {
    if (field.kind !== "class") typed.push(field);
    else {
      const given = field.field === "label" ? known?.labels : known?.categories?.[field.field];
      const stated = given ?? field.labels;
      const classes = stated ?? sortLabels(await distinct(driver, relation, field.from[0]));
      typed.push({ ...field, classes });
    }
  }
  return typed;
}

async function distinct(driver: Driver, relation: Relation, name: string): Promise<string[]> {
  const { dialect } = driver;
  const read = readClass(relation, dialect, name);
  const column = columnOf(relation, dialect, name);
  // To its collation "a" and "A" may be the same, but they are two classes.
  const sql =
    dialect.strict && typeOf(relation, name) === "text"
      ? `SELECT min(${read}) FROM ${relation.from} GROUP BY ${dialect.order({ name, sql: column, kind: "text" })}`
      : `SELECT DISTINCT ${read} FROM ${relation.from}`;
  const rows = await driver.rows(sql, relation.values, { exact: true });
  return namesOf(
    rows.map((row) => row[0]),
    dialect,
  );
}

async function readLabel(
  driver: Driver,
  relation: Relation,
  { label, labelType }: LayoutOptions,
  known: readonly string[] | undefined,
): Promise<SampleLayout["label"]> {
  if (label === undefined) return undefined;
  if (labelType === "number") return { column: label };
  const names = await distinct(driver, relation, label);
  if (known === undefined) return { column: label, classes: sortLabels(names) };
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw labelUnknown(unknown, known, `column "${label}" of ${relation.name}`);
  return { column: label, classes: known };
}

function namesOf(values: readonly SqlValue[], dialect: Dialect): string[] {
  return values.flatMap((value) => className(value, dialect) ?? []);
}
