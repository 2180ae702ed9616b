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

/** Writes a chunk's columns, of its rows those from `from` to before `to`, from row `at` on. @throws Unfit */
export function fillFromChunk(
  chunk: DuckDBDataChunk,
  columns: readonly Fillable[],
  at: number,
  from = 0,
  to = chunk.rowCount,
): void {
  const count = to - from;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    const vector = chunk.getColumnVector(i);
    const own = Array.isArray(column) ? undefined : numbersOf(vector);
    const numbers = own?.length === count ? own : own?.subarray(from, to);
    const fits = numbers !== undefined && holds(column, numbers) && at + count <= column.length;
    if (fits && numbers instanceof BigInt64Array) copyIntegers(column as Integers, numbers, at);
    else if (fits && "data" in column) copyTo(column, numbers as Float64Array, at);
    else if (fits) (column as Float64Array).set(numbers as Float64Array, at);
    else
      for (let row = 0; row < count; row++) put(column, at + row, valueOf(vector.getItem(from + row), true));
  }
}

function copyTo({ data, width, at: own }: Cells, numbers: Float64Array, at: number): void {
  for (let row = 0, to = at * width + own; row < numbers.length; row++, to += width) data[to] = numbers[row];
}

type Integers = Int32Array | Float64Array | BigInt64Array;

/** By halves: a bigint for each would cost more than all else. @throws Unfit for what the column does not hold. */
function copyIntegers(column: Integers, integers: BigInt64Array, at: number): void {
  if (column instanceof BigInt64Array) return column.set(integers, at);
  const halves = new Int32Array(integers.buffer, integers.byteOffset, 2 * integers.length);
  for (let row = 0; row < integers.length; row++) {
    const value = halves[2 * row + 1] * 2 ** 32 + (halves[2 * row] >>> 0);
    column[at + row] = value;
    if (column[at + row] !== value || !Number.isSafeInteger(value)) throw new Unfit(at + row, integers[row]);
  }
}

/** True where every value of the one array is a value of the other, or rounded as cells round, or told apart in copying. */
function holds(column: Fillable, numbers: Numbers): boolean {
  if ("data" in column) return !(numbers instanceof BigInt64Array);
  if (numbers instanceof BigInt64Array) return !Array.isArray(column);
  if (column instanceof Float64Array) return true;
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
