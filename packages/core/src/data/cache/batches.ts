/** A batch straight from records of one schema: what `defaultCollate` makes of their samples, without the samples. */
import type { Allocator } from "../../contracts/batch.js";
import type { FieldTypes } from "../../contracts/dataset.js";
import { type Column, columnOf, hasCells, isColumnar, type Plan } from "./columns.js";
import { partsOf, type Piece, withGaps } from "./pieces.js";
import type { Field } from "./record.js";
import type { Records, RecordStore } from "./store.js";

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
  fields: FieldTypes = {},
): unknown {
  if (indices.length === 0) return undefined;
  // What columns take is copied into the batch before anybody else may look.
  const records = store.viewMany?.(indices) ?? store.readMany?.(indices);
  if (records !== undefined) return readTogether(records, allocator, fields);
  let longest = 0;
  for (const index of indices) {
    const length = store.lengthOf(index);
    if (length === 0) return undefined;
    longest = Math.max(longest, length);
  }
  const first = store.read(indices[0]);
  if (first === undefined) return undefined;
  const { field, valuesAt, bytes: schema } = store.schemas.of(first);
  const direct: Piece[] = [];
  const count = indices.length;
  const plan: Plan = { count, allocator, first, valuesAt, fields, pieces: direct, cells: [] };
  if (!isColumnar(field, plan, "")) return undefined;
  const column = columnOf(field, plan, "");
  // A record as long as the longest: what was read directly leaves a gap that nobody looks at.
  const scratch = Buffer.allocUnsafeSlow(longest);
  const pieces = withGaps(direct);
  const shortest = pieces[pieces.length - 1].from;
  for (let row = 0; row < indices.length; row++) {
    const length = store.lengthOf(indices[row]);
    // Of another structure, then: its parts would not add up.
    if (length < shortest) return undefined;
    if (!store.readInto(indices[row], partsOf(pieces, row, scratch, length))) return undefined;
    if (scratch.compare(schema, 0, schema.length, 4, valuesAt) !== 0) return undefined;
    if (!hasCells(plan, scratch, valuesAt)) return undefined;
    column.take(row, scratch, valuesAt);
  }
  return column.finish();
}

/** The same of records that are in one piece of memory. */
function readTogether(records: Records, allocator: Allocator, fields: FieldTypes): unknown {
  const plan = planOf(records, allocator, fields);
  if (plan === undefined || !isColumnar(plan.field, plan, "")) return undefined;
  const column = columnOf(plan.field, plan, "");
  return takeAll(records, plan, [column]) ? column.finish() : undefined;
}

/** The plan for records that are read before columns take from them; undefined where one is not there. */
export function planOf(
  { memory, starts, schemas }: Records,
  allocator: Allocator,
  fields: FieldTypes,
): (Plan & { readonly field: Field }) | undefined {
  const [schema] = schemas;
  if (schema === undefined || starts.includes(-1)) return undefined;
  const { field } = schema;
  return { count: starts.length, allocator, first: memory, valuesAt: starts[0], fields, cells: [], field };
}

/** Has the columns take from all records; false where one is not of the first one's structure. */
export function takeAll(
  { memory, starts, schemas }: Records,
  plan: Plan,
  columns: readonly Column[],
): boolean {
  for (let row = 0; row < starts.length; row++) {
    if (schemas[row] !== schemas[0] || !hasCells(plan, memory, starts[row])) return false;
    for (const column of columns) column.take(row, memory, starts[row]);
  }
  return true;
}
