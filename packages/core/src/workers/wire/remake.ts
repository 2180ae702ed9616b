/** The worker's side of `portable.ts`: makes again what was encoded. */
import { kindOf } from "../../data/collate.js";
import { MillraceError } from "../../errors.js";
import { thisWorker } from "../making/this-worker.js";
import { arrayTypes, type ArrayType, room } from "./copies.js";
import type { Encoded } from "./portable.js";
import { requireSame } from "./witness.js";

/** The value in this thread; a promise only where something has to be imported or waited for. */
export function decode(encoded: Encoded): unknown {
  switch (encoded.kind) {
    case "value":
      return encoded.value;
    case "array":
      return view(encoded.type, encoded.memory.buffer, encoded.offset, encoded.length);
    case "arrays":
      return viewsOf(encoded);
    case "list":
      return whenAll(encoded.items.map(decode), (items) => items);
    case "table":
      return whenAll(encoded.columns.map(decode), (columns) => rowsOf(encoded.keys, columns as unknown[][]));
    case "object":
      return whenAll(encoded.values.map(decode), (values) =>
        Object.fromEntries(encoded.keys.map((key, i) => [key, values[i]])),
      );
    case "instance":
      return remakeInstance(encoded);
    case "recipe":
      return remake(encoded);
    default:
      return encoded satisfies never;
  }
}

/** `make` of the values, at once where none of them is a promise. */
function whenAll(values: readonly unknown[], make: (values: readonly unknown[]) => unknown): unknown {
  return values.some((value) => value instanceof Promise) ? Promise.all(values).then(make) : make(values);
}

function view(type: ArrayType, memory: SharedArrayBuffer, offset: number, length: number): unknown {
  return new (arrayTypes[type] as new (memory: SharedArrayBuffer, offset: number, length: number) => unknown)(
    memory,
    offset,
    length,
  );
}

function viewsOf({ type, memory, offset, lengths }: Extract<Encoded, { kind: "arrays" }>): unknown[] {
  const size = arrayTypes[type].BYTES_PER_ELEMENT;
  let at = offset;
  return lengths.map((length) => {
    const start = at;
    at += room({ byteLength: length * size });
    return view(type, memory.buffer, start, length);
  });
}

function rowsOf(keys: readonly string[] | undefined, columns: readonly (readonly unknown[])[]): unknown[] {
  return columns[0].map((_, i) => {
    if (keys === undefined) return columns.map((column) => column[i]);
    const row: Record<string, unknown> = {};
    for (let k = 0; k < keys.length; k++) row[keys[k]] = columns[k][i];
    return row;
  });
}

async function exportOf(module: string, name: string): Promise<unknown> {
  thisWorker()?.modules.add(module);
  return ((await import(module)) as Record<string, unknown>)[name];
}

async function remake(recipe: Extract<Encoded, { kind: "recipe" }>): Promise<unknown> {
  const made = await madeOf(recipe);
  const { witness, module, export: name } = recipe;
  if (witness !== undefined) requireSame(made, witness, `${name} of ${module}`);
  return made;
}

async function madeOf({
  module,
  export: name,
  args,
}: Extract<Encoded, { kind: "recipe" }>): Promise<unknown> {
  const exported = await exportOf(module, name);
  if (args === undefined && exported !== undefined) return exported;
  const values = await Promise.all((args ?? []).map(decode));
  if (typeof exported !== "function") throw notExported(module, name, exported);
  const make = exported as ((...values: unknown[]) => unknown) & (new (...values: unknown[]) => unknown);
  return isClass(make) ? new make(...values) : make(...values);
}

/** As structured clones and pickles are made: the constructor is not called again. */
async function remakeInstance({
  module,
  export: name,
  fields,
}: Extract<Encoded, { kind: "instance" }>): Promise<unknown> {
  const exported = await exportOf(module, name);
  if (typeof exported !== "function") throw notExported(module, name, exported);
  const instance = Object.create((exported as { readonly prototype: object }).prototype) as object;
  for (const [key, value] of Object.entries((await decode(fields)) as object)) {
    Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return instance;
}

function notExported(module: string, name: string, exported: unknown): MillraceError {
  return new MillraceError("WORKER_RECIPE", `${module} must export "${name}", was ${kindOf(exported)}`, {
    hint: `Write \`export\` before ${name}, in the file that its recipe names.`,
  });
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
