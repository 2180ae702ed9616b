/** One element type per field for all batches of a loader, where nothing is declared: the first batch decides. */
import type { Dataset } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import { type DType, isNdArray, type NdArray, zeros } from "../contracts/ndarray.js";
import { join, place } from "../data/collate/kinds.js";
import { declareHint } from "../data/collate/scalars.js";
import { collatesByRule, isPlainObject } from "../data/collate.js";
import { fieldTypesOf } from "../data/field-types.js";
import { nameOf } from "../data/sample-name.js";
import { MillraceError } from "../errors.js";
import type { DataLoaderOptions } from "./options.js";

/** Types by where a field stands, as a state keeps them; int32 is left out. */
export type SavedTypes = Readonly<Record<string, DType>>;

/** What numbers that are in no array become by their values (`NumberSpan`), each able to hold less than those behind it. */
const byValues = ["int32", "float32", "float64"] as const;

/** Where a column of single numbers stands in a batch. */
interface Place {
  readonly path: string;
  readonly keys: readonly unknown[];
  readonly dtype: DType;
}

type Options = "batchSize" | "collate";

export class SettledTypes {
  readonly #dataset: Dataset | IterableDataset;
  #places: readonly Place[] | undefined;
  #saved: SavedTypes = {};

  /** What a collate function of the caller's own makes is left as it is, and so are samples without batches. */
  constructor(dataset: Dataset | IterableDataset, { batchSize, collate }: Pick<DataLoaderOptions, Options>) {
    this.#dataset = dataset;
    if (batchSize === null || !collatesByRule(collate)) this.#places = [];
  }

  /**
   * The batch with the types of the first one. A column of whole numbers becomes a float column where the first was one,
   * if no digit is lost.
   *
   * @throws MillraceError COLLATE_OVERFLOW for numbers that do not fit the type.
   */
  apply(data: unknown, indices: readonly number[]): unknown {
    this.#places ??= this.#settle(data);
    let result = data;
    for (const { path, keys, dtype } of this.#places) {
      const column = keys.reduce(at, data);
      if (!isNdArray(column) || column.dtype === dtype) continue;
      const converted = convert(column, dtype, path, indices, this.#dataset);
      if (keys.length === 0) result = converted;
      else put(keys.slice(0, -1).reduce(at, data), keys[keys.length - 1], converted);
    }
    return result;
  }

  /** Whether a first batch has been seen. */
  get areSettled(): boolean {
    return this.#places !== undefined;
  }

  /** Whether this batch, as the first, would decide anything. */
  decides(data: unknown): boolean {
    return this.#settle(data).length > 0;
  }

  save(): SavedTypes | undefined {
    const places = this.#places ?? [];
    const own = places.filter(({ dtype }) => dtype !== "int32").map(({ path, dtype }) => [path, dtype]);
    const types = this.#places === undefined ? this.#saved : (Object.fromEntries(own) as SavedTypes);
    return Object.keys(types).length === 0 ? undefined : types;
  }

  /** Goes on with the types of the loader that was saved. */
  restore(types: SavedTypes = {}): void {
    this.#saved = types;
    if (this.#places?.length !== 0) this.#places = undefined;
  }

  #settle(data: unknown): readonly Place[] {
    const columns = columnsOf(data, "", []);
    const known = columns.length === 0 ? {} : fieldTypesOf(this.#dataset);
    return columns.flatMap((found) =>
      found.path in known ? [] : [{ ...found, dtype: this.#saved[found.path] ?? found.dtype }],
    );
  }
}

function columnsOf(value: unknown, path: string, keys: readonly unknown[]): readonly Place[] {
  if (isNdArray(value)) {
    const settles = value.shape.length === 1 && byValues.some((dtype) => dtype === value.dtype);
    return settles ? [{ path, keys, dtype: value.dtype }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => columnsOf(item, `${path}[${i}]`, [...keys, i]));
  const entries: readonly (readonly [unknown, unknown])[] =
    value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : [];
  return entries.flatMap(([key, item]) => columnsOf(item, join(path, String(key)), [...keys, key]));
}

function at(value: unknown, key: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return value instanceof Map ? value.get(key) : (value as Record<PropertyKey, unknown>)[key as PropertyKey];
}

function put(container: unknown, key: unknown, value: unknown): void {
  if (container instanceof Map) container.set(key, value);
  else (container as Record<PropertyKey, unknown>)[key as PropertyKey] = value;
}

function convert(
  { dtype, data, shape }: NdArray,
  to: DType,
  path: string,
  indices: readonly number[],
  dataset: unknown,
) {
  const converted = zeros(to, shape);
  for (let i = 0; i < data.length; i++) {
    converted.data[i] = data[i];
    const fits = Object.is(converted.data[i], data[i]) || (dtype === "float64" && isRounded(to, data[i]));
    if (fits) continue;
    throw new MillraceError(
      "COLLATE_OVERFLOW",
      `${place(path)} holds ${to} numbers since the first batch, but is ${data[i]} in entry ${i}`,
      {
        where: indices[i] === undefined ? [] : [nameOf(dataset, indices[i])],
        hint: declareHint(path),
      },
    );
  }
  return converted;
}

/** A fraction may be rounded to float32, as all of its field are. */
function isRounded(to: DType, value: number): boolean {
  return to === "float32" && !Number.isInteger(value) && Number.isFinite(Math.fround(value));
}
