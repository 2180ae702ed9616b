/** A batch straight from records of one schema: what `defaultCollate` makes of their samples, without the samples. */
import type { Allocator } from "../../contracts/batch.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { type DType, dtypeOf, type NdArray, sizeOf } from "../../contracts/ndarray.js";
import { collateBooleans, collateNumbers, typeAt } from "../collate/scalars.js";
import { join } from "../collate/kinds.js";
import { textAt } from "./decode.js";
import { type ArrayField, arrayTypes, bytesOf, type Field, type Schemas } from "./record.js";
import type { RecordStore } from "./store.js";

/** Arrays of at least this many bytes are read straight into the batch; smaller ones by way of a scratch. */
const directBytes = 256;

/** Takes values of one field from record after record, and makes the column of them. */
interface Column {
  /** `record` is that of the row, without the arrays that were read directly; its values begin at `start`. */
  take(row: number, record: Buffer, start: number): void;
  finish(): unknown;
}

/** Where the bytes of a record go: to the scratch, or to the rows of an array of the batch. */
interface Piece {
  /** From the record's beginning. */
  readonly from: number;
  readonly length: number;
  /** The array of the batch, as bytes. */
  readonly target?: Uint8Array;
}

interface Plan {
  readonly count: number;
  readonly allocator: Allocator;
  readonly pieces: Piece[];
  readonly valuesAt: number;
  readonly fields: FieldTypes;
}

/**
 * The batch of the samples at `indices`; undefined where one is not in the store, or they are not of one structure that
 * can be read by columns: null, undefined, bigints and arrays of bigints are for `defaultCollate` to judge.
 *
 * @throws MillraceError COLLATE_OVERFLOW, as `defaultCollate` does.
 */
export function readBatch(
  store: RecordStore,
  indices: readonly number[],
  allocator: Allocator,
  schemas: Schemas,
  fields: FieldTypes = {},
): unknown {
  if (indices.length === 0) return undefined;
  let longest = 0;
  for (const index of indices) {
    const length = store.lengthOf(index);
    if (length === 0) return undefined;
    longest = Math.max(longest, length);
  }
  const first = store.read(indices[0]);
  if (first === undefined) return undefined;
  const { field, valuesAt, bytes: schema } = schemas.of(first);
  if (!isColumnar(field, fields, "")) return undefined;
  const plan: Plan = { count: indices.length, allocator, pieces: [], valuesAt, fields };
  const column = columnOf(field, plan, "");
  // A record as long as the longest: what was read directly leaves a gap that nobody looks at.
  const scratch = Buffer.allocUnsafe(longest);
  const pieces = withGaps(plan.pieces);
  const shortest = pieces[pieces.length - 1].from;
  for (let row = 0; row < indices.length; row++) {
    const length = store.lengthOf(indices[row]);
    // Of another structure, then: its parts would not add up.
    if (length < shortest) return undefined;
    if (!store.readInto(indices[row], partsOf(pieces, row, scratch, length))) return undefined;
    if (scratch.compare(schema, 0, schema.length, 4, valuesAt) !== 0) return undefined;
    column.take(row, scratch, valuesAt);
  }
  return column.finish();
}

/** True where every value of the field has a place of its own that the schema gives, and collates. */
function isColumnar(field: Field, fields: FieldTypes, path: string): boolean {
  switch (field.kind) {
    case "number":
    case "boolean":
    case "text":
    case "numbers":
      return true;
    case "array":
      // Bytes are a list in a batch, whatever their lengths.
      if (fields[path]?.type === "bytes") return false;
      return dtypeOfField(field) !== undefined && sizeOf(shapeOf(field)) === field.length;
    case "list":
      return field.fields.every((item, i) => isColumnar(item, fields, `${path}[${i}]`));
    case "object":
    case "bare":
      return field.fields.every((item, i) => isColumnar(item, fields, join(path, field.keys[i])));
    case "null":
    case "undefined":
    case "bigint":
      return false;
    default:
      return field satisfies never;
  }
}

function columnOf(field: Field, plan: Plan, path: string): Column {
  switch (field.kind) {
    case "number":
      return numberColumn(field.at, plan, path);
    case "numbers":
      return listColumn(
        Array.from({ length: field.length }, (_, i) => numberColumn(field.at + i * 8, plan, `${path}[${i}]`)),
      );
    case "boolean":
      return valueColumn(
        (record, start) => record.readDoubleLE(start + field.at) === 1,
        (values) => collateBooleans(values, plan.allocator, path, typeAt(plan.fields, path)),
      );
    case "text":
      return valueColumn(
        (record, start) => textAt(record, start, field.at),
        (values) => values,
      );
    case "array":
      return arrayColumn(field, plan);
    case "list":
      return listColumn(field.fields.map((item, i) => columnOf(item, plan, `${path}[${i}]`)));
    case "object":
    case "bare":
      return objectColumn(
        field.keys,
        field.fields.map((item, i) => columnOf(item, plan, join(path, field.keys[i]))),
      );
    default:
      throw new TypeError(`unreachable: ${field.kind} has no column`);
  }
}

function numberColumn(at: number, plan: Plan, path: string): Column {
  return valueColumn(
    (record, start) => record.readDoubleLE(start + at),
    (values) => collateNumbers(values, plan.allocator, path, typeAt(plan.fields, path)),
  );
}

function valueColumn<T>(
  read: (record: Buffer, start: number) => T,
  collate: (values: readonly T[]) => unknown,
): Column {
  const values: T[] = [];
  return {
    take: (row, record, start) => (values[row] = read(record, start)),
    finish: () => collate(values),
  };
}

function listColumn(columns: readonly Column[]): Column {
  return {
    take: (row, record, start) => {
      for (const column of columns) column.take(row, record, start);
    },
    finish: () => columns.map((column) => column.finish()),
  };
}

function objectColumn(keys: readonly string[], columns: readonly Column[]): Column {
  const list = listColumn(columns);
  return {
    take: (row, record, start) => list.take(row, record, start),
    finish: () => Object.fromEntries(keys.map((key, i) => [key, columns[i].finish()])),
  };
}

function arrayColumn(field: ArrayField, plan: Plan): Column {
  const dtype = dtypeOfField(field) as DType;
  const batch: NdArray = plan.allocator.allocate(dtype, [plan.count, ...shapeOf(field)]);
  const { buffer, byteOffset, byteLength } = batch.data;
  const target = new Uint8Array(buffer, byteOffset, byteLength);
  const length = bytesOf(field);
  if (length >= directBytes) {
    plan.pieces.push({ from: plan.valuesAt + field.at, length, target });
    return { take: () => undefined, finish: () => batch };
  }
  const take = (row: number, record: Buffer, start: number): void => {
    const from = start + field.at;
    for (let i = 0, to = row * length; i < length; i++) target[to + i] = record[from + i];
  };
  return { take, finish: () => batch };
}

/** The pieces in the order of the record, with what lies between them. The last may be of any length. */
function withGaps(direct: readonly Piece[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const piece of direct) {
    if (piece.from > end) pieces.push({ from: end, length: piece.from - end });
    pieces.push(piece);
    end = piece.from + piece.length;
  }
  return [...pieces, { from: end, length: 0 }];
}

function partsOf(pieces: readonly Piece[], row: number, scratch: Buffer, end: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const { from, length, target } of pieces) {
    if (target !== undefined) parts.push(target.subarray(row * length, (row + 1) * length));
    else if (length > 0) parts.push(scratch.subarray(from, from + length));
    else if (end > from) parts.push(scratch.subarray(from, end));
  }
  return parts;
}

function shapeOf({ shape, length }: ArrayField): readonly number[] {
  return shape ?? [length];
}

/** The element type in a batch; undefined for bigints, which no batch holds, and where bytes would be reinterpreted. */
function dtypeOfField({ type, dtype }: ArrayField): DType | undefined {
  const own = dtypeOf(new arrayTypes[type === "Buffer" ? "Uint8Array" : type](0));
  return dtype === undefined || dtype === own || (dtype === "bool" && own === "uint8")
    ? (dtype ?? own)
    : undefined;
}
