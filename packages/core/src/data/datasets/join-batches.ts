/** Batches of several datasets as one, each sample where it was asked for. */
import type { Allocator } from "../../contracts/batch.js";
import { isNdArray, type NdArray, sizeOf } from "../../contracts/ndarray.js";
import { isPlainObject } from "../collate.js";

/** A batch, and for each of its samples the place in the joint one. */
export interface Placed {
  readonly batch: unknown;
  readonly places: readonly number[];
}

type Making = (allocator: Allocator) => unknown;

/**
 * Makes one batch of all `parts`, which have `count` samples together. Undefined where they do not go together: other
 * fields, element types or extents, or something that is neither array nor list.
 */
export function joinBatches(parts: readonly Placed[], count: number): Making | undefined {
  const values = parts.map(({ batch }) => batch);
  if (values.every(isNdArray)) return joinArrays(parts, values, count);
  if (values.every((value) => Array.isArray(value))) {
    return parts.every(isListOfSamples) ? joinLists(parts, count) : joinPlaces(parts, values, count);
  }
  return values.every(isPlainObject) ? joinFields(parts, values, count) : undefined;
}

function joinArrays(parts: readonly Placed[], arrays: readonly NdArray[], count: number): Making | undefined {
  const [{ dtype, shape }] = arrays;
  const rest = shape.slice(1);
  const agree = arrays.every(
    (array, i) =>
      array.dtype === dtype &&
      array.shape[0] === parts[i].places.length &&
      array.shape.length === shape.length &&
      rest.every((extent, axis) => extent === array.shape[axis + 1]),
  );
  if (!agree) return undefined;
  const size = sizeOf(rest);
  return (allocator) => {
    const joint = allocator.allocate(dtype, [count, ...rest]);
    for (const [part, { places }] of parts.entries()) {
      const { data } = arrays[part];
      for (const [row, place] of places.entries()) {
        if (size === 1) joint.data[place] = data[row];
        else joint.data.set(data.subarray(row * size, (row + 1) * size), place * size);
      }
    }
    return joint;
  };
}

/** What is in no array has one entry for each sample: texts, bytes, and null for none. */
function isListOfSamples({ batch, places }: Placed): boolean {
  const list = batch as readonly unknown[];
  const isValue = (value: unknown): boolean =>
    value === null || typeof value === "string" || value instanceof Uint8Array;
  return list.length === places.length && list.every(isValue);
}

function joinLists(parts: readonly Placed[], count: number): Making {
  return () => {
    const joint = new Array<unknown>(count);
    for (const { batch, places } of parts) {
      for (const [row, place] of places.entries()) joint[place] = (batch as readonly unknown[])[row];
    }
    return joint;
  };
}

function joinPlaces(
  parts: readonly Placed[],
  lists: readonly (readonly unknown[])[],
  count: number,
): Making | undefined {
  const [{ length }] = lists;
  if (lists.some((list) => list.length !== length)) return undefined;
  const made = Array.from({ length }, (_, i) =>
    joinBatches(
      parts.map(({ places }, part) => ({ batch: lists[part][i], places })),
      count,
    ),
  );
  if (!made.every((each) => each !== undefined)) return undefined;
  return (allocator) => made.map((make) => make(allocator));
}

function joinFields(
  parts: readonly Placed[],
  records: readonly Readonly<Record<string, unknown>>[],
  count: number,
): Making | undefined {
  const names = Object.keys(records[0]);
  const haveThem = (record: object): boolean =>
    Object.keys(record).length === names.length && names.every((name) => Object.hasOwn(record, name));
  if (!records.every(haveThem)) return undefined;
  const lists = records.map((record) => names.map((name) => record[name]));
  const made = joinPlaces(parts, lists, count);
  return (
    made &&
    ((allocator) => {
      const values = made(allocator) as readonly unknown[];
      return Object.fromEntries(names.map((name, i) => [name, values[i]]));
    })
  );
}
