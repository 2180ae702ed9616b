/** Lines of JSON Lines as samples: by the run's source where it knows how, else the fields as they stand. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import {
  type LooseFault,
  type LooseSample,
  MillraceError,
  messageOf,
  ndarray,
  type SourceInputs,
} from "@millrace/core";

type Fields = Readonly<Record<string, unknown>>;

/** Blank lines are passed over. `name` stands before the line's number; relative paths in it start at `folder`. */
export async function* jsonLines(
  from: string | Readable,
  name: string,
  folder: string,
  inputs: SourceInputs | undefined,
): AsyncGenerator<LooseSample | LooseFault> {
  const stream = typeof from === "string" ? createReadStream(from) : from;
  const failed = new Promise<never>((_, reject) => stream.once("error", reject));
  failed.catch(() => {});
  const lines = createInterface({ input: stream, crlfDelay: Infinity })[Symbol.asyncIterator]();
  try {
    for (let number = 1; ; number++) {
      const next = await Promise.race([lines.next(), failed]);
      if (next.done === true) return;
      const text = next.value.replace(/^\uFEFF/, "").trim();
      if (text === "") continue;
      yield sampleOf(text, `${name}:${number}`, folder, inputs);
    }
  } finally {
    stream.destroy();
  }
}

function sampleOf(
  text: string,
  name: string,
  folder: string,
  inputs: SourceInputs | undefined,
): LooseSample | LooseFault {
  return fieldsSample(() => parsed(text), { name, folder, inputs });
}

/** A sample of fields by name. Relative paths in them start at `folder`. */
export function fieldsSample(
  read: () => Fields,
  {
    name,
    folder,
    inputs,
  }: { readonly name: string; readonly folder: string; readonly inputs: SourceInputs | undefined },
): LooseSample | LooseFault {
  try {
    const fields = read();
    const sample = inputs?.fromValues === undefined ? asArrays(fields) : inputs.fromValues(fields, folder);
    return { name, sample };
  } catch (error) {
    return { name, error: MillraceError.from(error, "INPUT_INVALID", "the line cannot be a sample") };
  }
}

function parsed(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MillraceError("INPUT_INVALID", `a line must be JSON: ${messageOf(cause)}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new MillraceError("INPUT_INVALID", "a line must be an object of fields", {
    hint: 'Such as {"features": [1, 2, 3]}.',
  });
}

/** Lists of numbers, also lists of such lists, become float32 arrays; other values stay. */
function asArrays(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, Array.isArray(value) ? arrayOf(key, value) : value]),
  );
}

function arrayOf(key: string, list: readonly unknown[]): unknown {
  const shape: number[] = [];
  for (let inner: unknown = list; Array.isArray(inner); [inner] = inner) shape.push(inner.length);
  const flat = list.flat(Infinity);
  if (flat.every((value) => typeof value === "string")) return list;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const isEven = flat.length === size && isRegular(list, shape, 0);
  if (isEven && flat.every((value) => typeof value === "number")) {
    return ndarray(Float32Array.from(flat), shape);
  }
  throw new MillraceError("INPUT_INVALID", `"${key}" must be numbers, in lists of one length`);
}

function isRegular(list: readonly unknown[], shape: readonly number[], depth: number): boolean {
  if (list.length !== shape[depth]) return false;
  if (depth === shape.length - 1) return list.every((value) => !Array.isArray(value));
  return list.every((inner) => Array.isArray(inner) && isRegular(inner, shape, depth + 1));
}
