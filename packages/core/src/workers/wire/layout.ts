/** A batch as bytes and structure: its arrays lie in one slot, the layout says where, and everything else rides along. */
import {
  arrayConstructors,
  dtypeOf,
  isNdArray,
  type DType,
  type NdArray,
  sizeOf,
} from "../../contracts/ndarray.js";
import { isPlainObject, kindOf } from "../../data/collate.js";
import { MillraceError } from "../../errors.js";
import { isCloneable, isPrimitive } from "./plain.js";

/** The structure of a batch, small and cloneable. */
export type Layout =
  | {
      readonly kind: "ndarray";
      readonly dtype: DType;
      readonly shape: readonly number[];
      readonly offset: number;
    }
  | { readonly kind: "typedArray"; readonly dtype: DType; readonly length: number; readonly offset: number }
  | { readonly kind: "object"; readonly keys: readonly string[]; readonly values: readonly Layout[] }
  | { readonly kind: "map"; readonly keys: readonly unknown[]; readonly values: readonly Layout[] }
  | { readonly kind: "list"; readonly items: readonly Layout[] }
  | { readonly kind: "value"; readonly value: unknown };

/** Stores one array and says at which byte of the slot it lies. */
export type Place = (array: NdArray) => number;

/** Containers inside containers; what goes deeper holds itself. */
const mostDeep = 100;

/**
 * Walks a collated batch, placing every array.
 * @throws MillraceError BATCH_NOT_TRANSFERABLE or BATCH_INVALID, naming the field.
 */
export function toLayout(value: unknown, place: Place, path = "", depth = 0): Layout {
  if (depth > mostDeep) throw endless(path);
  if (isNdArray(value)) {
    requireWhole(value, path);
    return { kind: "ndarray", dtype: value.dtype, shape: value.shape, offset: place(value) };
  }
  if (ArrayBuffer.isView(value)) {
    const dtype = dtypeOf(value);
    if (dtype === undefined) return { kind: "value", value };
    const data = value as NdArray["data"];
    return {
      kind: "typedArray",
      dtype,
      length: data.length,
      offset: place({ dtype, shape: [data.length], data }),
    };
  }
  if (Array.isArray(value)) {
    // A list of strings or numbers is cloned whole: no node for each of its items.
    if (value.every(isPrimitive)) return { kind: "value", value };
    return { kind: "list", items: value.map((item, i) => toLayout(item, place, `${path}[${i}]`, depth + 1)) };
  }
  if (isPlainObject(value)) {
    const keys = Object.keys(value);
    const values = keys.map((key) =>
      toLayout(value[key], place, path === "" ? key : `${path}.${key}`, depth + 1),
    );
    return { kind: "object", keys, values };
  }
  if (value instanceof Map) {
    for (const key of value.keys())
      if (!isPrimitive(key)) throw untransferable(key, `a key of ${path || "it"}`);
    const values = [...value].map(([key, item]) =>
      toLayout(item, place, `${path}[${String(key)}]`, depth + 1),
    );
    return { kind: "map", keys: [...value.keys()], values };
  }
  if (typeof value === "function" || typeof value === "symbol") throw untransferable(value, path);
  if (typeof value === "object" && value !== null && !isCloneable(value)) throw untransferable(value, path);
  return { kind: "value", value };
}

function untransferable(value: unknown, path: string): MillraceError {
  return new MillraceError(
    "BATCH_NOT_TRANSFERABLE",
    `a batch made in a worker must consist of arrays and plain data, but ${path || "it"} is ${kindOf(value)}`,
    { hint: "Leave it out of what collate returns, or use numWorkers: 0." },
  );
}

/** @throws MillraceError BATCH_INVALID for an array that is not what it says, which no memory could be found for. */
function requireWhole({ dtype, shape, data }: NdArray, path: string): void {
  const own = dtypeOf(data);
  if (own === dtype || (dtype === "bool" && own === "uint8")) {
    let size = 1;
    for (const extent of shape) size *= Number.isInteger(extent) && extent >= 0 ? extent : Number.NaN;
    if (size === data.length) return;
  }
  const elements = data.length === 1 ? "1 element" : `${data.length} elements`;
  throw new MillraceError(
    "BATCH_INVALID",
    `an array's dtype, shape and data must agree, but ${path === "" ? "the batch" : `"${path}"`} says ${dtype} [${shape.join(", ")}], and its data is a ${data.constructor.name} of ${elements}`,
    { hint: "Make arrays with `allocate(dtype, shape)` or `ndarray(data, shape)`, which keep them whole." },
  );
}

function endless(path: string): MillraceError {
  return new MillraceError(
    "BATCH_INVALID",
    `a batch must end somewhere, but "${path.slice(0, 40)}…" goes on for more than ${mostDeep} levels`,
    { hint: "It holds itself: leave that out of what collate returns." },
  );
}

/** Bytes of all arrays in a batch that stays in this thread. @throws MillraceError BATCH_INVALID, naming the field. */
export function bytesOf(value: unknown, path = "", depth = 0): number {
  if (depth > mostDeep) throw endless(path);
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (isNdArray(value)) {
    requireWhole(value, path);
    return value.data.byteLength;
  }
  let bytes = 0;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (typeof value[i] === "object") bytes += bytesOf(value[i], `${path}[${i}]`, depth + 1);
    }
  } else if (value instanceof Map) {
    for (const [key, item] of value) bytes += bytesOf(item, `${path}[${String(key)}]`, depth + 1);
  } else if (isPlainObject(value)) {
    for (const key of Object.keys(value))
      bytes += bytesOf(value[key], path === "" ? key : `${path}.${key}`, depth + 1);
  }
  return bytes;
}

/** The batch of a layout, its arrays views of `buffer`. */
export function fromLayout(layout: Layout, buffer: SharedArrayBuffer): unknown {
  switch (layout.kind) {
    case "ndarray":
      return {
        dtype: layout.dtype,
        shape: layout.shape,
        data: view(layout.dtype, sizeOf(layout.shape), layout.offset, buffer),
      };
    case "typedArray":
      return view(layout.dtype, layout.length, layout.offset, buffer);
    case "object":
      return Object.fromEntries(layout.keys.map((key, i) => [key, fromLayout(layout.values[i], buffer)]));
    case "map":
      return new Map(layout.keys.map((key, i) => [key, fromLayout(layout.values[i], buffer)]));
    case "list":
      return layout.items.map((item) => fromLayout(item, buffer));
    case "value":
      return layout.value;
    default:
      return layout satisfies never;
  }
}

export function view(
  dtype: DType,
  length: number,
  offset: number,
  buffer: SharedArrayBuffer,
): NdArray["data"] {
  return new (
    arrayConstructors[dtype] as new (
      buffer: ArrayBufferLike,
      offset: number,
      length: number,
    ) => NdArray["data"]
  )(buffer, offset, length);
}
