/** What a database must be able to do. Each database's driver fills this in; `rows/` reads through it and knows no other. */

/** A value that is there, or on its way: a driver that answers at once costs no promise. */
export type Awaitable<T> = T | Promise<T>;

/** `next` of a value that may be on its way. */
export function whenReady<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** What a driver returns for one column. Texts are in the dialect's own form, see `Dialect.text`. */
export type SqlValue = number | bigint | string | Uint8Array | null;
export type SqlRow = readonly SqlValue[];

/** What a column holds by declaration. */
export type ColumnType = "int" | "float" | "decimal" | "bool" | "text" | "bytes" | "time" | "unknown";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** False where the database itself refuses NULL. */
  readonly nullable: boolean;
}

/** A column that identifies a row. */
export interface Identity {
  readonly name: string;
  /** True where the database itself keeps the values unique. */
  readonly unique: boolean;
  /** How SQL reads it from the alias `source`. */
  readonly sql: string;
  /** True where it is no column that anybody declared, such as a row id. */
  readonly hidden: boolean;
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
}

/** What a person asks for: a table or view by name, or one SELECT. */
export type Asked =
  | { readonly table: string }
  | { readonly query: string; readonly values: readonly SqlValue[] };

/** One state of the database: until `end`, whatever is read through the driver is of that state. */
export interface Snapshot {
  /** What `join` of another connection takes; absent where a database cannot share a state. */
  readonly token?: string;
  end(): Awaitable<void>;
}

export interface RowOptions {
  /** Integers come as bigint, so that none is rounded; without it as numbers, exact to 2^53. */
  readonly exact?: boolean;
  /** At most one row is wanted. */
  readonly one?: boolean;
}

/** What `fill` writes to. */
export type Fillable = Int32Array | Float64Array | BigInt64Array;

/** Where `fill` met a value that its array cannot hold exactly. */
export class Unfit extends Error {
  constructor(
    readonly row: number,
    readonly value: SqlValue,
  ) {
    super(`row ${row} holds another kind of value`);
  }
}

/**
 * One connection, for reading only. Faults are MillraceErrors: DATABASE_FAILED where the database refuses, TABLE_INVALID
 * where a table or column is gone, DATASET_CLOSED after `close`.
 */
export interface Driver {
  /** The database as a person wrote it, for messages; never a password. */
  readonly name: string;
  readonly dialect: Dialect;
  /** Names, types and nullability, before a row is read. @throws MillraceError OPTION_INVALID for what cannot be read. */
  describe(asked: Asked): Awaitable<Relation>;
  rows(sql: string, values: readonly SqlValue[], options?: RowOptions): Awaitable<readonly SqlRow[]>;
  /**
   * Writes the result's column i of row r to `columns[i][r]`, and returns the number of rows; what goes beyond the arrays
   * is counted only. @throws Unfit
   */
  fill(sql: string, values: readonly SqlValue[], columns: readonly Fillable[]): Awaitable<number>;
  /** Rows in chunks; run it to its end. Those who cannot wait, such as `Dataset.column`, need a driver that does not. */
  stream(
    sql: string,
    values: readonly SqlValue[],
    options?: RowOptions,
  ): Iterable<readonly SqlRow[]> | AsyncIterable<readonly SqlRow[]>;
  snapshot(): Awaitable<Snapshot>;
  /** Reads the state that another connection's `snapshot` has, by its token. */
  join?(token: string): Awaitable<Snapshot>;
  close(): Awaitable<void>;
}

/** How keys are held: the integers that fit, or texts. */
export type KeyKind = "int" | "text";

/** What differs from one database's SQL to the next. */
export interface Dialect {
  quote(identifier: string): string;
  /** The expression by which a column's value is selected, so that it arrives whole whatever it holds. */
  read(column: string): string;
  /**
   * The condition that all of these columns hold numbers, under which they may be selected as they stand; undefined
   * where columns of numbers never hold anything else.
   */
  areNumbers(columns: readonly string[]): string | undefined;
  /** The condition that a column equals one key, the next value bound. */
  isKey(column: string, kind: KeyKind): string;
  /** The condition that a column is among a list of keys, the next value bound. */
  amongKeys(column: string, kind: KeyKind): string;
  /** A list of keys, each as a driver returns it, as the value that `amongKeys` wants. */
  keyList(keys: readonly (number | bigint | string)[]): SqlValue;
  /** The text that a driver returned; undefined where its bytes are no text in the database's encoding. */
  text(value: string): string | undefined;
  /** The bytes of a text that a driver returned, and the other way round: by them keys are kept in shared memory. */
  toBytes(value: string): Uint8Array;
  fromBytes(bytes: Buffer): string;
}
