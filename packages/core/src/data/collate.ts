/** torch's `default_collate`: samples become a batch, arrays and numbers gain a leading batch axis. */
import type { Allocator } from "../contracts/batch.js";
import type { Collated } from "../contracts/collated.js";
import type { FieldTypes } from "../contracts/dataset.js";
import { isNdArray, isTypedArray } from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";
import { collateLists, collateMaps, collateObjects } from "./collate/containers.js";
import { collateDeclared } from "./collate/declared.js";
import { endless, isPlainObject, kindOf, missingValue, mostDeep, otherKind, place } from "./collate/kinds.js";
import { collateBooleans, collateNumbers, typeAt } from "./collate/scalars.js";
import { heapAllocator, stack } from "./collate/stack.js";
import { madeBy } from "./recipe-of.js";

export { defaultConvert } from "./collate/convert.js";
export { isPlainObject, kindOf } from "./collate/kinds.js";
export { promoteTypes } from "./collate/promote.js";
export { heapAllocator, stack } from "./collate/stack.js";

/** What a collate function of one type is given along with the values. */
export interface CollateContext {
  readonly allocator: Allocator;
  /** Where in the sample the values stand, such as "x.y" or "[1]"; empty for the sample itself. */
  readonly path: string;
  /** Collates values that the type is made of, by all rules; `path` is what messages call them. */
  collate(values: readonly unknown[], path?: string): unknown;
}

/** Makes one batch of the values of one type. */
export type TypeCollate = (values: readonly never[], context: CollateContext) => unknown;

/** A class, or `String`, `Number`, `Boolean`, `BigInt` for primitives. */
export type CollateType = (abstract new (...values: never[]) => unknown) | BigIntConstructor;

/** Rules of one's own for `createCollate` (torch's `collate_fn_map`). */
export interface CollateOptions {
  /**
   * Rules of one's own, asked before all others: the entry whose class is exactly that of the first value, else the first
   * entry that the value is an instance of. Torch's `collate_fn_map`, but given, not global: workers make it again.
   */
  readonly types?: readonly (readonly [CollateType, TypeCollate])[];
}

/** `defaultCollate` has this type. */
export type DefaultCollate = <S>(
  samples: readonly S[],
  allocator?: Allocator,
  fields?: FieldTypes,
) => Collated<S>;

/**
 * Makes a collate function with the rules of `defaultCollate` and rules for types of one's own:
 *
 *     createCollate({ types: [[Graph, (graphs: readonly Graph[], { collate }) => collate(graphs.map((g) => g.nodes))]] })
 */
export function createCollate({ types = [] }: CollateOptions = {}): DefaultCollate {
  const own = (samples: readonly unknown[], allocator = heapAllocator, fields?: FieldTypes): unknown => {
    if (samples.length === 0) {
      throw new MillraceError("COLLATE_EMPTY", "a batch needs at least one sample, was given none");
    }
    let depth = 0;
    const collate = (values: readonly unknown[], path: string): unknown => {
      if (depth > mostDeep) throw endless(path);
      depth++;
      const own = types.length === 0 ? undefined : ownRule(types, values[0]);
      const batch =
        own === undefined
          ? collateColumn(values, allocator, path, collate, fields)
          : own(values as readonly never[], {
              allocator,
              path,
              collate: (parts, at = path) => collate(parts, at),
            });
      depth--;
      return batch;
    };
    return collate(samples, "");
  };
  byRule.add(own);
  return own as DefaultCollate;
}

/** The functions that give loose numbers a type by their values. */
const byRule = new WeakSet<object>();

/** True where loose numbers of batches have the type that their values give them; undefined stands for the default. */
export function collatesByRule(collate: object | undefined): boolean {
  return collate === undefined || byRule.has(collate);
}

/**
 * Makes a batch of B samples by the kind of the first one (torch.utils.data.default_collate):
 *
 * - NdArray or typed array: stacked to `[B, ...shape]`; shapes must agree, element types meet in `promoteTypes`;
 * - number or bigint: `[B]` of the type that `fields` has for it (a loader settles it once); else by these values alone:
 *   int32 if every one is whole, else float32, and float64 for whole numbers that these would not hold;
 * - boolean: `[B]` bool; among numbers, the numbers 1 and 0;
 * - string, ArrayBuffer: the list unchanged; so are Uint8Arrays of a field that `fields` says holds bytes;
 * - null: where `fields` says that the field is nullable, NaN among numbers and null among texts and bytes;
 * - plain object, Map: the same keys, each collated (keys of the first sample; further keys of others are dropped);
 * - array: each position collated; all must have the same length.
 *
 * Subclasses of Map and Array keep their class. An instance of any other class is an error; see `createCollate`.
 *
 * @throws MillraceError COLLATE_EMPTY, COLLATE_MISMATCH, COLLATE_OVERFLOW or COLLATE_TYPE, naming the field.
 */
export const defaultCollate: DefaultCollate = madeBy(createCollate(), {
  module: import.meta.url,
  export: "defaultCollate",
});

function collateColumn(
  values: readonly unknown[],
  allocator: Allocator,
  path: string,
  collate: (values: readonly unknown[], path: string) => unknown,
  fields: FieldTypes | undefined,
): unknown {
  const first = values[0];
  const declared = fields?.[path];
  const known = declared && collateDeclared(values, allocator, path, declared);
  if (known !== undefined) return known;
  switch (typeof first) {
    case "number":
    case "bigint":
      return collateNumbers(values, allocator, path, typeAt(fields, path));
    case "boolean":
      return collateBooleans(values, allocator, path, typeAt(fields, path));
    case "string":
      return sameKind(values, (value) => typeof value === "string", "a string", path);
    case "object":
      if (isNdArray(first) || isTypedArray(first)) return stack(values as (typeof first)[], allocator, path);
      if (Array.isArray(first)) return collateLists(values, first, collate, path);
      if (isPlainObject(first)) return collateObjects(values, first, collate, path);
      if (first instanceof Map) return collateMaps(values, first, collate, path);
      if (isBuffer(first)) return sameKind(values, isBuffer, "an ArrayBuffer", path);
  }
  if (first === null || first === undefined) throw missingValue(first, 0, path);
  throw new MillraceError(
    "COLLATE_TYPE",
    `a batch must contain NdArrays, typed arrays, numbers, booleans, strings, Maps, plain objects or arrays; ${place(path)} is ${kindOf(first)}`,
    {
      entry: 0,
      hint: "Convert it in a transform, or write a collate function for it: `createCollate({ types })`.",
    },
  );
}

function ownRule(types: NonNullable<CollateOptions["types"]>, value: unknown): TypeCollate | undefined {
  if (value === null || value === undefined) return undefined;
  const { constructor } = value;
  const [, rule] =
    types.find(([type]) => type === constructor) ?? types.find(([type]) => value instanceof type) ?? [];
  return rule;
}

function sameKind(
  values: readonly unknown[],
  is: (value: unknown) => boolean,
  what: string,
  path: string,
): readonly unknown[] {
  for (let i = 1; i < values.length; i++) if (!is(values[i])) throw otherKind(what, values[i], i, path);
  return values;
}

function isBuffer(value: unknown): boolean {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}
