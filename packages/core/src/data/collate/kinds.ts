/** What collation calls values and places in its messages, and which objects it walks into. */
import { isNdArray } from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";

/** True for objects made by a literal or without a prototype: the mappings that batches may contain. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What a person would call a value in a message: "null", "an array of 3", "an instance of Map". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isNdArray(value)) return `${value.dtype} [${value.shape.join(", ")}]`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isPlainObject(value)) return `an object with keys ${Object.keys(value).join(", ") || "(none)"}`;
  if (typeof value === "object") {
    const { constructor } = value as { readonly constructor?: { readonly name: string } };
    return `an instance of ${constructor?.name ?? "a class without a name"}`;
  }
  return `a ${typeof value}`;
}

/** Containers inside containers; what goes deeper holds itself. */
export const mostDeep = 100;

/** The fault of a sample that goes deeper. */
export function endless(path: string): MillraceError {
  return new MillraceError(
    "COLLATE_TYPE",
    `a sample must end somewhere, but ${path === "" ? "this one" : `"${path.slice(0, 40)}…"`} goes on for more than ${mostDeep} levels`,
    { hint: "It holds itself: leave that out of what the dataset returns." },
  );
}

/** The path of a field inside a path. */
export function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** A path as a message names it. */
export function place(path: string): string {
  return path === "" ? "the sample" : `"${path}"`;
}

/** The fault of an entry whose kind is not that of the first. */
export function otherKind(what: string, value: unknown, entry: number, path: string): MillraceError {
  if (value === null || value === undefined) return missingValue(value, entry, path);
  return new MillraceError(
    "COLLATE_MISMATCH",
    `${place(path)} is ${what} in the first sample of the batch, but ${kindOf(value)} in entry ${entry}`,
    { entry, hint: "Give every sample the same structure, or write a collate function." },
  );
}

/** The fault of an entry that does not hold what its field is declared to hold. */
export function undeclaredKind(what: string, value: unknown, entry: number, path: string): MillraceError {
  if (value === null || value === undefined) return missingValue(value, entry, path);
  return new MillraceError(
    "COLLATE_MISMATCH",
    `${place(path)} is declared to be ${what}, but is ${kindOf(value)} in entry ${entry}`,
    { entry, hint: "Correct the sample, or the type in the dataset's `fields`." },
  );
}

/** The fault of an entry that has no value, where the field's type does not say that this may be. */
export function missingValue(value: null | undefined, entry: number, path: string): MillraceError {
  const hint =
    path === ""
      ? "Let the dataset and its transforms return a sample for each index. What is to be passed over they throw, with `onError` in the loader."
      : `Fill it in with the transform fill-missing, or leave such samples out: missing: "drop" in the \`columns\` of the source. For batches with NaN (null, of texts) in its place, declare the field in the dataset's \`fields\`: { ${JSON.stringify(path)}: { type: "float32", nullable: true } }.`;
  return new MillraceError(
    "COLLATE_TYPE",
    `a batch must have a value of every sample, but ${place(path)} is ${value} in entry ${entry}`,
    { entry, hint },
  );
}

/** The fault of an entry whose size is not that of the first. */
export function otherSize(expected: string, received: string, entry: number, path: string): MillraceError {
  return new MillraceError(
    "COLLATE_MISMATCH",
    `stacking needs every ${path === "" ? "sample" : `"${path}"`} to be of equal size, but got ${expected} at entry 0 and ${received} at entry ${entry}`,
    { entry, hint: "Resize or pad in a transform, or choose a collate plugin that pads." },
  );
}
