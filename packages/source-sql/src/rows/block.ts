/** Neighbouring rows, read at once: features in one array, labels as numbers, other columns as they came. */
import {
  type Cells,
  type Condition,
  type Driver,
  type Fillable,
  put,
  type SqlRow,
  type SqlValue,
} from "../driver.js";
import type { Keys } from "./keys.js";
import type { SampleLayout } from "./layout.js";
import type { Opening } from "./opening.js";
import type { RowReader } from "./sample.js";
import type { Scratch } from "./scratch.js";
import type { Select } from "./select.js";

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

export interface BlockReading {
  readonly driver: Driver;
  readonly opening: Opening;
  readonly keys: Keys;
  readonly reader: RowReader;
  readonly select: Select;
  readonly scratch: Scratch;
}

/** Reads the rows from `start` to before `end` with one query, in blocks of `size`. */
export async function readBlocks(
  reading: BlockReading,
  start: number,
  end: number,
  size: number,
): Promise<Block[]> {
  const { scratch } = reading;
  const columns = typedColumns(reading, end - start);
  try {
    const isTyped = await fillTyped(reading, start, end, columns);
    const found = isTyped ? columns : await fillLists(reading, start, end, columns);
    const blocks: Block[] = [];
    for (let from = start; from < end; from += size)
      blocks.push(blockOf(reading, found, start, from, Math.min(end, from + size)));
    scratch.share(columns.features, blocks.length);
    return blocks;
  } finally {
    scratch.giveBack(columns.label === undefined ? columns.ids : [...columns.ids, columns.label]);
  }
}

/** Where columns are written: the keys, if they are asked for, the features, the label if there is one, the rest. */
export interface Columns {
  readonly ids: readonly Fillable[];
  /** Rows of them, one after the other. */
  readonly features: Float32Array;
  readonly label?: Exclude<Fillable, Cells>;
  readonly others: readonly SqlValue[][];
  /** Rows that were not there. */
  readonly missing: ReadonlySet<number>;
}

export function typedColumns(
  { opening, keys, scratch }: BlockReading,
  count: number,
  withIds = true,
): Columns {
  const { features, label, columns } = opening.layout;
  return {
    ids: (withIds ? opening.keys : []).map(({ kind }) => {
      if (kind === "text") return [];
      return keys.exact ? new BigInt64Array(count) : scratch.take(count);
    }),
    features: scratch.takeFeatures(count * features.length),
    ...(label !== undefined && { label: label.classes === undefined ? scratch.take(count) : [] }),
    others: columns.map(() => []),
    missing: new Set(),
  };
}

export function listOf({ opening }: BlockReading, { ids, features, label, others }: Columns): Fillable[] {
  const width = opening.layout.features.length;
  const length = width === 0 ? 0 : features.length / width;
  const cells = opening.layout.features.map((_, at) => ({ data: features, width, at, length }));
  return [...ids, ...cells, ...(label === undefined ? [] : [label]), ...others];
}

/** True if the rows are the very ones that the keys name, all of them with numbers where numbers must be. */
async function fillTyped(
  reading: BlockReading,
  start: number,
  end: number,
  columns: Columns,
): Promise<boolean> {
  const { select, keys, scratch } = reading;
  const [first, last] = [keys.at(start), keys.at(end - 1)];
  if (scratch.mustSort)
    return fillWith(reading, start, end, select.range(first, last, select.filled), columns);
  if (await fillWith(reading, start, end, select.unsorted(first, last), columns)) return true;
  for (const list of listOf(reading, columns)) if (Array.isArray(list)) list.length = 0;
  const isSorted = await fillWith(reading, start, end, select.range(first, last, select.filled), columns);
  scratch.mustSort = isSorted;
  return isSorted;
}

async function fillWith(
  reading: BlockReading,
  start: number,
  end: number,
  { sql, values }: Condition,
  columns: Columns,
): Promise<boolean> {
  const { driver, keys } = reading;
  try {
    const count = await driver.fill(sql, values, listOf(reading, columns));
    if (count !== end - start) return false;
  } catch (error) {
    if ((error as Error | null)?.name === "Unfit") return false;
    throw error;
  }
  const ids = columns.ids as readonly Exclude<Fillable, Cells>[];
  if (ids.length === 1) {
    const [id] = ids;
    for (let row = 0; row < end - start; row++) if (id[row] !== keys.id(start + row)) return false;
    return true;
  }
  for (let row = 0; row < end - start; row++) {
    if (keys.idOf(ids.map((id) => id[row])) !== keys.id(start + row)) return false;
  }
  return true;
}

/** The same of rows among which some were added, some are gone, and some hold no numbers. */
async function fillLists(
  { driver, opening, keys, select }: BlockReading,
  start: number,
  end: number,
  { ids, features }: Columns,
): Promise<Columns> {
  const { sql, values } = select.range(keys.at(start), keys.at(end - 1));
  const { features: names, label, columns } = opening.layout;
  const width = names.length;
  const all = ids.length + width + (label === undefined ? 0 : 1) + columns.length;
  const found = Array.from({ length: all }, (): SqlValue[] => []);
  const count = await driver.fill(sql, values, found);
  const places = new Map<unknown, number>();
  for (let row = 0; row < count; row++) {
    places.set(keys.idOf(found.slice(0, ids.length).map((column) => column[row])), row);
  }
  const missing = new Set<number>();
  const order = Array.from({ length: end - start }, (_, row) => {
    const place = places.get(keys.id(start + row));
    if (place === undefined) missing.add(row);
    return place ?? -1;
  });
  const own = found
    .slice(ids.length)
    .map((column) => order.map((place) => (place < 0 ? null : column[place])));
  for (let at = 0; at < width; at++) {
    const cells = { data: features, width, at, length: order.length };
    for (const [row, value] of own[at].entries()) put(cells, row, value);
  }
  return {
    ids,
    features,
    ...(label !== undefined && { label: own[width] }),
    others: own.slice(own.length - columns.length),
    missing,
  };
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
  // NaN and the infinities leave NaN, all others 0.
  let sum = 0;
  for (let i = 0; i < features.length; i++) sum += features[i] - features[i];
  if (sum !== 0)
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
