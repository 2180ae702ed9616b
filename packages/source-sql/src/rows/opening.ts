/** What one opening learns of the database: the keys, the columns, the classes. The main thread opens, workers take it. */
import { labelUnknown, sortLabels } from "@millrace/core";
import type { Asked, Dialect, Driver, Relation, SqlValue } from "../driver.js";
import type { KeyData } from "./key-store.js";
import type { KeyColumn } from "./keys.js";
import { chooseFeatures, chooseKey, type LayoutOptions, readClass, type SampleLayout } from "./layout.js";
import { readKeys } from "./read-keys.js";
import { className } from "./sample.js";
import { readTypes, type SampleTypes } from "./types.js";

/** Plain data, its arrays in shared memory. */
export interface Opening {
  readonly relation: Relation;
  readonly key: readonly KeyColumn[];
  readonly keys: readonly KeyData[];
  readonly layout: SampleLayout;
  readonly types: SampleTypes;
}

/** Reads all of it from one state of the database; `known` are the class names to be followed. */
export async function readOpening(
  driver: Driver,
  asked: Asked,
  options: LayoutOptions,
  known: readonly string[] | undefined,
): Promise<Opening> {
  const snapshot = await driver.snapshot();
  try {
    const relation = await driver.describe(asked);
    const key = chooseKey(relation, driver.dialect, options.key, driver.name);
    const features = chooseFeatures(relation, key, options, driver.name);
    const label = await readLabel(driver, relation, options, known);
    const layout = { features, label, columns: options.columns };
    const types = await readTypes(driver, relation, layout);
    const keys = await readKeys(driver, relation, key);
    return { relation, key, keys, layout, types };
  } finally {
    await snapshot.end();
  }
}

async function readLabel(
  driver: Driver,
  relation: Relation,
  { label, labelType }: LayoutOptions,
  known: readonly string[] | undefined,
): Promise<SampleLayout["label"]> {
  if (label === undefined) return undefined;
  if (labelType === "number") return { column: label };
  const { dialect } = driver;
  const column = readClass(relation, dialect, label);
  const rows = await driver.rows(`SELECT DISTINCT ${column} FROM ${relation.from}`, relation.values, {
    exact: true,
  });
  const names = namesOf(
    rows.map((row) => row[0]),
    dialect,
  );
  if (known === undefined) return { column: label, classes: sortLabels(names) };
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw labelUnknown(unknown, known, `column "${label}" of ${relation.name}`);
  return { column: label, classes: known };
}

function namesOf(values: readonly SqlValue[], dialect: Dialect): string[] {
  return values.flatMap((value) => className(value, dialect) ?? []);
}
