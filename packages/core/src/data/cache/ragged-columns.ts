/** Columns straight from records of one schema, with sequences of different lengths where they lie. */
import type { Allocator } from "../../contracts/batch.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { type TypedArray, arrayConstructors } from "../../contracts/ndarray.js";
import type { Ragged, RaggedColumns } from "../../contracts/ragged.js";
import { type Column, columnOf, dtypeOfField, isColumnar, type Plan } from "./columns.js";
import { planOf, takeAll } from "./batches.js";
import type { SequenceField } from "./record.js";
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
  fields: FieldTypes,
  ragged: readonly string[],
): RaggedColumns | undefined {
  const records = store.readMany?.(indices);
  const plan = records && planOf(records, allocator, fields);
  if (plan?.field.kind !== "object") return undefined;
  const { keys, fields: parts } = plan.field;
  const columns = keys.map((key, i) => {
    const part = parts[i];
    const isSequence = part.kind === "sequence" && ragged.includes(key) && fields[key]?.type !== "bytes";
    return isSequence ? raggedColumn(part, plan) : regularColumn(part, plan, key);
  });
  const all = columns.filter((column) => column !== undefined);
  if (records === undefined || all.length < keys.length || !takeAll(records, plan, all)) return undefined;
  return Object.fromEntries(all.map((column, i) => [keys[i], column.finish() as RaggedColumns[string]]));
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
