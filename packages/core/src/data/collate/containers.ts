/** Objects, Maps and lists of a batch: one batch per field or position, in a container of the same class. */
import { MillraceError } from "../../errors.js";
import { isPlainObject, join, otherKind, otherSize } from "./kinds.js";

/** Collates what stands at one place of all samples. */
export type CollateColumn = (values: readonly unknown[], path: string) => unknown;

/** The keys of the first sample, each collated; further keys of others are dropped, as in torch. */
export function collateObjects(
  values: readonly unknown[],
  first: Readonly<Record<string, unknown>>,
  collate: CollateColumn,
  path: string,
): Record<string, unknown> {
  for (let i = 1; i < values.length; i++) {
    if (!isPlainObject(values[i])) throw otherKind("a plain object", values[i], i, path);
  }
  const objects = values as readonly Readonly<Record<string, unknown>>[];
  const entries = Object.keys(first).map((key): [string, unknown] => {
    const column = new Array<unknown>(objects.length);
    for (let i = 0; i < objects.length; i++) {
      const value = objects[i][key];
      if (value === undefined && !Object.hasOwn(objects[i], key)) throw lacks(key, i, path);
      column[i] = value;
    }
    return [key, collate(column, join(path, key))];
  });
  return Object.fromEntries(entries);
}

/** As objects; a subclass of Map stays one, with its own properties. */
export function collateMaps(
  values: readonly unknown[],
  first: ReadonlyMap<unknown, unknown>,
  collate: CollateColumn,
  path: string,
): Map<unknown, unknown> {
  const entries = [...first.keys()].map((key): [unknown, unknown] => {
    const column = values.map((map, i) => {
      if (!(map instanceof Map)) throw otherKind("a Map", map, i, path);
      if (!map.has(key)) throw lacks(String(key), i, path);
      return map.get(key) as unknown;
    });
    return [key, collate(column, join(path, String(key)))];
  });
  return mapLike(first, entries);
}

/** Each position collated; all must be of equal length. A subclass of Array stays one, with its own properties. */
export function collateLists(
  values: readonly unknown[],
  first: readonly unknown[],
  collate: CollateColumn,
  path: string,
): unknown[] {
  const { length } = first;
  for (let i = 1; i < values.length; i++) {
    const list = values[i];
    if (!Array.isArray(list)) throw otherKind("an array", list, i, path);
    if (list.length !== length) throw otherSize(`a list of ${length}`, `a list of ${list.length}`, i, path);
  }
  const lists = values as readonly (readonly unknown[])[];
  const items = Array.from({ length }, (_, position) => {
    const column = new Array<unknown>(lists.length);
    for (let i = 0; i < lists.length; i++) column[i] = lists[i][position];
    return collate(column, `${path}[${position}]`);
  });
  return listLike(first, items);
}

/** `items` in a list of the class of `original`, made without calling its constructor: torch's `copy.copy` and update. */
export function listLike(original: readonly unknown[], items: unknown[]): unknown[] {
  if (original.constructor === Array) return items;
  const copy = Reflect.construct(Array, [], original.constructor) as unknown[];
  return Object.assign(copy, original, items);
}

/** `entries` in a Map of the class of `original`. */
export function mapLike(
  original: ReadonlyMap<unknown, unknown>,
  entries: readonly [unknown, unknown][],
): Map<unknown, unknown> {
  if (original.constructor === Map) return new Map(entries);
  const copy = Reflect.construct(Map, [], original.constructor) as Map<unknown, unknown>;
  for (const [key, value] of entries) Map.prototype.set.call(copy, key, value);
  return Object.assign(copy, original);
}

function lacks(key: string, entry: number, path: string): MillraceError {
  return new MillraceError(
    "COLLATE_MISMATCH",
    `every sample needs the keys of the first, but entry ${entry} lacks "${join(path, key)}"`,
    { entry, hint: "Give every sample the same keys." },
  );
}
