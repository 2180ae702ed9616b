/** Columns that are collated by what their field is declared to hold, since values alone do not tell: missing ones, bytes. */
import type { Allocator } from "../../contracts/batch.js";
import type { FieldType } from "../../contracts/dataset.js";
import { arrayConstructors, type DType } from "../../contracts/ndarray.js";
import { undeclaredKind } from "./kinds.js";
import { collateNumbers } from "./scalars.js";

/** The batch of one field; undefined where its values say themselves how. */
export function collateDeclared(
  values: readonly unknown[],
  allocator: Allocator,
  path: string,
  { type, shape, nullable = false }: FieldType,
): unknown {
  if ((shape?.length ?? 0) > 0) return undefined;
  switch (type) {
    case "text":
      return nullable ? list(values, isText, "a string", path, nullable) : undefined;
    case "bytes":
      return list(values, isBytes, "bytes", path, nullable);
    case "date":
      return collateNumbers(values, allocator, path, "float64", nullable);
    case "image":
      return undefined;
    default:
      if (!nullable || !Object.hasOwn(arrayConstructors, type)) return undefined;
      return collateNumbers(values, allocator, path, type, holdsNaN(type));
  }
}

function holdsNaN(type: DType): boolean {
  return type === "float32" || type === "float64";
}

function list(
  values: readonly unknown[],
  is: (value: unknown) => boolean,
  what: string,
  path: string,
  nullable: boolean,
): readonly unknown[] {
  for (let i = 0; i < values.length; i++) {
    if (!is(values[i]) && !(nullable && values[i] === null)) throw undeclaredKind(what, values[i], i, path);
  }
  return values;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}
