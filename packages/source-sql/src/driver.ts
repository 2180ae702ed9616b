/** What a database must be able to do. Each database's driver fills this in; `rows/` reads through it and knows no other. */

/** A value that is there, or on its way: a driver that answers at once costs no promise. */
export type Awaitable<T> = T | Promise<T>;

/** `next` of a value that may be on its way. */
export function whenReady<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * What a driver returns for one column: truth values as 0 and 1, times as seconds since 1970 (UTC), lists of numbers as
 * Float32Array; decimals and whatever has no counterpart as texts. Texts are in the dialect's own form, see `Dialect.text`.
 */
export type SqlValue = number | bigint | string | Uint8Array | Float32Array | null;
export type SqlRow = readonly SqlValue[];

/** What is bound to a placeholder: a value, or all keys of a batch as one list. */
export type SqlBound = SqlValue | readonly (number | bigint | string)[];

/** What a column holds by declaration. */
export type ColumnType =
  | "int"
  | "float"
  | "decimal"
  | "bool"
  | "text"
  | "bytes"
  | "time"
  | "vector"
  | "unknown";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** The type as the database calls it, or a text's character set, where conditions must name it. */
  readonly native?: string;
  /** False where the database itself refuses NULL. */
  readonly nullable: boolean;
}

/** A column that identifies a row. */
export interface Identity {
  readonly name: string;
  readonly type: ColumnType;
  readonly native?: string;
  /** True where the database itself keeps the values unique. */
  readonly unique: boolean;
  /** How SQL reads it from the alias `source`. */
  readonly sql: string;
  /** True where it is no column that anybody declared, such as a row id. */
  readonly hidden: boolean;
  /** True where rows come in its order unless another is asked for, and stay as they are while the database is open. */
  readonly inOrder?: true;
}

/** What is read, described before a row of it is. Plain data: workers take it as it is. */
export interface Relation {
  /** For messages: `table "wine"`, `the query`. */
  readonly name: string;
  /** What the name of a row begins with: `wine` in `wine id=7`. */
  readonly prefix: string;
  /** Stands after FROM, under the alias `source`. */
  readonly from: string;
  /** What is bound to the placeholders in `from`, before all others. */
  readonly values: readonly SqlValue[];
  readonly columns: readonly Column[];
  /** The first is the key where nobody asks for another. */
  readonly identities: readonly Identity[];
  /** The columns of a primary key of several, in its order: the key where there is no identity. */
  readonly primaryKey?: readonly string[];
}

/** What a person asks for: a table or view by name, or one SELECT. */
export type Asked =
  | { readonly table: string }
  | { readonly query: string; readonly values: readonly SqlValue[] };

/** One state of the database: until `end`, whatever is read through the driver is of that state. */
export interface Snapshot {
  end(): Awaitable<void>;
}

export interface RowOptions {
  /** Integers come as bigint, so that none is rounded; without it as numbers, exact to 2^53. */
  readonly exact?: boolean;
  /** At most one row is wanted. */
  readonly one?: boolean;
}

/** One column of rows of float32: that of row r stands at `r * width + at`. What is no number becomes NaN. */
export interface Cells {
  readonly data: Float32Array;
  readonly width: number;
  readonly at: number;
  /** Rows. */
  readonly length: number;
}

/** What `fill` writes to: typed arrays, which take numbers they hold exactly; cells; or a list, which takes anything. */
export type Fillable = Int32Array | Float64Array | BigInt64Array | Cells | SqlValue[];

/** Where `fill` met a value that its array cannot hold exactly. */
export class Unfit extends Error {
  constructor(
    readonly row: number,
    readonly value: SqlValue,
  ) {
    super(`row ${row} holds another kind of value`);
    this.name = "Unfit";
  }
}

export function isUnfit(error: unknown): error is Unfit {
  return (error as Error | null)?.name === "Unfit";
}

/** Rows of one statement, some at a time. */
export interface Scan {
  /** Writes the next rows, at most `count`, as `Driver.fill` does, and returns how many there were. @throws Unfit */
  fill(count: number, columns: readonly Fillable[]): Awaitable<number>;
  close(): void;
}

/** `fill` for a driver whose rows come one by one. @throws Unfit */
export function fillFrom(chunks: Iterable<readonly SqlRow[]>, columns: readonly Fillable[]): number {
  let count = 0;
  for (const rows of chunks) {
    for (const row of rows) {
      for (let i = 0; i < columns.length; i++) put(columns[i], count, row[i]);
      count++;
    }
  }
  return count;
}

/** Writes one value. @throws Unfit */
export function put(column: Fillable, at: number, value: SqlValue): void {
  if (Array.isArray(column)) {
    column[at] = value;
  } else if ("data" in column) {
    if (at < column.length) column.data[at * column.width + column.at] = numberOf(value);
  } else if (at < column.length) {
    if (typeof value !== "bigint" && (typeof value !== "number" || !Number.isFinite(value)))
      throw new Unfit(at, value);
    if (column instanceof BigInt64Array && !Number.isInteger(Number(value))) throw new Unfit(at, value);
    column[at] = (column instanceof BigInt64Array ? BigInt(value) : Number(value)) as never;
    // Typed arrays round; integers and doubles that are the same are equal here.
    // oxlint-disable-next-line eqeqeq
    if (column[at] != value) throw new Unfit(at, value);
  }
}

function numberOf(value: SqlValue): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
}

/**
 * A database, opened for reading only. Faults are MillraceErrors: DATABASE_FAILED where the database refuses,
 * TABLE_INVALID where a table or column is gone, DATASET_CLOSED after `close`. Placeholders in SQL are `?` for all.
 */
export interface Driver {
  /** The database as a person wrote it, for messages; never a password. */
  readonly name: string;
  readonly dialect: Dialect;
  /** Names, types and nullability, before a row is read. @throws MillraceError OPTION_INVALID for what cannot be read. */
  describe(asked: Asked): Awaitable<Relation>;
  rows(sql: string, values: readonly SqlBound[], options?: RowOptions): Awaitable<readonly SqlRow[]>;
  /**
   * Writes the result's column i of row r to `columns[i][r]`, and returns the number of rows; what goes beyond typed
   * arrays is counted only. Integers in lists are bigint. @throws Unfit
   */
  fill(sql: string, values: readonly SqlBound[], columns: readonly Fillable[]): Awaitable<number>;
  /** Rows in chunks; run it to its end, or leave it with `return`. */
  stream(
    sql: string,
    values: readonly SqlBound[],
    options?: RowOptions,
  ): Iterable<readonly SqlRow[]> | AsyncIterable<readonly SqlRow[]>;
  /** Rows that are read on and on, where that costs less than one `fill` after the other. */
  scan?(sql: string, values: readonly SqlBound[]): Awaitable<Scan>;
  snapshot(): Awaitable<Snapshot>;
  close(): Awaitable<void>;
}

/** How keys are held: the integers that fit, or texts. */
export type KeyKind = "int" | "text";

/** A key as a driver returns it. */
export type Key = number | bigint | string;

/** One column of a key. Plain data. */
export interface KeyPart {
  readonly name: string;
  readonly sql: string;
  readonly kind: KeyKind;
  readonly native?: string;
}

/** A condition, and what is bound to its placeholders. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlBound[];
}

/** What differs from one database's SQL to the next. */
export interface Dialect {
  /** True where a column holds values of its declared type, or NULL, and nothing else. */
  readonly strict: boolean;
  /** True where the first rows in the order of an indexed column cost no more than themselves. */
  readonly seeks: boolean;
  quote(identifier: string): string;
  /** The expression by which a column's value is selected, so that it arrives whole whatever it holds. */
  read(column: string, type: ColumnType): string;
  /** The same for one of whose numbers the nearest double will do. */
  number(column: string, type: ColumnType): string;
  /**
   * The condition that all of these columns hold numbers, under which they may be selected as they stand; undefined
   * where columns of numbers never hold anything else.
   */
  areNumbers(columns: readonly string[]): string | undefined;
  /** True where `fill` takes columns of numbers as they stand, whatever they hold. */
  readonly fillsAny?: true;
  /** What rows are put into ascending order by: integers by value, texts by their bytes. */
  order(part: KeyPart): string;
  /** True where no index of a column with text serves what compares it by `order`, but one does where keys are listed. */
  readonly listsTexts?: true;
  /** The next bound key, as it is compared with `order`. */
  bound(part: KeyPart): string;
  /** The condition that a column has this key, and no other that its collation takes for the same. */
  isKey(part: KeyPart, key: Key): Condition;
  /** The condition that the columns of a key are among these, each a list of the key's parts. */
  amongKeys(parts: readonly KeyPart[], keys: readonly (readonly Key[])[]): Condition;
  /**
   * An aggregate of all rows that another value in one of these columns changes, as does a row more or less; absent where
   * the database is a file, whose time says it.
   */
  sum?(columns: readonly { readonly sql: string; readonly type: ColumnType }[]): string;
  /** The text that a driver returned; undefined where its bytes are no text in the database's encoding. */
  text(value: string): string | undefined;
  /** The bytes of a text that a driver returned, and the other way round: by them keys are kept in shared memory. */
  toBytes(value: string): Uint8Array;
  fromBytes(bytes: Buffer): string;
}
