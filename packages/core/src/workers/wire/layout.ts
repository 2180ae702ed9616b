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
import { isCloneable } from "./portable.js";

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

/** Walks a collated batch, placing every array. @throws MillraceError BATCH_NOT_TRANSFERABLE, naming the field. */
export function toLayout(value: unknown, place: Place, path = ""): Layout {
  if (isNdArray(value)) {
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
    if (value.every((item) => typeof item !== "object" && typeof item !== "function"))
      return { kind: "value", value };
    return { kind: "list", items: value.map((item, i) => toLayout(item, place, `${path}[${i}]`)) };
  }
  if (isPlainObject(value)) {
    const keys = Object.keys(value);
    const values = keys.map((key) => toLayout(value[key], place, path === "" ? key : `${path}.${key}`));
    return { kind: "object", keys, values };
  }
  if (value instanceof Map) {
    const values = [...value].map(([key, item]) => toLayout(item, place, `${path}[${String(key)}]`));
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

/** Bytes of all arrays in a batch. */
export function bytesOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (isNdArray(value)) return value.data.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + bytesOf(item), 0);
  if (value instanceof Map) return bytesOf([...value.values()]);
  return isPlainObject(value) ? bytesOf(Object.values(value)) : 0;
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
