/** Batches of rows by their indices, straight from a driver that fills columns faster than it makes rows. */
import { type Allocator, checkIndex, defaultCollate } from "@millrace/core";
import { type Awaitable, isUnfit, type Key, whenReady } from "../driver.js";
import { ascending } from "./ascending.js";
import { type Block, type BlockReading, blockOf, fieldsOf } from "./block.js";
import { type Columns, listOf, typedColumns } from "./range.js";

/** A batch; undefined where rows are missing, or hold what no sample may, or one is asked for twice. */
export type OrderedBatches = (indices: readonly number[], allocator: Allocator) => Awaitable<unknown>;

/** Undefined where the database or the key does not serve. */
export function orderedBatches(reading: BlockReading): OrderedBatches | undefined {
  const { driver, keys, select } = reading;
  if (select.fillOrdered === undefined) return undefined;
  return (indices, allocator) => {
    for (const index of indices) checkIndex(index, keys.length);
    const order = indices.length === 0 ? undefined : ascending(indices);
    if (order === undefined || select.fillOrdered === undefined) return undefined;
    const sorted: (readonly Key[])[] = [];
    for (const place of order) sorted.push(keys.at(indices[place]));
    const { sql, values } = select.fillOrdered(sorted);
    const columns = typedColumns(reading, indices.length, false);
    const filled = unlessUnfit(() => driver.fill(sql, values, listOf(reading, columns)));
    return whenReady(filled, (count) => {
      if (count !== indices.length) return undefined;
      return batchOf(reading, columns, { indices, order }, allocator);
    });
  };
}

function batchOf(
  reading: BlockReading,
  columns: Columns,
  { indices, order }: { readonly indices: readonly number[]; readonly order: Int32Array },
  allocator: Allocator,
): unknown {
  const { opening, keys, reader, scratch } = reading;
  const { layout, types } = opening;
  const nameOf = (row: number): string => keys.name(indices[order[row]]);
  const block = blockOf(reading, columns, 0, 0, indices.length, nameOf);
  scratch.share(columns.features, 1);
  try {
    if (block.unusable.size > 0) return undefined;
    const width = layout.features.length;
    const features = width > 0 ? allocator.allocate("float32", [order.length, width]) : undefined;
    if (features !== undefined) scatter(block, order, width, features.data as Float32Array);
    if (layout.columns.length === 0 && layout.label === undefined) return { features };
    if (layout.columns.length === 0 && layout.label?.classes !== undefined) {
      const labels = allocator.allocate("int32", [order.length]);
      for (let row = 0; row < order.length; row++) labels.data[order[row]] = block.labels[row];
      return { ...(features && { features }), label: labels };
    }
    const others = new Array<Record<string, unknown>>(order.length);
    for (let row = 0; row < order.length; row++)
      others[order[row]] = fieldsOf(block, row, layout, reader, () => nameOf(row));
    return { ...(features && { features }), ...(defaultCollate(others, allocator, types) as object) };
  } finally {
    scratch.giveBackFeatures(block);
    if (columns.label !== undefined) scratch.giveBack([columns.label]);
  }
}

function scatter({ features }: Block, order: Int32Array, width: number, target: Float32Array): void {
  for (let row = 0, from = 0; row < order.length; row++) {
    for (let i = 0, at = order[row] * width; i < width; i++) target[at++] = features[from++];
  }
}

function unlessUnfit(fill: () => Awaitable<number>): Awaitable<number | undefined> {
  const unless = (error: unknown): undefined => {
    if (!isUnfit(error)) throw error;
  };
  try {
    const filled = fill();
    return filled instanceof Promise ? filled.catch(unless) : filled;
  } catch (error) {
    return unless(error);
  }
}
