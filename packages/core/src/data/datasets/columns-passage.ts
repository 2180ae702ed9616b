/** The columns of a batch on their way through a chain of transforms. */
import type { Allocator } from "../../contracts/batch.js";
import type { FetchContext, FieldTypes } from "../../contracts/dataset.js";
import { isNdArray } from "../../contracts/ndarray.js";
import { isRagged, type RaggedColumns } from "../../contracts/ragged.js";
import type { Columns } from "../../contracts/transform.js";
import { MillraceError } from "../../errors.js";
import { heapAllocator, isPlainObject, kindOf } from "../collate.js";
import { failed, manyContext, type Step } from "./passage.js";

/** The columns of the samples at `indices` through `steps`, all of which know columns. */
export async function passColumns(
  steps: readonly Step[],
  columns: Columns,
  indices: readonly number[],
  context: FetchContext,
  seed: number,
  allocator: Allocator,
): Promise<Columns> {
  let value = columns;
  for (const [i, { link }] of steps.entries()) {
    context.progress?.transforming(link.position, link.name);
    try {
      // What a later link may drop takes no room in the batch.
      const memory = i === steps.length - 1 ? allocator : heapAllocator;
      const made = link.applyColumns?.(value, manyContext(link, indices, context, seed, memory));
      value = requireColumns(await made, indices.length);
    } catch (error) {
      throw failed(error, link);
    }
  }
  return value;
}

/** The same where columns may be ragged, and a fault is left to the samples; undefined where a step takes no ragged ones. */
export async function passRagged(
  steps: readonly Step[],
  columns: RaggedColumns,
  indices: readonly number[],
  context: FetchContext,
  seed: number,
): Promise<RaggedColumns | undefined> {
  let value = columns;
  for (const { link } of steps) {
    if (link.applyRagged === undefined && Object.values(value).some(isRagged)) return undefined;
    context.progress?.transforming(link.position, link.name);
    const many = manyContext(link, indices, context, seed, heapAllocator);
    value = await (link.applyRagged?.(value, many) ?? link.applyColumns?.(value as Columns, many) ?? value);
  }
  return value;
}

/**
 * True where columns say of every number what a sample does: their element types are declared, not found by the values
 * of one batch.
 */
export function areColumns(batch: unknown, fields: FieldTypes): batch is Columns {
  if (!isPlainObject(batch)) return false;
  return Object.entries(batch).every(([name, column]) => {
    if (!isNdArray(column)) return Array.isArray(column) || isPlainObject(column);
    return column.shape.length > 1 || !byValues.has(column.dtype) || name in fields;
  });
}

/** The types that single numbers are given by their values. */
const byValues = new Set(["int32", "float32", "float64"]);

function requireColumns(columns: unknown, count: number): Columns {
  if (!isPlainObject(columns)) {
    throw new MillraceError(
      "PLUGIN_INVALID",
      `applyColumns must return columns by name, got ${kindOf(columns)}`,
    );
  }
  for (const [name, column] of Object.entries(columns)) {
    const rows = rowsOf(column);
    if (rows === undefined || rows === count) continue;
    throw new MillraceError(
      "PLUGIN_INVALID",
      `applyColumns must return one row per sample: expected ${count} in "${name}", got ${kindOf(column)}`,
    );
  }
  return columns as Columns;
}

/** Undefined for what is no column by itself: a list of columns, one for each element of a sample. */
function rowsOf(column: unknown): number | undefined {
  if (isNdArray(column)) return column.shape[0];
  return Array.isArray(column) && typeof column[0] === "string" ? column.length : undefined;
}
