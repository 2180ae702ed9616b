/** Neighbouring rows, read at once into columns. */
import {
  type Cells,
  type Condition,
  type Driver,
  type Fillable,
  isUnfit,
  put,
  type SqlValue,
} from "../driver.js";
import { between } from "./between.js";
import type { Keys } from "./keys.js";
import type { Opening } from "./opening.js";
import type { Scanning } from "./scanning.js";
import type { Scratch } from "./scratch.js";
import type { Select } from "./select.js";

export interface RangeReading {
  readonly driver: Driver;
  readonly opening: Opening;
  readonly keys: Keys;
  readonly select: Select;
  readonly scratch: Scratch;
  readonly scanning: Scanning;
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
  { opening, keys, scratch }: RangeReading,
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

export function listOf({ opening }: RangeReading, { ids, features, label, others }: Columns): Fillable[] {
  const width = opening.layout.features.length;
  const length = width === 0 ? 0 : features.length / width;
  const cells = opening.layout.features.map((_, at) => ({ data: features, width, at, length }));
  return [...ids, ...cells, ...(label === undefined ? [] : [label]), ...others];
}

/** The rows from `start` to before `end`, in these columns or in others. */
export async function readRange(
  reading: RangeReading,
  start: number,
  end: number,
  columns: Columns,
): Promise<Columns> {
  const isTyped =
    (await reading.scanning.fill(start, end, listOf(reading, columns))) ||
    (await fillTyped(reading, start, end, columns));
  return isTyped ? columns : fillLists(reading, start, end, columns);
}

/** True if the rows are the very ones that the keys name, all of them with numbers where numbers must be. */
async function fillTyped(
  reading: RangeReading,
  start: number,
  end: number,
  columns: Columns,
): Promise<boolean> {
  const { select, keys, scratch } = reading;
  if (scratch.mustSort)
    return fillWith(reading, start, end, between(reading, start, end, select.filled), columns);
  const [first, last] = [keys.at(start), keys.at(end - 1)];
  if (await fillWith(reading, start, end, select.unsorted(first, last), columns)) return true;
  if (select.isInOrder) return false;
  for (const list of listOf(reading, columns)) if (Array.isArray(list)) list.length = 0;
  const isSorted = await fillWith(reading, start, end, select.range(first, last, select.filled), columns);
  scratch.mustSort = isSorted;
  return isSorted;
}

async function fillWith(
  reading: RangeReading,
  start: number,
  end: number,
  { sql, values }: Condition,
  columns: Columns,
): Promise<boolean> {
  const { driver, keys, select } = reading;
  try {
    const count = await driver.fill(sql, values, listOf(reading, columns));
    if (count !== end - start) return false;
  } catch (error) {
    if (isUnfit(error)) return false;
    throw error;
  }
  const ids = columns.ids as readonly Exclude<Fillable, Cells>[];
  // As many as there were between the two, of rows that nobody changes.
  if (select.isInOrder) return true;
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
  reading: RangeReading,
  start: number,
  end: number,
  { ids, features }: Columns,
): Promise<Columns> {
  const { driver, opening, keys } = reading;
  const parts = opening.keys.length;
  const { sql, values } = between(reading, start, end);
  const { features: names, label, columns } = opening.layout;
  const width = names.length;
  const all = parts + width + (label === undefined ? 0 : 1) + columns.length;
  const found = Array.from({ length: all }, (): SqlValue[] => []);
  const count = await driver.fill(sql, values, found);
  const places = new Map<unknown, number>();
  for (let row = 0; row < count; row++) {
    places.set(keys.idOf(found.slice(0, parts).map((column) => column[row])), row);
  }
  const missing = new Set<number>();
  const order = Array.from({ length: end - start }, (_, row) => {
    const place = places.get(keys.id(start + row));
    if (place === undefined) missing.add(row);
    return place ?? -1;
  });
  const own = found.slice(parts).map((column) => order.map((place) => (place < 0 ? null : column[place])));
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
