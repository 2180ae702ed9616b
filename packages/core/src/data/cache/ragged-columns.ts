/** Columns straight from records of one schema, with sequences of different lengths where they lie. */
import type { Allocator } from "../../contracts/batch.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { type TypedArray, arrayConstructors } from "../../contracts/ndarray.js";
import type { Ragged, RaggedColumns } from "../../contracts/ragged.js";
import { type Column, columnOf, dtypeOfField, hasCells, isColumnar, type Plan } from "./columns.js";
import type { Schemas, SequenceField } from "./record.js";
import type { RecordStore } from "./store.js";

/**
 * The columns of the samples at `indices`, those of `ragged` as sequences; undefined where a sample is not in the store, or
 * they are not objects of one structure, or the store does not read many records at once.
 *
 * @throws MillraceError COLLATE_OVERFLOW, as `defaultCollate` does.
 */
export function readRagged(
  store: RecordStore,
  indices: readonly number[],
  allocator: Allocator,
  schemas: Schemas,
  fields: FieldTypes,
  ragged: readonly string[],
): RaggedColumns | undefined {
  const records = store.readMany?.(indices);
  if (records === undefined || indices.length === 0 || records.starts.includes(-1)) return undefined;
  const { memory, starts } = records;
  const { field, valuesAt, bytes } = schemas.of(memory);
  if (field.kind !== "object") return undefined;
  const plan: Plan = { count: indices.length, allocator, first: memory, valuesAt, fields, cells: [] };
  const columns: { readonly key: string; readonly column: Column }[] = [];
  for (const [i, key] of field.keys.entries()) {
    const own = field.fields[i];
    const isSequence = own.kind === "sequence" && ragged.includes(key) && fields[key]?.type !== "bytes";
    const column = isSequence ? raggedColumn(own, plan) : regularColumn(own, plan, key);
    if (column === undefined) return undefined;
    columns.push({ key, column });
  }
  const schema = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  for (let row = 0; row < starts.length; row++) {
    const start = starts[row];
    for (let i = 0, at = start / 4 + 1; i < schema.length; i++)
      if (words[at + i] !== schema[i]) return undefined;
    if (!hasCells(plan, memory, start + valuesAt)) return undefined;
    for (const { column } of columns) column.take(row, memory, start + valuesAt);
  }
  return Object.fromEntries(
    columns.map(({ key, column }) => [key, column.finish() as RaggedColumns[string]]),
  );
}

function regularColumn(field: Parameters<typeof columnOf>[0], plan: Plan, key: string): Column | undefined {
  return isColumnar(field, plan, key) ? columnOf(field, plan, key) : undefined;
}

/** Sequences stay where their records are. */
function raggedColumn({ at, type }: SequenceField, { first, count }: Plan): Column | undefined {
  const dtype = dtypeOfField({ kind: "array", at, length: 0, type });
  if (dtype === undefined) return undefined;
  const over: new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray =
    arrayConstructors[dtype];
  const size = arrayConstructors[dtype].BYTES_PER_ELEMENT;
  const data = new over(first.buffer, first.byteOffset, Math.floor(first.length / size));
  const starts = new Int32Array(count);
  const lengths = new Int32Array(count);
  return {
    take(row, record, start) {
      starts[row] = (start + record.readUInt32LE(start + at)) / size;
      lengths[row] = record.readUInt32LE(start + at + 4);
    },
    finish: (): Ragged => ({ data, starts, lengths }),
  };
}
