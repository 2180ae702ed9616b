/**
 * How values reach a worker: plain data by structured clone, arrays by shared memory, and everything else (datasets,
 * functions) by its recipe, a module's export called again over there. Nothing is pickled.
 */
import { isNdArray, isTypedArray, type TypedArray } from "../../contracts/ndarray.js";
import { type Portable, recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { isPlainObject, kindOf } from "../../data/collate.js";
import { MillraceError } from "../../errors.js";

/**
 * Says how workers make `value` again, so that it can be given to a DataLoader with workers:
 *
 *     export const collate = portable((samples) => …, { module: import.meta.url, export: "collate" });
 */
export function portable<T extends object>(value: T, recipe: ValueRecipe): T & Portable {
  Object.defineProperty(value, recipeOf, { value: () => recipe, configurable: true });
  return value as T & Portable;
}

/** What crosses the thread boundary: marked objects are recipes, everything else is itself. */
export type Encoded =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "list"; readonly items: readonly Encoded[] }
  | { readonly kind: "object"; readonly keys: readonly string[]; readonly values: readonly Encoded[] }
  | {
      readonly kind: "recipe";
      readonly module: string;
      readonly export: string;
      readonly args?: readonly Encoded[];
    };

/** @throws MillraceError WORKER_RECIPE for a function or object that no worker could make; `name` is what it is called. */
export function encode(value: unknown, name: string): Encoded {
  if (isPortable(value)) {
    const { module, export: exported, args } = value[recipeOf]();
    return {
      kind: "recipe",
      module,
      export: exported,
      args: args?.map((arg, i) => encode(arg, `${name}, part ${i}`)),
    };
  }
  if (isTypedArray(value)) return { kind: "value", value: shared(value) };
  if (isNdArray(value)) return { kind: "value", value: { ...value, data: shared(value.data) } };
  if (Array.isArray(value)) {
    if (value.every(isPrimitive)) return { kind: "value", value };
    return { kind: "list", items: value.map((item, i) => encode(item, `${name}[${i}]`)) };
  }
  if (isPlainObject(value)) {
    const keys = Object.keys(value);
    return { kind: "object", keys, values: keys.map((key) => encode(value[key], `${name}.${key}`)) };
  }
  if (isPrimitive(value) || isCloneable(value)) return { kind: "value", value };
  throw new MillraceError("WORKER_RECIPE", `workers cannot make ${name} again: it is ${kindOf(value)}`, {
    hint: "Export it from a module and wrap it in `portable(value, { module: import.meta.url, export: … })`, or use numWorkers: 0.",
  });
}

/** The value in this thread. */
export async function decode(encoded: Encoded): Promise<unknown> {
  switch (encoded.kind) {
    case "value":
      return encoded.value;
    case "list":
      return Promise.all(encoded.items.map(decode));
    case "object": {
      const values = await Promise.all(encoded.values.map(decode));
      return Object.fromEntries(encoded.keys.map((key, i) => [key, values[i]]));
    }
    case "recipe":
      return remake(encoded);
    default:
      return encoded satisfies never;
  }
}

async function remake({
  module,
  export: name,
  args,
}: Extract<Encoded, { kind: "recipe" }>): Promise<unknown> {
  const exported = ((await import(module)) as Record<string, unknown>)[name];
  if (args === undefined && exported !== undefined) return exported;
  const values = await Promise.all((args ?? []).map(decode));
  if (typeof exported !== "function") {
    throw new MillraceError("WORKER_RECIPE", `${module} must export "${name}", was ${kindOf(exported)}`);
  }
  const make = exported as ((...values: unknown[]) => unknown) & (new (...values: unknown[]) => unknown);
  return isClass(make) ? new make(...values) : make(...values);
}

/** Arrays that were shared already, so that several loaders of one dataset share one copy. */
const copies = new WeakMap<TypedArray, TypedArray>();

function shared(array: TypedArray): TypedArray {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const known = copies.get(array);
  if (known !== undefined) return known;
  const Constructor = array.constructor as new (buffer: SharedArrayBuffer) => TypedArray;
  // A Buffer's constructor makes no view of shared memory.
  const Plain = Buffer.isBuffer(array) ? Uint8Array : Constructor;
  const copy = new Plain(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  copies.set(array, copy);
  return copy;
}

function isPortable(value: unknown): value is Portable {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as Partial<Portable>)[recipeOf] === "function"
  );
}

function isPrimitive(value: unknown): boolean {
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

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
