/** Values that cross the thread boundary by themselves, and whether what crossed is the same still. */
import { isDeepStrictEqual } from "node:util";
import { isPlainObject } from "../../data/collate.js";

export function isPrimitive(value: unknown): boolean {
  return (
    value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol")
  );
}

/** Objects that a structured clone keeps whole. */
export function isCloneable(value: unknown): boolean {
  return (
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof ArrayBuffer ||
    value instanceof SharedArrayBuffer ||
    ArrayBuffer.isView(value) ||
    ((value instanceof Map || value instanceof Set) && [...value].flat().every(isPrimitive))
  );
}

/** True where two snapshots make the same values: arrays lie in the same memory, everything else is equal. */
export function sameSnapshot(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (isPrimitive(a) || isPrimitive(b)) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameSnapshot(item, b[i]));
  }
  if (isPlainObject(a) && isPlainObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameSnapshot(a[key], b[key]))
    );
  }
  return !(a instanceof SharedArrayBuffer) && isDeepStrictEqual(a, b);
}
