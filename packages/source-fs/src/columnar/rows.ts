/** Rows of blocks as samples by index. */
import { type Allocator, checkIndex, type ColumnField } from "@millrace/core";
import { type Block, Blocks } from "./blocks.js";
import type { Opening } from "./opening.js";
import type { Storage } from "./storage.js";
import { dtypeOf } from "./stored.js";

export type ColumnarSample = Readonly<Record<string, unknown>>;

/** Where a sample lies. */
interface Place {
  readonly block: number;
  readonly row: number;
}

export class Rows {
  readonly length: number;
  readonly blocks: Blocks;
  readonly #storage: Storage;
  readonly #opening: Opening;
  /** Makes of the bytes of an image field what a sample holds; other fields stay as they are. */
  readonly #finish: readonly (((value: unknown, place: string) => unknown) | undefined)[];

  constructor(
    storage: Storage,
    opening: Opening,
    mostBytes: number,
    finish: (column: ColumnField) => ((value: unknown, place: string) => unknown) | undefined,
  ) {
    this.#storage = storage;
    this.#opening = opening;
    this.length = opening.starts[opening.starts.length - 1];
    this.blocks = new Blocks(storage, opening, mostBytes);
    this.#finish = opening.fields.map(finish);
  }

  /** What errors call a sample: its file, and its row in it, from 0. */
  key(index: number): string {
    const { block, row } = this.#placeOf(checkIndex(index, this.length));
    const { files, fileOf, firstRow } = this.#storage;
    return `${files[fileOf[block]].name}:${firstRow[block] + row}`;
  }

  get(index: number): ColumnarSample | Promise<ColumnarSample> {
    const { block, row } = this.#placeOf(checkIndex(index, this.length));
    const found = this.blocks.peek(block);
    if (found !== undefined && !found.bad.has(row)) return this.#sample(found, row, index);
    return this.#read(block, row, index);
  }

  async getMany(indices: readonly number[]): Promise<ColumnarSample[]> {
    const samples = new Array<ColumnarSample>(indices.length);
    await this.#visit(indices, (block, places, rows) => {
      for (const i of places) samples[i] = this.#sample(block, rows[i], indices[i]);
    });
    return samples;
  }

  /** The columns of these samples, without an object for each. Only where no field is an image, or a list of any length. */
  async getBatch(indices: readonly number[], allocator: Allocator): Promise<Record<string, unknown>> {
    const { fields } = this.#opening;
    const columns = fields.map((column) => columnFor(column, indices.length, allocator));
    await this.#visit(indices, (block, places, rows) => {
      for (let field = 0; field < columns.length; field++) columns[field].put(block, field, places, rows);
    });
    return Object.fromEntries(fields.map(({ field }, i) => [field, columns[i].made]));
  }

  async #read(block: number, row: number, index: number): Promise<ColumnarSample> {
    const found = await this.blocks.get(block);
    if (found.bad.has(row)) return this.blocks.explain(block, row, this.key(index));
    return this.#sample(found, row, index);
  }

  #sample({ readers }: Block, row: number, index: number): ColumnarSample {
    const sample: Record<string, unknown> = {};
    const { fields } = this.#opening;
    for (let i = 0; i < readers.length; i++) {
      const value = readers[i](row);
      const finish = this.#finish[i];
      sample[fields[i].field] = finish === undefined ? value : finish(value, this.key(index));
    }
    return sample;
  }

  /** Block by block, so that no more of them need be in memory than there is room for. */
  async #visit(indices: readonly number[], take: TakeRows): Promise<void> {
    const rows = new Int32Array(indices.length);
    const byBlock = new Map<number, number[]>();
    for (let i = 0; i < indices.length; i++) {
      const { block, row } = this.#placeOf(checkIndex(indices[i], this.length));
      rows[i] = row;
      const others = byBlock.get(block);
      if (others === undefined) byBlock.set(block, [i]);
      else others.push(i);
    }
    for (const [number, places] of byBlock) {
      const block = this.blocks.peek(number) ?? (await this.blocks.get(number));
      const bad = block.bad.size === 0 ? undefined : places.find((i) => block.bad.has(rows[i]));
      if (bad !== undefined) await this.blocks.explain(number, rows[bad], this.key(indices[bad]));
      take(block, places, rows);
    }
  }

  #placeOf(index: number): Place {
    const { starts, kept } = this.#opening;
    let [low, high] = [0, starts.length - 1];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= index) low = middle;
      else high = middle;
    }
    // Blocks without rows share their start with the one behind them.
    return { block: low, row: kept === undefined ? index - starts[low] : kept[index] };
  }
}

/** `places` in the batch, and the row in the block of each of them. */
type TakeRows = (block: Block, places: readonly number[], rows: Int32Array) => void;

interface BatchColumn {
  readonly made: unknown;
  put(block: Block, field: number, places: readonly number[], rows: Int32Array): void;
}

function columnFor(column: ColumnField, count: number, allocator: Allocator): BatchColumn {
  const { kind, width } = column;
  if (kind === "text" || kind === "bytes") {
    const made = new Array<unknown>(count);
    return {
      made,
      put(block, field, places, rows) {
        const read = block.readers[field];
        for (const i of places) made[i] = read(rows[i]);
      },
    };
  }
  const dtype = dtypeOf(column);
  const made = allocator.allocate(dtype, width === undefined ? [count] : [count, width]);
  const target = made.data as Float32Array;
  return {
    made,
    put(block, field, places, rows) {
      const { data } = block.fields[field] as { readonly data: Float32Array };
      if (width === undefined) {
        for (const i of places) target[i] = data[rows[i]];
        return;
      }
      for (const i of places) {
        const [from, to] = [rows[i] * width, i * width];
        for (let k = 0; k < width; k++) target[to + k] = data[from + k];
      }
    },
  };
}
