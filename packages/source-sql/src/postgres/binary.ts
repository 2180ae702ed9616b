/**
 * Values as `COPY … (FORMAT binary)` has them: network byte order, by the type's number in pg_type
 * (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4).
 */
import { type Cells, type Fillable, put, type SqlValue, Unfit } from "../driver.js";

/** Reads the value of `length` bytes at `at`. */
export type Decode = (bytes: Buffer, view: DataView, at: number, length: number) => SqlValue;

/** Where a row's values go: they come in the order of the columns. */
export interface Sink {
  /** Values of a row. */
  readonly width: number;
  value(column: number, bytes: Buffer, view: DataView, at: number, length: number): void;
  missing(column: number): void;
  endRow(): void;
}

const decoders: Readonly<Record<number, Decode>> = {
  16: (bytes, _, at) => bytes[at],
  17: (bytes, _, at, length) => Uint8Array.prototype.slice.call(bytes, at, at + length),
  20: integer,
  21: (_, view, at) => view.getInt16(at),
  23: (_, view, at) => view.getInt32(at),
  26: (_, view, at) => view.getUint32(at),
  700: (_, view, at) => view.getFloat32(at),
  701: (_, view, at) => view.getFloat64(at),
  1021: (_, view, at) => floats(view, at, 4),
  1022: (_, view, at) => floats(view, at, 8),
};

/** Most are numbers, which are read faster than bigint. */
function integer(_: Buffer, view: DataView, at: number): number | bigint {
  const high = view.getInt32(at);
  if (high >= -(2 ** 20) && high < 2 ** 20) return high * 2 ** 32 + view.getUint32(at + 4);
  return view.getBigInt64(at);
}

const text: Decode = (bytes, _, at, length) => bytes.toString("utf8", at, at + length);

/** Whatever is no number here was made a text by the query. */
export function decoderOf(oid: number): Decode {
  return decoders[oid] ?? text;
}

/** Integers that arrive as bigint where none may be rounded. */
export const integerTypes: ReadonlySet<number> = new Set([20, 21, 23, 26]);

/** Types that queries cast to: they stay, whatever becomes of a column's own. */
export const castTypes: ReadonlySet<number> = new Set([16, 20, 25, 701, 1021]);

/** An array: dimensions, whether there are NULLs, the elements' type; of each dimension size and lower bound. */
function floats(view: DataView, start: number, width: 4 | 8): Float32Array | null {
  const dimensions = view.getInt32(start);
  let count = dimensions === 0 ? 0 : 1;
  for (let i = 0; i < dimensions; i++) count *= view.getInt32(start + 12 + 8 * i);
  let at = start + 12 + 8 * dimensions;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const length = view.getInt32(at);
    at += 4;
    if (length < 0) {
      values[i] = Number.NaN;
      continue;
    }
    values[i] = width === 4 ? view.getFloat32(at) : view.getFloat64(at);
    at += width;
  }
  return values;
}

/** Rows as lists of values. */
export class RowSink implements Sink {
  readonly width: number;
  readonly #decode: readonly Decode[];
  #row: SqlValue[] = [];
  #rows: SqlValue[][] = [];

  constructor(types: readonly number[], exact: boolean) {
    this.width = types.length;
    this.#decode = types.map((oid) => {
      const decode = decoderOf(oid);
      if (!integerTypes.has(oid)) return decode;
      const convert = exact ? BigInt : Number;
      return (...place) => convert(decode(...place) as bigint);
    });
  }

  get count(): number {
    return this.#rows.length;
  }

  value(column: number, bytes: Buffer, view: DataView, at: number, length: number): void {
    this.#row.push(this.#decode[column](bytes, view, at, length));
  }

  missing(): void {
    this.#row.push(null);
  }

  endRow(): void {
    this.#rows.push(this.#row);
    this.#row = [];
  }

  /** The rows since the last time. */
  take(): SqlValue[][] {
    return this.#rows.splice(0);
  }
}

/** Values straight into the columns of `fill`. */
export class ColumnSink implements Sink {
  readonly width: number;
  readonly #columns: readonly Fillable[];
  readonly #decode: readonly Decode[];
  readonly #doubles: readonly (Float64Array | Cells | undefined)[];
  #row = 0;

  constructor(types: readonly number[], columns: readonly Fillable[]) {
    this.width = types.length;
    this.#columns = columns;
    this.#doubles = types.map((oid, i) => {
      const column = columns[i];
      return oid === 701 && (column instanceof Float64Array || "data" in column) ? column : undefined;
    });
    this.#decode = types.map((oid, i) => {
      const decode = decoderOf(oid);
      const list = integerTypes.has(oid) && Array.isArray(columns[i]);
      const wide = columns[i] instanceof BigInt64Array;
      return list || wide ? (...place) => BigInt(decode(...place) as number) : decode;
    });
  }

  get count(): number {
    return this.#row;
  }

  value(column: number, bytes: Buffer, view: DataView, at: number, length: number): void {
    const doubles = this.#doubles[column];
    if (doubles === undefined) {
      put(this.#columns[column], this.#row, this.#decode[column](bytes, view, at, length));
      return;
    }
    const value = view.getFloat64(at);
    if ("data" in doubles) {
      if (this.#row < doubles.length) doubles.data[this.#row * doubles.width + doubles.at] = value;
      return;
    }
    if (Number.isNaN(value)) throw new Unfit(this.#row, value);
    doubles[this.#row] = value;
  }

  missing(column: number): void {
    put(this.#columns[column], this.#row, null);
  }

  endRow(): void {
    this.#row++;
  }
}
