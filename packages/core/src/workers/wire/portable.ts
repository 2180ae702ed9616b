/**
 * How values reach a worker: plain data by structured clone, arrays by shared memory, and everything else (datasets,
 * functions, instances of classes) by its recipe, a module's export over there. Nothing is pickled.
 */
import { type Portable, recipeOf, type ValueRecipe } from "../../contracts/recipe.js";
import { endless, isPlainObject, kindOf, mostDeep } from "../../data/collate/kinds.js";
import { MillraceError } from "../../errors.js";
import { type AnyArray, type ArrayType, type Copy, copyableType, copyOf, room } from "./copies.js";
import { classRecipe } from "./instances.js";
import { isCloneable, isPrimitive } from "./plain.js";
import { type Witness, witnessOf } from "./witness.js";

/**
 * Says how workers make `value` again, so that it can be given to a DataLoader with workers:
 *
 *     export const collate = portable((samples) => …, { module: import.meta.url, export: "collate" });
 */
export function portable<T extends object>(value: T, recipe: ValueRecipe): T & Portable {
  Object.defineProperty(value, recipeOf, { value: () => recipe, configurable: true });
  return value as T & Portable;
}

/** Shared memory, known once everything has been encoded; one object for all that lies in it. */
interface Memory {
  buffer: SharedArrayBuffer;
}

/** What crosses the thread boundary: marked objects are recipes, everything else is itself. */
export type Encoded =
  | { readonly kind: "value"; readonly value: unknown }
  | {
      readonly kind: "array";
      readonly type: ArrayType;
      readonly memory: Memory;
      readonly offset: number;
      readonly length: number;
    }
  /** Arrays of one type that lie one behind the other. */
  | {
      readonly kind: "arrays";
      readonly type: ArrayType;
      readonly memory: Memory;
      readonly offset: number;
      readonly lengths: readonly number[];
    }
  | { readonly kind: "list"; readonly items: readonly Encoded[] }
  /** A list of objects with the same keys, or of lists of the same length, by columns: few nodes for many samples. */
  | {
      readonly kind: "table";
      readonly keys: readonly string[] | undefined;
      readonly columns: readonly Encoded[];
    }
  | { readonly kind: "object"; readonly keys: readonly string[]; readonly values: readonly Encoded[] }
  /** An instance of an exported class: its fields, without calling the constructor. */
  | { readonly kind: "instance"; readonly module: string; readonly export: string; readonly fields: Encoded }
  | {
      readonly kind: "recipe";
      readonly module: string;
      readonly export: string;
      readonly args?: readonly Encoded[];
      readonly witness?: Witness | undefined;
    };

/** A value as it was at one moment, and the shared memory that it refers to. */
export interface Snapshot {
  readonly encoded: Encoded;
  readonly copies: readonly Copy[];
}

/**
 * Takes a snapshot of `value`, whose `name` messages use.
 * @throws MillraceError WORKER_RECIPE for a function or object that no worker could make.
 */
export function encode(value: unknown, name: string): Snapshot {
  const copies: Copy[] = [];
  const encoded = inPiece(value, copies, (pack) =>
    encodeValue(value, { name: () => name, pack, copies, depth: 0 }),
  );
  return { encoded, copies };
}

/** Arrays smaller than this lie together in one piece of memory: a piece each costs more than what is in it. */
const smallBytes = 65_536;
/** Rows of more positions than this are no samples, but data. */
const mostColumns = 16;

/** Small arrays that will lie in one piece. */
interface Pack {
  readonly memory: Memory;
  readonly arrays: AnyArray[];
  bytes: number;
}

interface Context {
  readonly name: () => string;
  readonly pack: Pack;
  readonly copies: Copy[];
  readonly depth: number;
}

/** Encodes what belongs to `owner`; its small arrays get a piece of their own, so that it can be found again. */
function inPiece<T>(owner: unknown, copies: Copy[], run: (pack: Pack) => T): T {
  const pack: Pack = { memory: { buffer: nothing }, arrays: [], bytes: 0 };
  const result = run(pack);
  if (pack.arrays.length === 0) return result;
  const copy = copyOf(owner as object, pack.arrays);
  pack.memory.buffer = copy.memory;
  copies.push(copy);
  return result;
}

const nothing = new SharedArrayBuffer(0);

function encodeValue(value: unknown, context: Context): Encoded {
  if (isPrimitive(value)) return { kind: "value", value };
  const { name, depth, copies } = context;
  if (depth > mostDeep) throw endless(name());
  const recipe = classRecipe(value, name) ?? (isPortable(value) ? value[recipeOf]() : undefined);
  if (recipe !== undefined) {
    return inPiece(value, copies, (pack) => encodeRecipe(value as object, recipe, { ...context, pack }));
  }
  const type = copyableType(value);
  if (type !== undefined) return encodeArray(value as AnyArray, type, context);
  if (Array.isArray(value)) return encodeList(value, (i) => `${name()}[${i}]`, context);
  if (isPlainObject(value)) {
    const keys = Object.keys(value);
    return {
      kind: "object",
      keys,
      values: keys.map((key) => encodeValue(value[key], within(context, `.${key}`))),
    };
  }
  if (
    value instanceof SharedArrayBuffer ||
    (ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer)
  ) {
    return { kind: "value", value };
  }
  if (isCloneable(value)) return { kind: "value", value: structuredClone(value) };
  throw unmakeable(name(), kindOf(value));
}

function within(context: Context, part: string): Context {
  return { ...context, name: () => `${context.name()}${part}`, depth: context.depth + 1 };
}

type AnyRecipe = ValueRecipe & { readonly fields?: Readonly<Record<string, unknown>> };

function encodeRecipe(value: object, recipe: AnyRecipe, context: Context): Encoded {
  const { module, export: exported, args, fields } = recipe;
  // The `import.meta.url` of `node -e`, and of the standard input.
  if (/\/\[eval\d*\]$/.test(module)) throw unmakeable(context.name(), "defined in a script without a file");
  if (fields !== undefined) {
    return { kind: "instance", module, export: exported, fields: encodeValue(fields, within(context, "")) };
  }
  const parts = args?.map((arg, i) => encodeValue(arg, within(context, `, part ${i}`)));
  return { kind: "recipe", module, export: exported, args: parts, witness: witnessOf(value) };
}

function encodeArray(array: AnyArray, type: ArrayType, { pack, copies }: Context): Encoded {
  const { length } = array;
  if (array.byteLength < smallBytes) {
    return { kind: "array", type, memory: pack.memory, offset: add(pack, array), length };
  }
  const copy = copyOf(array, [array]);
  copies.push(copy);
  return { kind: "array", type, memory: { buffer: copy.memory }, offset: 0, length };
}

/** The byte at which the array will lie. */
function add(pack: Pack, array: AnyArray): number {
  const offset = pack.bytes;
  pack.arrays.push(array);
  pack.bytes += room(array);
  return offset;
}

function encodeList(items: readonly unknown[], name: (i: number) => string, context: Context): Encoded {
  // A copy: what the list holds now counts, also for a worker that is started again later.
  if (items.every(isPrimitive)) return { kind: "value", value: items.slice() };
  if (context.depth > mostDeep) throw endless(name(0));
  const inner = { ...context, depth: context.depth + 1 };
  const type = copyableType(items[0]);
  if (type !== undefined && items.every((item) => copyableType(item) === type && isSmall(item))) {
    const { pack } = context;
    const offset = pack.bytes;
    const lengths = (items as readonly AnyArray[]).map((array) => (add(pack, array), array.length));
    return { kind: "arrays", type, memory: pack.memory, offset, lengths };
  }
  const keys = columnsOf(items);
  if (keys === undefined) {
    return {
      kind: "list",
      items: items.map((item, i) => encodeValue(item, { ...inner, name: () => name(i) })),
    };
  }
  const rows = items as readonly Readonly<Record<string | number, unknown>>[];
  const columns = keys.map((key) => {
    const part = typeof key === "number" ? `[${key}]` : `.${key}`;
    return encodeList(
      rows.map((row) => row[key]),
      (i) => `${name(i)}${part}`,
      inner,
    );
  });
  return { kind: "table", keys: typeof keys[0] === "number" ? undefined : (keys as string[]), columns };
}

function isSmall(array: unknown): boolean {
  return (array as AnyArray).byteLength < smallBytes;
}

/** The keys or positions that all rows have, in the same order; undefined where rows differ. */
function columnsOf(rows: readonly unknown[]): readonly (string | number)[] | undefined {
  if (rows.length < 2) return undefined;
  const [first] = rows;
  if (isPlainList(first)) {
    const { length } = first;
    const alike =
      length > 0 && length <= mostColumns && rows.every((row) => isPlainList(row) && row.length === length);
    return alike ? first.map((_, i) => i) : undefined;
  }
  if (!isPlainObject(first) || isPortable(first)) return undefined;
  const keys = Object.keys(first);
  if (keys.length === 0 || keys.includes("__proto__")) return undefined;
  const alike = (row: unknown): boolean => {
    if (!isPlainObject(row) || isPortable(row)) return false;
    const own = Object.keys(row);
    return own.length === keys.length && own.every((key, i) => key === keys[i]);
  };
  return rows.every(alike) ? keys : undefined;
}

function isPlainList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && !isPortable(value);
}

function unmakeable(name: string, kind: string): MillraceError {
  return new MillraceError("WORKER_RECIPE", `workers cannot make ${name} again: it is ${kind}`, {
    hint: "Export it from a module and wrap it in `portable(value, { module: import.meta.url, export: … })`, give its class `static [recipeOf] = import.meta.url`, or use numWorkers: 0.",
  });
}

export function isPortable(value: unknown): value is Portable {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as Partial<Portable>)[recipeOf] === "function"
  );
}
