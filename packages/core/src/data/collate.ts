/** torch's `default_collate`: samples become a batch, arrays and numbers gain a leading batch axis. */
import type { Allocator } from "../contracts/batch.js";
import {
  dtypeOf,
  isNdArray,
  isTypedArray,
  type NdArray,
  type TypedArray,
  zeros,
} from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";

/** Ordinary memory, for batches that cross no thread. */
export const heapAllocator: Allocator = { allocate: zeros };

/**
 * Makes a batch of samples by the kind of the first one:
 *
 * - NdArray or typed array: stacked to `[B, ...shape]`, element type kept; all must agree in type and shape;
 * - number: `[B]`, int32 if every number is whole, else float32; boolean: `[B]` bool;
 * - string: the list unchanged;
 * - plain object: the same keys, each collated (keys of the first sample; further keys of others are dropped, as in torch);
 * - array: each position collated; all must have the same length.
 *
 * @throws MillraceError COLLATE_EMPTY, COLLATE_MISMATCH, COLLATE_OVERFLOW or COLLATE_TYPE, naming the field.
 */
export function defaultCollate(samples: readonly unknown[], allocator: Allocator = heapAllocator): unknown {
  if (samples.length === 0) {
    throw new MillraceError("COLLATE_EMPTY", "a batch needs at least one sample, was given none");
  }
  return collateAt(samples, allocator, "");
}

function collateAt(values: readonly unknown[], allocator: Allocator, path: string): unknown {
  const first = values[0];
  switch (typeof first) {
    case "number":
      return collateNumbers(expectAll(values, isNumber, "a number", path), allocator, path);
    case "boolean":
      return collateBooleans(expectAll(values, isBoolean, "a boolean", path), allocator);
    case "string":
      return expectAll(values, isString, "a string", path);
    case "object":
      if (isNdArray(first)) return stack(expectAll(values, isNdArray, "an NdArray", path), allocator, path);
      if (isTypedArray(first)) {
        return stackRows(expectAll(values, isTypedArray, "a typed array", path), allocator, path);
      }
      if (Array.isArray(first)) return collateLists(values, first.length, allocator, path);
      if (isPlainObject(first)) return collateObjects(values, first, allocator, path);
  }
  throw new MillraceError(
    "COLLATE_TYPE",
    `a batch must contain NdArrays, typed arrays, numbers, booleans, strings, plain objects or arrays; ${place(path)} is ${kindOf(first)}`,
    { hint: "Convert it in a transform, or write a collate function for it." },
  );
}

/** Stacks equally shaped arrays along a new first axis, straight into the allocator's memory. */
export function stack(arrays: readonly NdArray[], allocator: Allocator = heapAllocator, path = ""): NdArray {
  const { dtype, shape } = arrays[0];
  const batch = allocator.allocate(dtype, [arrays.length, ...shape]);
  const size = arrays[0].data.length;
  for (let i = 0; i < arrays.length; i++) {
    const array = arrays[i];
    if (array.dtype !== dtype || !sameShape(array.shape, shape)) {
      throw unequal(`${dtype} [${shape.join(", ")}]`, `${array.dtype} [${array.shape.join(", ")}]`, i, path);
    }
    batch.data.set(array.data, i * size);
  }
  return batch;
}

function stackRows(rows: readonly TypedArray[], allocator: Allocator, path: string): NdArray {
  const dtype = dtypeOf(rows[0]);
  if (dtype === undefined) throw new TypeError("unreachable: isTypedArray admits known element types only");
  const length = rows[0].length;
  const batch = allocator.allocate(dtype, [rows.length, length]);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (row.length !== length || dtypeOf(row) !== dtype) {
      throw unequal(`${dtype} [${length}]`, `${dtypeOf(row)} [${row.length}]`, i, path);
    }
    batch.data.set(row, i * length);
  }
  return batch;
}

function collateNumbers(values: readonly number[], allocator: Allocator, path: string): NdArray {
  const whole = values.every((value) => Number.isInteger(value));
  const batch = allocator.allocate(whole ? "int32" : "float32", [values.length]);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (whole && (value | 0) !== value && value !== 0) {
      throw new MillraceError(
        "COLLATE_OVERFLOW",
        `a whole number must lie within int32, but ${place(path)} of entry ${i} is ${value}`,
        { hint: "Give it as a string, or as a Float64Array of one element." },
      );
    }
    batch.data[i] = value;
  }
  return batch;
}

function collateBooleans(values: readonly boolean[], allocator: Allocator): NdArray {
  const batch = allocator.allocate("bool", [values.length]);
  for (let i = 0; i < values.length; i++) batch.data[i] = values[i] ? 1 : 0;
  return batch;
}

function collateObjects(
  values: readonly unknown[],
  first: object,
  allocator: Allocator,
  path: string,
): unknown {
  const objects = expectAll(values, isPlainObject, "a plain object", path);
  const batch: Record<string, unknown> = {};
  for (const key of Object.keys(first)) {
    const column = objects.map((object, i) => {
      if (key in object) return object[key];
      throw new MillraceError(
        "COLLATE_MISMATCH",
        `every sample needs the keys of the first, but entry ${i} lacks "${join(path, key)}"`,
        {
          hint: "Give every sample the same keys.",
        },
      );
    });
    batch[key] = collateAt(column, allocator, join(path, key));
  }
  return batch;
}

function collateLists(
  values: readonly unknown[],
  length: number,
  allocator: Allocator,
  path: string,
): unknown[] {
  const lists = expectAll(values, isArray, "an array", path);
  const odd = lists.findIndex((list) => list.length !== length);
  if (odd >= 0) {
    throw unequal(`a list of ${length}`, `a list of ${lists[odd].length}`, odd, path);
  }
  return Array.from({ length }, (_, position) =>
    collateAt(
      lists.map((list) => list[position]),
      allocator,
      `${path}[${position}]`,
    ),
  );
}

const isNumber = (value: unknown): value is number => typeof value === "number";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isString = (value: unknown): value is string => typeof value === "string";
const isArray = (value: unknown): value is unknown[] => Array.isArray(value);

/** True for objects made by a literal or without a prototype: the mappings that batches may contain. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function expectAll<T>(
  values: readonly unknown[],
  is: (value: unknown) => value is T,
  what: string,
  path: string,
): readonly T[] {
  for (let i = 1; i < values.length; i++) {
    if (!is(values[i])) {
      throw new MillraceError(
        "COLLATE_MISMATCH",
        `${place(path)} is ${what} in the first sample of the batch, but ${kindOf(values[i])} in entry ${i}`,
        { hint: "Give every sample the same structure, or write a collate function." },
      );
    }
  }
  return values as readonly T[];
}

function unequal(expected: string, received: string, entry: number, path: string): MillraceError {
  return new MillraceError(
    "COLLATE_MISMATCH",
    `stacking needs every ${path === "" ? "sample" : `"${path}"`} to be of equal type and size, but got ${expected} at entry 0 and ${received} at entry ${entry}`,
    { hint: "Resize or pad in a transform, or choose a collate plugin that pads." },
  );
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function place(path: string): string {
  return path === "" ? "the sample" : `"${path}"`;
}

/** What a person would call a value in a message: "null", "an array of 3", "an instance of Map". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isNdArray(value)) return `${value.dtype} [${value.shape.join(", ")}]`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isPlainObject(value)) return `an object with keys ${Object.keys(value).join(", ") || "(none)"}`;
  if (typeof value === "object") return `an instance of ${value.constructor.name}`;
  return `a ${typeof value}`;
}
