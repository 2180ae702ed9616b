/** The element types of a dataset's loose numbers, as far as they are known before a batch is made. */
import type { Dataset, FieldType, FieldTypes } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import { type DType, isNdArray, isTypedArray } from "../contracts/ndarray.js";
import { endless, isPlainObject, join, mostDeep } from "./collate/kinds.js";
import { NumberSpan } from "./collate/scalars.js";

/** Where a dataset whose samples all lie in memory gives the types that hold them; what it declares goes first. */
export const inferred = Symbol("inferred fields");

export interface Inferring {
  readonly [inferred]?: () => FieldTypes;
}

const known = new WeakMap<object, FieldTypes>();

/** What a dataset declares, and what a look at all of its samples in memory says; found once. */
export function fieldTypesOf(dataset: (Dataset | IterableDataset) & Inferring): FieldTypes {
  let fields = known.get(dataset);
  if (fields === undefined) {
    fields = { ...dataset[inferred]?.(), ...dataset.fields };
    known.set(dataset, fields);
  }
  return fields;
}

/** `dataset` with the types of `samples`, hidden so that a spread copy with other samples does not take them along. */
export function infers<T extends object>(dataset: T, infer: () => FieldTypes): T {
  return Object.defineProperty(dataset, inferred, { value: infer });
}

/** One step towards a value inside a sample. */
type Key = string | number | { readonly of: unknown };

/** The types of the loose numbers and flags of all samples, which have the structure of the first. */
export function inferFields(samples: readonly unknown[]): FieldTypes {
  const fields: Record<string, { type: DType }> = {};
  for (const { path, keys } of samples.length === 0 ? [] : looseNumbers(samples[0])) {
    const span = new NumberSpan();
    let flags = true;
    for (let i = 0; i < samples.length; i++) {
      const value = keys.length === 1 ? at(samples[i], keys[0]) : keys.reduce(at, samples[i]);
      if (typeof value === "boolean") continue;
      flags = false;
      if (typeof value === "number") span.add(value);
      else if (typeof value === "bigint") span.add(Number(value));
    }
    // Flags alone are bool; among numbers they are 0 and 1, which every type holds.
    fields[path] = { type: flags ? "bool" : span.type };
  }
  return fields;
}

/** Where collation of a sample finds numbers and booleans that are in no array. */
export function looseNumbers(
  value: unknown,
  path = "",
  keys: readonly Key[] = [],
): readonly { readonly path: string; readonly keys: readonly Key[] }[] {
  if (["number", "bigint", "boolean"].includes(typeof value)) return [{ path, keys }];
  if (typeof value !== "object" || value === null || isNdArray(value) || isTypedArray(value)) return [];
  if (keys.length > mostDeep) throw endless(path);
  if (Array.isArray(value))
    return value.flatMap((item, i) => looseNumbers(item, `${path}[${i}]`, [...keys, i]));
  if (value instanceof Map) {
    return [...value].flatMap(([key, item]) =>
      looseNumbers(item, join(path, String(key)), [...keys, { of: key as unknown }]),
    );
  }
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => looseNumbers(item, join(path, key), [...keys, key]));
}

function at(value: unknown, key: Key): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (typeof key === "object") return value instanceof Map ? value.get(key.of) : undefined;
  return (value as Record<string | number, unknown>)[key];
}

/** `fields` of samples that stand at `prefix` in those of a dataset around it. */
export function fieldsWithin(prefix: string, fields: FieldTypes): FieldTypes {
  const place = (path: string) => (path === "" || path.startsWith("[") ? prefix + path : join(prefix, path));
  return Object.fromEntries(Object.entries(fields).map(([path, type]) => [place(path), type]));
}

/**
 * What holds of samples that come from either: fields that both know, float64 where their numbers differ in type, nullable
 * where one is.
 */
export function eitherFields(a: FieldTypes, b: FieldTypes): FieldTypes {
  const both = Object.entries(a).flatMap(([path, type]): [string, FieldType][] => {
    const other = b[path];
    const joint = other && eitherType(type, other);
    return joint === undefined ? [] : [[path, joint]];
  });
  return Object.fromEntries(both);
}

function eitherType(a: FieldType, b: FieldType): FieldType | undefined {
  const nullable = a.nullable === true || b.nullable === true ? { nullable: true } : {};
  if (a.type === b.type && JSON.stringify(a.shape ?? []) === JSON.stringify(b.shape ?? []))
    return { ...a, ...nullable };
  return isLooseNumber(a) && isLooseNumber(b) ? { type: "float64", ...nullable } : undefined;
}

function isLooseNumber({ type, shape }: FieldType): boolean {
  return ["int32", "float32", "float64"].includes(type) && (shape?.length ?? 0) === 0;
}
