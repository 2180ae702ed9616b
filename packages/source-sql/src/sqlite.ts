/** Random access over one table or view of a SQLite file: the keys are read once, then each batch is one query. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineSource, fingerprintFiles, MillraceError } from "@millrace/core";
import { z } from "zod";
import { classNames, requireKnownClasses } from "./labels.js";
import type { SampleLayout } from "./sample.js";
import { type Connection, openReadOnly, quote } from "./sqlite/connection.js";
import { keyedRows } from "./sqlite/dataset.js";
import { readKeys } from "./sqlite/keys.js";
import {
  chooseKey,
  columnOf,
  isNumericType,
  type KeyColumn,
  readTable,
  requireColumn,
  type Table,
} from "./sqlite/schema.js";

const column = z.string().min(1);

const options = z.strictObject({
  path: z.string().min(1).describe("the SQLite file, relative to the spec; opened for reading only"),
  table: z.string().min(1).describe("the table or view to read: one row is one sample"),
  key: column
    .optional()
    .describe(
      "a column of unique integers or texts that identifies a row, indexed if reading is to be fast (each batch scans the table otherwise); default: the primary key, else the row id; costs 4 to 8 bytes of memory per row and thread, or the text itself",
    ),
  features: z
    .array(column)
    .optional()
    .describe(
      "numeric columns that make up `features`, in this order; default: every column of numeric type but key, label and `columns`; [] for none",
    ),
  label: column.optional().describe("the column to be predicted, as `label`; default: samples have no label"),
  labelType: z
    .enum(["class", "number"])
    .default("class")
    .describe(
      "class: each distinct value is a class, and `label` its index in sorted order, found by one scan at opening; number: `label` is the value itself; default class",
    ),
  columns: z
    .array(column)
    .default([])
    .describe(
      "columns that pass through under their own names: numbers, texts, bytes, NULL as null; default none",
    ),
  immutable: z
    .boolean()
    .default(false)
    .describe(
      "take no locks, which opens a WAL database on a read-only disk; only for a file that nobody writes; default false",
    ),
});

type Options = z.output<typeof options>;

export default defineSource({
  name: "sqlite",
  summary: "one table or view of a SQLite file, by random access",
  options,
  async create(options, { baseUrl, facts }) {
    const path = resolve(fileURLToPath(baseUrl), options.path);
    const connection = await openReadOnly(path, { name: options.path, immutable: options.immutable });
    try {
      const dataset = connection.snapshot(() => open(connection, options, facts?.labels));
      return { ...dataset, fingerprint: () => fingerprintFiles(filesOf(path)) };
    } catch (error) {
      connection.close();
      throw error;
    }
  },
});

/** The file, and the log of changes that are not in it yet; an empty log comes and goes with those who read. */
function filesOf(path: string): string[] {
  const log = `${path}-wal`;
  return (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0 ? [path, log] : [path];
}

function open(connection: Connection, options: Options, known: readonly string[] | undefined) {
  const table = readTable(connection, options.table);
  const key = chooseKey(connection, table, options.key);
  const features = chooseFeatures(connection, table, key, options);
  const labels = readClasses(connection, table, options, known);
  const indices = labels && new Map(labels.map((name, index) => [name, index]));
  const label = options.label === undefined ? undefined : { column: options.label, indices };
  const layout: SampleLayout = { table: table.name, features, label, columns: options.columns };
  return keyedRows({ connection, table, key, layout, labels, keys: readKeys(connection, table, key) });
}

function chooseFeatures(connection: Connection, table: Table, key: KeyColumn, options: Options): string[] {
  const named = { label: options.label === undefined ? [] : [options.label], columns: options.columns };
  for (const [option, names] of Object.entries({ ...named, features: options.features ?? [] })) {
    for (const name of names) requireColumn(connection, table, name, option);
  }
  const taken = options.columns.find((name) => name === "features" || name === "label");
  if (taken !== undefined) {
    throw new MillraceError("OPTION_INVALID", `\`columns\` must leave the field "${taken}" to the source`, {
      hint: "Rename the column with a view.",
      where: [connection.name],
    });
  }
  const others = new Set([key.name, options.label, ...options.columns]);
  const features =
    options.features ??
    table.columns
      .filter(({ name, type }) => isNumericType(type) && !others.has(name))
      .map(({ name }) => name);
  if (features.length > 0 || options.columns.length > 0) return features;
  throw new MillraceError(
    "OPTION_INVALID",
    `a sample must have features or columns, but no other column of table "${table.name}" is declared as a number`,
    {
      hint: `Name columns in \`features\` or \`columns\`; there are: ${table.columns.map(({ name }) => name).join(", ")}.`,
      where: [connection.name],
    },
  );
}

function readClasses(
  connection: Connection,
  table: Table,
  { label, labelType }: Options,
  known: readonly string[] | undefined,
): readonly string[] | undefined {
  if (label === undefined || labelType === "number") return undefined;
  const rows = connection
    .query(`SELECT DISTINCT ${columnOf(table, label)} FROM ${quote(table.name)} AS source`)
    .all();
  const classes = classNames(rows.map((row) => row[0]));
  if (known === undefined) return classes;
  requireKnownClasses(classes, known, `column "${label}" of table "${table.name}"`);
  return known;
}
