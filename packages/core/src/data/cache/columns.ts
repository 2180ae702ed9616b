/** The columns of records of one schema. */
import type { Allocator } from "../../contracts/batch.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { type DType, dtypeOf, type NdArray, sizeOf } from "../../contracts/ndarray.js";
import { collateBooleans, collateNumbers, typeAt } from "../collate/scalars.js";
import { join } from "../collate/kinds.js";
import { textAt } from "./decode.js";
import type { Piece } from "./pieces.js";
import {
  type ArrayField,
  arrayTypes,
  bytesOf,
  type Field,
  sequenceAt,
  type SequenceField,
} from "./record.js";

/** Arrays of at least this many bytes are read straight into the batch; smaller ones by way of a scratch. */
const directBytes = 256;

/** Takes values of one field from record after record, and makes the column of them. */
export interface Column {
  /** `record` is that of the row, without the arrays that were read directly; its values begin at `start`. */
  take(row: number, record: Buffer, start: number): void;
  finish(): unknown;
}

export interface Plan {
  readonly count: number;
  readonly allocator: Allocator;
  /** The record of the first row. */
  readonly first: Buffer;
  readonly valuesAt: number;
  readonly fields: FieldTypes;
  /** Undefined where all of a record is read before columns take from it. */
  readonly pieces?: Piece[];
  /** Cells of sequences, whose lengths must be those in the first record; with `direct` they must begin there too. */
  readonly cells: { readonly at: number; readonly direct: boolean }[];
}

/** True where the arrays of the record whose values begin at `start` are as long as those of the first one. */
export function hasCells({ first, valuesAt, cells }: Plan, record: Buffer, start: number): boolean {
  for (const { at, direct } of cells) {
    if (direct && record.readInt32LE(start + at) !== first.readInt32LE(valuesAt + at)) return false;
    if (record.readInt32LE(start + at + 4) !== first.readInt32LE(valuesAt + at + 4)) return false;
  }
  return true;
}

/** True where every value of the field has a place of its own that schema and cells give, and collates. */
export function isColumnar(field: Field, plan: Plan, path: string): boolean {
  const { fields, first, valuesAt } = plan;
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
    case "sequence":
      return isColumnar(sequenceAt(field, first, valuesAt), plan, path);
    case "list":
      return field.fields.every((item, i) => isColumnar(item, plan, `${path}[${i}]`));
    case "object":
    case "bare":
      return field.fields.every((item, i) => isColumnar(item, plan, join(path, field.keys[i])));
    case "null":
    case "undefined":
    case "bigint":
      return false;
    default:
      return field satisfies never;
  }
}

export function columnOf(field: Field, plan: Plan, path: string): Column {
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
    case "sequence":
      return sequenceColumn(field, plan);
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

function sequenceColumn(field: SequenceField, plan: Plan): Column {
  const array = sequenceAt(field, plan.first, plan.valuesAt);
  plan.cells.push({ at: field.at, direct: isDirect(array, plan) });
  return arrayColumn(array, plan, field);
}

/** `cell` says where the array begins in each record. */
function arrayColumn(field: ArrayField, plan: Plan, cell?: SequenceField): Column {
  const dtype = dtypeOfField(field) as DType;
  const batch: NdArray = plan.allocator.allocate(dtype, [plan.count, ...shapeOf(field)]);
  const { buffer, byteOffset, byteLength } = batch.data;
  const target = new Uint8Array(buffer, byteOffset, byteLength);
  const length = bytesOf(field);
  if (isDirect(field, plan)) {
    plan.pieces?.push({ from: plan.valuesAt + field.at, length, target });
    return { take: () => undefined, finish: () => batch };
  }
  const fromOf = (record: Buffer, start: number): number =>
    start + (cell === undefined ? field.at : record.readUInt32LE(start + cell.at));
  const copy = copier(target, length);
  const take = (row: number, record: Buffer, start: number): void => copy(row, record, fromOf(record, start));
  return { take, finish: () => batch };
}

/** Copies `length` bytes of a record into a row: by words where all begin at such. Arrays begin at multiples of 8 in records. */
function copier(target: Uint8Array, length: number): (row: number, record: Buffer, from: number) => void {
  if (length % 4 !== 0 || target.byteOffset % 4 !== 0) {
    return (row, record, from) => {
      for (let i = 0, to = row * length; i < length; i++) target[to + i] = record[from + i];
    };
  }
  const cells = new Int32Array(target.buffer, target.byteOffset, target.length / 4);
  const count = length / 4;
  let known: Buffer | undefined;
  let words: Int32Array = new Int32Array(0);
  return (row, record, from) => {
    if (record !== known) {
      known = record;
      words = new Int32Array(record.buffer, record.byteOffset, Math.floor(record.length / 4));
    }
    for (let i = 0, at = from / 4, to = row * count; i < count; i++) cells[to + i] = words[at + i];
  };
}

function isDirect(field: ArrayField, { pieces }: Plan): boolean {
  return pieces !== undefined && bytesOf(field) >= directBytes;
}

function shapeOf({ shape, length }: ArrayField): readonly number[] {
  return shape ?? [length];
}

/** The element type in a batch; undefined for bigints, which no batch holds, and where bytes would be reinterpreted. */
export function dtypeOfField({ type, dtype }: ArrayField): DType | undefined {
  const own = dtypeOf(new arrayTypes[type === "Buffer" ? "Uint8Array" : type](0));
  return dtype === undefined || dtype === own || (dtype === "bool" && own === "uint8")
    ? (dtype ?? own)
    : undefined;
}
