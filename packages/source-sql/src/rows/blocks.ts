/** Rows by their indices, from blocks of neighbours that are kept: for orders whose reads stay near each other. */
import { type Allocator, checkIndex, defaultCollate } from "@millrace/core";
import { type Block, type BlockReading, fieldsOf, readBlocks } from "./block.js";
import { KeptBlocks } from "./kept-blocks.js";
import type { RandomRows } from "./random.js";
import type { SqlSample } from "./sample.js";

export interface BlockRows {
  /** The numbers of these indices' blocks, where they can be kept together: else each row costs less alone. */
  together(indices: readonly number[]): readonly number[] | undefined;
  sample(index: number): Promise<SqlSample>;
  /** `numbers` are those of the indices' blocks. */
  batch(indices: readonly number[], numbers: readonly number[], allocator: Allocator): Promise<unknown>;
}

export function blockRows(reading: BlockReading, rows: RandomRows, size: number): BlockRows {
  const { opening, keys, reader } = reading;
  const { layout, types } = opening;
  const width = layout.features.length;
  const estimate = size * (4 * width + 8 + 64 * layout.columns.length);
  const kept = new KeptBlocks({
    count: Math.ceil(keys.length / size),
    estimate,
    read: (number, count) =>
      readBlocks(reading, number * size, Math.min(keys.length, (number + count) * size), size),
    forget: (block) => reading.scratch.giveBackFeatures(block),
  });
  const numberOf = (index: number): number => Math.floor(checkIndex(index, keys.length) / size);

  /** All fields but features; writes these to `target`. A row that a block cannot give is read alone. */
  const readAlone = async (
    index: number,
    target: Float32Array | undefined,
    at: number,
  ): Promise<Record<string, unknown>> => {
    const { rows: found, start } = await rows.many([index]);
    const name = (): string => keys.name(index);
    if (target !== undefined) reader.features(found[0], start, name, target, at);
    return reader.others(found[0], start + width, name);
  };
  const fields = (block: Block, index: number): Record<string, unknown> =>
    fieldsOf(block, index - block.start, layout, reader, () => keys.name(index));
  const copy = (block: Block, index: number, count: number, target: Float32Array, at: number): void => {
    const { features, start } = block;
    const from = (index - start) * width;
    if (count > 1) target.set(features.subarray(from, from + count * width), at);
    else for (let i = 0; i < width; i++) target[at + i] = features[from + i];
  };
  /** The features of all rows; neighbours together. Those that no block has are written later. */
  const copyAll = (
    indices: readonly number[],
    blocks: ReadonlyMap<number, Block>,
    target: Float32Array,
  ): void => {
    for (let i = 0, count = 1; i < indices.length; i += count) {
      const index = indices[i];
      const number = Math.floor(index / size);
      const most = Math.min(indices.length - i, (number + 1) * size - index);
      for (count = 1; count < most && indices[i + count] === index + count; ) count++;
      copy(blocks.get(number) as Block, index, count, target, i * width);
    }
  };
  const batchOf = async (
    indices: readonly number[],
    blocks: ReadonlyMap<number, Block>,
    allocator: Allocator,
  ): Promise<unknown> => {
    const features = width > 0 ? allocator.allocate("float32", [indices.length, width]) : undefined;
    const target = features?.data as Float32Array | undefined;
    if (target !== undefined) copyAll(indices, blocks, target);
    const isClass = layout.columns.length === 0 && layout.label?.classes !== undefined;
    const labels = isClass && indices.length > 0 ? allocator.allocate("int32", [indices.length]) : undefined;
    // Features alone need no other fields, and an object of none for each row.
    const isAlone = width > 0 && layout.label === undefined && layout.columns.length === 0;
    const isUsable = [...blocks.values()].every(({ unusable }) => unusable.size === 0);
    if (isAlone && isUsable && indices.length > 0) return { features };
    const others: Record<string, unknown>[] = [];
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i];
      const block = blocks.get(Math.floor(index / size)) as Block;
      if (!isUsable && block.unusable.has(index - block.start)) {
        const alone = await readAlone(index, target, i * width);
        if (labels !== undefined) labels.data[i] = alone.label as never;
        else if (!isAlone) others.push(alone);
      } else if (labels !== undefined) labels.data[i] = block.labels[index - block.start];
      else if (!isAlone) others.push(fields(block, index));
    }
    if (isAlone && indices.length > 0) return { features };
    if (labels !== undefined) return { ...(features && { features }), label: labels };
    return { ...(features && { features }), ...(defaultCollate(others, allocator, types) as object) };
  };
  return {
    together(indices) {
      const numbers = new Set<number>();
      let last = -1;
      for (const index of indices) {
        const number = numberOf(index);
        if (number !== last) numbers.add(number);
        last = number;
        if (numbers.size > kept.capacity) return undefined;
      }
      return [...numbers];
    },
    sample: (index) =>
      kept.use([numberOf(index)], async (blocks) => {
        const block = blocks.get(numberOf(index)) as Block;
        const features = width > 0 ? new Float32Array(width) : undefined;
        if (block.unusable.has(index - block.start)) {
          const others = await readAlone(index, features, 0);
          return { ...(features && { features }), ...others };
        }
        if (features !== undefined) copy(block, index, 1, features, 0);
        return { ...(features && { features }), ...fields(block, index) };
      }),
    batch: (indices, numbers, allocator) =>
      kept.use(numbers, (blocks) => batchOf(indices, blocks, allocator)),
  };
}
