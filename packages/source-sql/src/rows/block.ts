/** Neighbouring rows, read at once: features in one array, labels as numbers, other columns as they came. */
import type { Driver, Fillable, SqlRow, SqlValue } from "../driver.js";
import type { Keys } from "./keys.js";
import type { Opening } from "./opening.js";
import type { RowReader } from "./sample.js";
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
}

/** Reads the rows from `start` to before `end`. */
export async function readBlock(reading: BlockReading, start: number, end: number): Promise<Block> {
  const typed = typedColumns(reading, end - start);
  const columns = (await fillTyped(reading, start, end, typed))
    ? typed
    : await fillLists(reading, start, end);
  return blockOf(reading, start, end, columns);
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

function typedColumns({ opening, keys }: BlockReading, count: number): Columns {
  const { features, label, columns } = opening.layout;
  return {
    ids: opening.keys.map(({ kind }) => {
      if (kind === "text") return [];
      return keys.exact ? new BigInt64Array(count) : new Float64Array(count);
    }),
    features: features.map(() => new Float64Array(count)),
    ...(label !== undefined && { label: label.classes === undefined ? new Float64Array(count) : [] }),
    others: columns.map(() => []),
    missing: new Set(),
  };
}

function listOf({ ids, features, label, others }: Columns): Fillable[] {
  return [...ids, ...features, ...(label === undefined ? [] : [label]), ...others];
}

/** True if the rows are the very ones that the keys name, all of them with numbers where numbers must be. */
async function fillTyped(
  { driver, keys, select }: BlockReading,
  start: number,
  end: number,
  columns: Columns,
): Promise<boolean> {
  const { sql, values } = select.range(keys.at(start), keys.at(end - 1));
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

function blockOf({ keys, reader }: BlockReading, start: number, end: number, columns: Columns): Block {
  const count = end - start;
  const width = columns.features.length;
  const features = new Float32Array(count * width);
  const unusable = new Set(columns.missing);
  for (const [i, column] of columns.features.entries()) {
    const numbers = column instanceof Float64Array;
    for (let row = 0, at = i; row < count; row++, at += width) {
      const value = column[row];
      features[at] =
        numbers || typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
      if (!Number.isFinite(features[at])) unusable.add(row);
    }
  }
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
