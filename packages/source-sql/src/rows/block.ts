/** Neighbouring rows, read at once: features in one array, labels as numbers, other columns as they came. */
import type { SqlRow, SqlValue } from "../driver.js";
import { type Columns, type RangeReading, readRange, typedColumns } from "./range.js";
import type { SampleLayout } from "./layout.js";
import type { RowReader } from "./sample.js";

export interface Block {
  /** The index of its first row. */
  readonly start: number;
  /** Features of all rows, one after the other. */
  readonly features: Float32Array;
  readonly labels: Float64Array;
  /** Columns that pass through, as the driver returned them. */
  readonly columns: readonly (readonly SqlValue[])[];
  /** Rows that are gone, or hold what no sample may: whoever wants one reads it alone, and is told what is wrong. */
  readonly unusable: ReadonlySet<number>;
  /** What it takes in memory, about. */
  readonly bytes: number;
}

export interface BlockReading extends RangeReading {
  readonly reader: RowReader;
}

/** Reads the rows from `start` to before `end` at once, in blocks of `size`. */
export async function readBlocks(
  reading: BlockReading,
  start: number,
  end: number,
  size: number,
): Promise<Block[]> {
  const { scratch } = reading;
  const columns = typedColumns(reading, end - start, !reading.select.isInOrder);
  try {
    const found = await readRange(reading, start, end, columns);
    const blocks: Block[] = [];
    for (let from = start; from < end; from += size)
      blocks.push(blockOf(reading, found, start, from, Math.min(end, from + size)));
    scratch.share(columns.features, blocks.length);
    return blocks;
  } finally {
    scratch.giveBack(columns.label === undefined ? columns.ids : [...columns.ids, columns.label]);
  }
}

/** The block from `from` to before `end`, of columns that begin at `start`. */
export function blockOf(
  { opening, keys, reader }: BlockReading,
  columns: Columns,
  start: number,
  from: number,
  end: number,
  nameOf: (row: number) => string = (row) => keys.name(from + row),
): Block {
  const [first, count] = [from - start, end - from];
  const width = opening.layout.features.length;
  const features = columns.features.subarray(first * width, (first + count) * width);
  const unusable = new Set<number>();
  for (const row of columns.missing) if (row >= first && row < first + count) unusable.add(row - first);
  if (!areFinite(features))
    for (let i = 0; i < features.length; i++)
      if (!Number.isFinite(features[i])) unusable.add(Math.floor(i / width));
  const labels = new Float64Array(columns.label === undefined ? 0 : count);
  for (let row = 0; row < labels.length; row++) {
    if (unusable.has(row)) continue;
    try {
      labels[row] = reader.label(columns.label?.[first + row] as SqlValue, () => nameOf(row));
    } catch {
      unusable.add(row);
    }
  }
  const whole = columns.others.every(({ length }) => length === count);
  const others = whole ? columns.others : columns.others.map((column) => column.slice(first, first + count));
  const bytes = others.reduce(
    (sum, column) => sum + bytesOf(column),
    features.byteLength + labels.byteLength,
  );
  return { start: from, features, labels, columns: others, unusable, bytes };
}

/** NaN and the infinities leave NaN, all others 0; four sums at a time, of which none waits for another. */
function areFinite(values: Float32Array): boolean {
  const whole = values.length - (values.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += values[i] - values[i];
    b += values[i + 1] - values[i + 1];
    c += values[i + 2] - values[i + 2];
    d += values[i + 3] - values[i + 3];
  }
  for (let i = whole; i < values.length; i++) a += values[i] - values[i];
  return a + b + c + d === 0;
}

function bytesOf(column: readonly SqlValue[]): number {
  let bytes = 8 * column.length;
  for (const value of column) {
    if (typeof value === "string") bytes += 16 + value.length;
    else if (typeof value === "object" && value !== null) bytes += 96 + value.byteLength;
    else bytes += 16;
  }
  return bytes;
}

/** The fields of a row, but for features. */
export function fieldsOf(
  block: Block,
  row: number,
  layout: SampleLayout,
  reader: RowReader,
  name: () => string,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  if (layout.label !== undefined) fields.label = block.labels[row];
  if (layout.columns.length > 0) reader.columns(othersOf(block, row), 0, name, fields);
  return fields;
}

/** A row as a driver would return it, without its key: features are left to `Block.features`. */
function othersOf({ columns }: Block, row: number): SqlRow {
  return columns.map((column) => column[row]);
}
