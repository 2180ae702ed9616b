/** Rows by their indices, from blocks of neighbours that are kept: for orders whose reads stay near each other. */
import { type Allocator, checkIndex, defaultCollate } from "@millrace/core";
import type { Driver } from "../driver.js";
import { type Block, type BlockReading, othersOf, readBlock } from "./block.js";
import type { Keys } from "./keys.js";
import type { Opening } from "./opening.js";
import type { RandomRows } from "./random.js";
import type { RowReader, SqlSample } from "./sample.js";
import { selectOf } from "./select.js";

/** Bytes of blocks that one thread keeps. */
const BUDGET = 64 * 2 ** 20;

export interface BlockRows {
  /** True where the blocks of these indices can be kept together: else each row costs less alone. */
  serves(indices: readonly number[]): boolean;
  sample(index: number): Promise<SqlSample>;
  batch(indices: readonly number[], allocator: Allocator): Promise<unknown>;
}

export function blockRows(
  driver: Driver,
  opening: Opening,
  keys: Keys,
  reader: RowReader,
  rows: RandomRows,
  size: number,
): BlockRows {
  const select = selectOf(driver.dialect, opening, keys);
  const reading: BlockReading = { driver, opening, keys, reader, select };
  const { layout, types } = opening;
  const width = layout.features.length;
  const estimate = size * (4 * width + 8 + 64 * layout.columns.length);
  const kept = new KeptBlocks(estimate, (number) =>
    readBlock(reading, number * size, Math.min(keys.length, (number + 1) * size)),
  );
  const blocksOf = (indices: readonly number[]): Set<number> =>
    new Set(indices.map((index) => Math.floor(checkIndex(index, keys.length) / size)));

  /** All fields but features; writes these to `target`. A row that a block cannot give is read alone. */
  const readAlone = async (
    index: number,
    target: Float32Array | undefined,
    at: number,
  ): Promise<Record<string, unknown>> => {
    const [row] = await rows.many([index]);
    const name = (): string => keys.name(index);
    if (target !== undefined) reader.features(row, rows.start, name, target, at);
    return reader.others(row, rows.start + width, name);
  };
  const fieldsOf = (block: Block, index: number): Record<string, unknown> => {
    const row = index - block.start;
    const fields: Record<string, unknown> = {};
    if (layout.label !== undefined) fields.label = block.labels[row];
    reader.columns(othersOf(block, row), 0, () => keys.name(index), fields);
    return fields;
  };
  const copy = (block: Block, index: number, target: Float32Array, at: number): void => {
    const from = (index - block.start) * width;
    for (let i = 0; i < width; i++) target[at + i] = block.features[from + i];
  };
  return {
    serves: (indices) => blocksOf(indices).size <= kept.capacity,
    async sample(index) {
      const [number] = blocksOf([index]);
      const block = await kept.get(number);
      const features = width > 0 ? new Float32Array(width) : undefined;
      if (block.unusable.has(index - block.start)) {
        const others = await readAlone(index, features, 0);
        return { ...(features && { features }), ...others };
      }
      if (features !== undefined) copy(block, index, features, 0);
      return { ...(features && { features }), ...fieldsOf(block, index) };
    },
    async batch(indices, allocator) {
      const numbers = [...blocksOf(indices)];
      const blocks = new Map<number, Block>();
      for (const number of numbers) blocks.set(number, await kept.get(number));
      const blockOf = (index: number) => blocks.get(Math.floor(index / size)) as Block;
      const features = width > 0 ? allocator.allocate("float32", [indices.length, width]) : undefined;
      const target = features?.data as Float32Array | undefined;
      const lone = layout.columns.length === 0 && layout.label?.classes !== undefined;
      const labels = lone && indices.length > 0 ? allocator.allocate("int32", [indices.length]) : undefined;
      const others: Record<string, unknown>[] = [];
      for (const [i, index] of indices.entries()) {
        const block = blockOf(index);
        if (block.unusable.has(index - block.start)) {
          const fields = await readAlone(index, target, i * width);
          if (labels !== undefined) labels.data[i] = fields.label as never;
          else others.push(fields);
          continue;
        }
        if (target !== undefined) copy(block, index, target, i * width);
        if (labels !== undefined) labels.data[i] = block.labels[index - block.start];
        else others.push(fieldsOf(block, index));
      }
      if (labels !== undefined) return { ...(features && { features }), label: labels };
      return { ...(features && { features }), ...(defaultCollate(others, allocator, types) as object) };
    },
  };
}

/** The blocks that were read last, as many as the budget holds. */
class KeptBlocks {
  readonly #read: (number: number) => Promise<Block>;
  readonly #blocks = new Map<number, Promise<Block>>();
  readonly #bytes = new Map<number, number>();
  #total = 0;
  #largest: number;

  constructor(estimate: number, read: (number: number) => Promise<Block>) {
    this.#largest = estimate;
    this.#read = read;
  }

  /** Blocks that fit at a time, as far as is known from those that were read. */
  get capacity(): number {
    return Math.max(1, Math.floor(BUDGET / this.#largest));
  }

  async get(number: number): Promise<Block> {
    const known = this.#blocks.get(number);
    if (known !== undefined) {
      this.#blocks.delete(number);
      this.#blocks.set(number, known);
      return known;
    }
    const reading = this.#read(number);
    this.#blocks.set(number, reading);
    try {
      const block = await reading;
      this.#keep(number, block.bytes);
      return block;
    } catch (error) {
      this.#blocks.delete(number);
      throw error;
    }
  }

  #keep(number: number, bytes: number): void {
    this.#bytes.set(number, bytes);
    this.#total += bytes;
    this.#largest = Math.max(this.#largest, bytes);
    for (const [oldest] of this.#blocks) {
      if (this.#total <= BUDGET || oldest === number) return;
      this.#total -= this.#bytes.get(oldest) ?? 0;
      this.#bytes.delete(oldest);
      this.#blocks.delete(oldest);
    }
  }
}
