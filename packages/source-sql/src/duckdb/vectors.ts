/** DuckDB's vectors as values: whole arrays of numbers where nothing in them is missing. */
import type { DuckDBDataChunk, DuckDBVector } from "@duckdb/node-api";
import { type Cells, type Fillable, put, type SqlValue, Unfit } from "../driver.js";

type Numbers = Float64Array | Float32Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/** What its classes for numbers have; private only to TypeScript, and an order of magnitude faster than values one by one. */
interface NumberVector {
  readonly items?: unknown;
  readonly validity?: { readonly data?: unknown };
}

function numbersOf(vector: DuckDBVector): Numbers | undefined {
  const { items, validity } = vector as unknown as NumberVector;
  if (!ArrayBuffer.isView(items) || validity === undefined || validity.data !== null) return undefined;
  return items as Numbers;
}

/** Writes a chunk's columns from row `at` on. @throws Unfit */
export function fillFromChunk(chunk: DuckDBDataChunk, columns: readonly Fillable[], at: number): void {
  const { rowCount } = chunk;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    const vector = chunk.getColumnVector(i);
    const numbers = Array.isArray(column) ? undefined : numbersOf(vector);
    const fits = numbers !== undefined && holds(column, numbers) && at + rowCount <= column.length;
    if (numbers instanceof BigInt64Array && column instanceof Float64Array && at + rowCount <= column.length)
      copyIntegers(column, numbers, at, rowCount);
    else if (fits && "data" in column) copyTo(column, numbers as Float64Array, at, rowCount);
    else if (fits) (column as Float64Array).set(numbers as Float64Array, at);
    else for (let row = 0; row < rowCount; row++) put(column, at + row, valueOf(vector.getItem(row), true));
  }
}

function copyTo({ data, width, at: own }: Cells, numbers: Float64Array, at: number, count: number): void {
  for (let row = 0, to = at * width + own; row < count; row++, to += width) data[to] = numbers[row];
}

/** By halves: a bigint for each would cost more than all else. @throws Unfit beyond 2^53. */
function copyIntegers(column: Float64Array, integers: BigInt64Array, at: number, count: number): void {
  const halves = new Int32Array(integers.buffer, integers.byteOffset, 2 * count);
  for (let row = 0; row < count; row++) {
    const value = halves[2 * row + 1] * 2 ** 32 + (halves[2 * row] >>> 0);
    if (!Number.isSafeInteger(value)) throw new Unfit(at + row, integers[row]);
    column[at + row] = value;
  }
}

/** True where every value of the one array is a value of the other, or rounded as cells round. */
function holds(column: Fillable, numbers: Numbers): boolean {
  if ("data" in column) return !(numbers instanceof BigInt64Array);
  if (column instanceof Float64Array) return !(numbers instanceof BigInt64Array);
  if (column instanceof BigInt64Array) return numbers instanceof BigInt64Array;
  return numbers instanceof Int32Array || numbers instanceof Int16Array || numbers instanceof Int8Array;
}

/** A chunk's rows; integers are bigint if `exact`. */
export function rowsOf(chunk: DuckDBDataChunk, exact: boolean): SqlValue[][] {
  const { rowCount, columnCount } = chunk;
  const vectors = Array.from({ length: columnCount }, (_, i) => chunk.getColumnVector(i));
  const whole = vectors.map(({ type }) => /INT/.test(type.toString()));
  return Array.from({ length: rowCount }, (_, row) =>
    vectors.map((vector, i) => {
      const value = vector.getItem(row);
      if (whole[i] && value !== null) return exact ? BigInt(value as number) : Number(value);
      return valueOf(value, exact);
    }),
  );
}

function valueOf(value: unknown, exact: boolean): SqlValue {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return exact ? value : Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  const { bytes, items } = value as { bytes?: Uint8Array; items?: readonly (number | bigint | null)[] };
  if (bytes !== undefined) return Uint8Array.from(bytes);
  if (items !== undefined)
    return Float32Array.from(items, (item) => (item === null ? Number.NaN : Number(item)));
  throw new TypeError("a value that the query should have made a text");
}
