/**
 * The columns of an Arrow file, and the buffers that each kind of them has.
 * https://arrow.apache.org/docs/format/Columnar.html, and Schema.fbs beside it
 */
import type { ColumnInfo } from "../columnar/raw.js";
import type { Table } from "./flatbuffers.js";
import { describe, int32, integers, type Layout, type TypeDescription, types } from "./types.js";

/** A field of the schema. Plain data. */
export interface Field extends TypeDescription {
  readonly name: string;
  /** Where values are places in a dictionary, which the rest describes. */
  readonly dictionary?: { readonly id: number; readonly index: Layout & { kind: "numbers" } };
  readonly children: readonly Field[];
}

/** A column: a field without children, by the places of its parents and its own among their siblings. */
export interface ArrowColumn extends ColumnInfo {
  readonly path: readonly number[];
}

/** Fields in a file; each takes several bytes, but one may be named by many parents. */
const mostFields = 100_000;
const deepest = 64;

/** Throws a plain Error for a schema that is none. */
export function fieldsOf(schema: Table): Field[] {
  if (schema.int16(0) !== 0) throw new Error("it is written for big-endian machines, which is not supported");
  let left = mostFields;
  const read = (table: Table, depth: number): Field => {
    if (left-- === 0 || depth > deepest) throw new Error("its schema has too many fields");
    const children = table.tables(5).map((child) => read(child, depth + 1));
    const encoding = table.table(4);
    const about = describe(types[table.int8(2)] ?? "none", table.table(3));
    const index = encoding?.table(1);
    return {
      name: table.text(0),
      ...about,
      ...(encoding && {
        dictionary: { id: encoding.count(0), index: index === undefined ? int32 : integers(index) },
      }),
      children,
    };
  };
  return schema.tables(1).map((field) => read(field, 0));
}

/** The columns in the order of the file. */
export function columnsOf(fields: readonly Field[]): ArrowColumn[] {
  const columns: ArrowColumn[] = [];
  const walk = (field: Field, name: string, path: readonly number[], lists: number): void => {
    const { layout, children, dictionary, type, meaning } = field;
    const isList = layout.kind === "list" || layout.kind === "fixed-list";
    const isNested = (isList || layout.kind === "struct") && dictionary === undefined;
    if (isNested) {
      for (const [i, child] of children.entries()) {
        // The elements of a list have a name that nobody gave.
        const own = isList ? name : `${name}.${child.name}`;
        walk(child, own, [...path, i], lists + (isList ? 1 : 0));
      }
      return;
    }
    const isUnknown = layout.kind === "unknown" || isList || layout.kind === "struct";
    const reason = isUnknown
      ? `holds values of type ${type}`
      : lists > 1
        ? "holds lists of lists"
        : undefined;
    columns.push({
      name,
      meaning,
      type: lists > 0 ? `list of ${type}` : type,
      isList: lists > 0,
      ...(reason !== undefined && { unreadable: reason }),
      path,
    });
  };
  for (const [i, field] of fields.entries()) walk(field, field.name, [i], 0);
  return columns;
}
