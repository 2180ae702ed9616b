/** Tabular transforms on a table, as a run uses them: fitted to its rows, then given samples or columns. */
import { defaultCollate, heapAllocator, isNdArray, type NdArray, ndarray } from "@millrace/core";
import { arrayConstructors, type DType } from "../../src/contracts/ndarray.js";
import type { DatasetFacts, FieldTypes } from "../../src/contracts/dataset.js";
import {
  type Columns,
  type FittedState,
  type Fitter,
  formsOf,
  type Inverse,
} from "../../src/contracts/transform.js";
import { randomAt } from "../../src/data/philox.js";
import type { Plugin } from "../../src/plugin/plugin.js";

export type Row = Readonly<Record<string, unknown>>;

export interface Opened {
  readonly fitted: FittedState | undefined;
  /** The types of fields behind it. */
  readonly fields: FieldTypes;
  readonly facts: DatasetFacts;
  readonly one: (row: Row, loose?: true) => Row;
  readonly columns: (rows: readonly Row[]) => Columns;
  readonly inverse: (field: string) => Inverse | undefined;
}

export interface Table {
  readonly rows: readonly Row[];
  readonly fields: FieldTypes;
  readonly facts?: DatasetFacts;
}

const place = { baseUrl: new URL("file:///"), seed: 7 };
const never = (): never => {
  throw new Error("nothing here is random");
};

/** `options` as a spec has them; fitted to the table's rows in blocks of `block`. */
export async function open(
  plugin: Plugin<"transform">,
  options: object,
  table: Table,
  block = 4,
): Promise<Opened> {
  const { rows, fields, facts = {} } = table;
  const settings: unknown = plugin.options.parse(options);
  const fitted = fit(() => plugin.fit?.(settings, { ...place, fields, facts }), rows, block);
  const made = await plugin.create(settings, { ...place, fields, facts, fitted });
  const forms = formsOf(made);
  return {
    fitted,
    fields: plugin.fields?.(fields, settings, fitted) ?? fields,
    facts: plugin.facts?.(facts, settings, fitted, fields) ?? facts,
    one: (row, loose) =>
      forms.apply(row, { index: 0, epoch: 0, random: randomAt(7, 0, 0, 1), ...(loose && { loose }) }) as Row,
    columns: (given) =>
      forms.applyColumns?.(columnsOf(given, fields), {
        indices: given.map((_, i) => i),
        epoch: 0,
        random: never,
        allocator: heapAllocator,
      }) as Columns,
    inverse: (field) => plugin.inverse?.(field, settings, fitted),
  };
}

/** What the rows come to, in blocks: by samples, or by columns. */
export function fit(
  make: () => Fitter | undefined,
  rows: readonly Row[],
  block: number,
  fields?: FieldTypes,
): FittedState | undefined {
  let parts: Fitter[] = [];
  for (let start = 0; start < rows.length || start === 0; start += block) {
    const fitter = make();
    if (fitter === undefined) return undefined;
    const some = rows.slice(start, start + block);
    if (fields === undefined) for (const row of some) fitter.add(row);
    else fitter.addColumns?.(columnsOf(some, fields), some.length);
    parts.push(fitter);
  }
  while (parts.length > 1) {
    const merged: Fitter[] = [];
    for (let i = 0; i < parts.length; i += 2) {
      const whole = make() as Fitter;
      whole.merge(structuredClone(parts[i].partial()));
      if (i + 1 < parts.length) whole.merge(structuredClone(parts[i + 1].partial()));
      merged.push(whole);
    }
    parts = merged;
  }
  return parts[0].state();
}

/** Rows by columns, with the types that fields have in every batch. */
export function columnsOf(rows: readonly Row[], fields: FieldTypes): Columns {
  const names = rows.length === 0 ? [] : Object.keys(rows[0]);
  return Object.fromEntries(names.map((name) => [name, columnOf(rows, name, fields[name]?.type)]));
}

function columnOf(
  rows: readonly Row[],
  name: string,
  type: string | undefined,
): NdArray | readonly unknown[] {
  const values = rows.map((row) => row[name]);
  const isArray = values.some((value) => ArrayBuffer.isView(value) || isNdArray(value));
  if (isArray) return defaultCollate(values) as NdArray;
  if (type === "text" || values.some((value) => typeof value === "string")) return values;
  const dtype = (type === "date" ? "float64" : (type ?? "float64")) as DType;
  const numbers = values.map((value) => (value === null ? Number.NaN : Number(value)));
  return ndarray(arrayConstructors[dtype].from(numbers), [values.length], dtype);
}

/** What both ways of a batch give: the samples' one, and that of columns, in one form. */
export function bothWays(opened: Opened, rows: readonly Row[]): readonly [Columns, Columns] {
  const samples = rows.map((row) => opened.one(row));
  return [columnsOf(samples, opened.fields), opened.columns(rows)];
}
