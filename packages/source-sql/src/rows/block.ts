/** Neighbouring rows, read at once: features in one array, labels as numbers, other columns as they came. */
import type { Condition, Driver, Fillable, SqlRow, SqlValue } from "../driver.js";
import { interleave } from "./interleave.js";
import type { Keys } from "./keys.js";
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
  const typed = typedColumns(reading, end - start);
  try {
    const isTyped = await fillTyped(reading, start, end, typed);
    const columns = isTyped ? typed : await fillLists(reading, start, end);
    const blocks: Block[] = [];
    for (let from = start; from < end; from += size) {
      const count = Math.min(size, end - from);
      const own = count === end - start ? columns : partOf(columns, from - start, count);
      blocks.push(blockOf(reading, from, from + count, own));
    }
    return blocks;
  } finally {
    reading.scratch.giveBack([...typed.ids, ...typed.features, ...(typed.label ? [typed.label] : [])]);
  }
}

/** The columns of `count` rows from `first` on. */
function partOf({ ids, features, label, others, missing }: Columns, first: number, count: number): Columns {
  const part = (column: Fillable): Fillable =>
    Array.isArray(column) ? column.slice(first, first + count) : column.subarray(first, first + count);
  return {
    ids: ids.map(part),
    features: features.map(part),
    ...(label && { label: part(label) }),
    others: others.map((column) => column.slice(first, first + count)),
    missing: new Set([...missing].map((row) => row - first).filter((row) => row >= 0 && row < count)),
  };
}

/** Where a block's columns are written: the keys, the features, the label if there is one, the rest. */
interface Columns {
  readonly ids: readonly Fillable[];
  readonly features: readonly Fillable[];
  readonly label?: Fillable;
  readonly others: readonly SqlValue[][];
  /** Rows that were not there. */
  readonly missing: ReadonlySet<number>;
}

function typedColumns({ opening, keys, scratch }: BlockReading, count: number): Columns {
  const { features, label, columns } = opening.layout;
  return {
    ids: opening.keys.map(({ kind }) => {
      if (kind === "text") return [];
      return keys.exact ? new BigInt64Array(count) : scratch.take(count);
    }),
    features: features.map(() => scratch.take(count)),
    ...(label !== undefined && { label: label.classes === undefined ? scratch.take(count) : [] }),
    others: columns.map(() => []),
    missing: new Set(),
  };
}

function listOf({ ids, features, label, others }: Columns): Fillable[] {
  return [...ids, ...features, ...(label === undefined ? [] : [label]), ...others];
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
  if (scratch.mustSort) return fillWith(reading, start, end, select.range(first, last), columns);
  if (await fillWith(reading, start, end, select.unsorted(first, last), columns)) return true;
  for (const list of listOf(columns)) if (Array.isArray(list)) list.length = 0;
  const isSorted = await fillWith(reading, start, end, select.range(first, last), columns);
  scratch.mustSort = isSorted;
  return isSorted;
}

async function fillWith(
  { driver, keys }: BlockReading,
  start: number,
  end: number,
  { sql, values }: Condition,
  columns: Columns,
): Promise<boolean> {
  try {
    const count = await driver.fill(sql, values, listOf(columns));
    if (count !== end - start) return false;
  } catch (error) {
    if ((error as Error | null)?.name === "Unfit") return false;
    throw error;
  }
  const { ids } = columns;
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
): Promise<Columns> {
  const { sql, values } = select.range(keys.at(start), keys.at(end - 1));
  const { features, label, columns } = opening.layout;
  const width = opening.keys.length + features.length + (label === undefined ? 0 : 1) + columns.length;
  const found = Array.from({ length: width }, (): SqlValue[] => []);
  const count = await driver.fill(sql, values, found);
  const places = new Map<unknown, number>();
  for (let row = 0; row < count; row++) {
    places.set(keys.idOf(found.slice(0, opening.keys.length).map((column) => column[row])), row);
  }
  const missing = new Set<number>();
  const order = Array.from({ length: end - start }, (_, row) => {
    const place = places.get(keys.id(start + row));
    if (place === undefined) missing.add(row);
    return place ?? -1;
  });
  const inOrder = found.map((column) => order.map((place) => (place < 0 ? null : column[place])));
  const own = inOrder.slice(opening.keys.length);
  return {
    ids: inOrder.slice(0, opening.keys.length),
    features: own.slice(0, features.length),
    ...(label !== undefined && { label: own[features.length] }),
    others: own.slice(width - opening.keys.length - columns.length),
    missing,
  };
}

function blockOf(
  { keys, reader, scratch }: BlockReading,
  start: number,
  end: number,
  columns: Columns,
): Block {
  const count = end - start;
  const unusable = new Set(columns.missing);
  const features = scratch.takeFeatures(count * columns.features.length);
  interleave(columns.features, count, features, unusable);
  const labels = new Float64Array(columns.label === undefined ? 0 : count);
  for (let row = 0; row < labels.length; row++) {
    if (unusable.has(row)) continue;
    try {
      labels[row] = reader.label(columns.label?.[row] as SqlValue, () => keys.name(start + row));
    } catch {
      unusable.add(row);
    }
  }
  const others = columns.others.reduce((sum, column) => sum + bytesOf(column), 0);
  const bytes = features.byteLength + labels.byteLength + others;
  return { start, features, labels, columns: columns.others, unusable, bytes };
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

/** A row as a driver would return it, without its key: features are left to `Block.features`. */
export function othersOf({ columns }: Block, row: number): SqlRow {
  return columns.map((column) => column[row]);
}
