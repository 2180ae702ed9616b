/** SQLite through libsql, which is synchronous: every answer is there at once, but where another process holds a lock. */
import { pathToFileURL } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { MillraceError, messageOf } from "@millrace/core";
import type { Database, Statement } from "libsql";
import {
  type Awaitable,
  type Driver,
  fillFrom,
  put,
  type RowOptions,
  type SqlBound,
  type SqlRow,
  type SqlValue,
  whenReady,
} from "../driver.js";
import { type Encoding, sqliteDialect } from "./dialect.js";
import { closed, explain, isBusy, LOCK_TIMEOUT } from "./faults.js";
import { requireFile } from "../files/file.js";
import { requireNoChanges } from "./log.js";
import { describeTable } from "./schema.js";
import { describeQuery } from "./select.js";
import { Staging } from "./staging.js";

/** Milliseconds that SQLite itself waits for a lock, for which this thread stands still. */
const BLOCKING_WAIT = 20;
/** Kibibytes of pages that a connection keeps: SQLite's own 2,000 hold little but a table's index. */
const PAGES = 32_000;
/** Values of a column that are fetched at once. */
const LIST = 100_000;
/** Rows that a stream hands over at once. */
const CHUNK = 1000;

export interface SqliteOptions {
  /** The file as a person wrote it. */
  readonly name: string;
  /** Take no locks: the caller vouches that nobody writes. */
  readonly immutable: boolean;
}

/** Opens `path`, an absolute path, for reading only. */
export async function openSqlite(path: string, { name, immutable }: SqliteOptions): Promise<Driver> {
  const Database = await loadLibsql();
  await requireFile(path, { name, what: "a SQLite database" });
  if (immutable) requireNoChanges(path, name);
  // libsql ignores better-sqlite3's `readonly` and `fileMustExist`; SQLite's own URI parameters do hold.
  const uri = `${pathToFileURL(path).href}?mode=ro${immutable ? "&immutable=1" : ""}`;
  const database = await patient(name, () => new Database(uri, { timeout: BLOCKING_WAIT }));
  try {
    const [encoding] = await patient(name, () => {
      database.exec(`PRAGMA cache_size = ${-PAGES}`);
      return database.prepare("PRAGMA encoding").raw().get() as string[];
    });
    return driverOf(database, name, encoding as Encoding);
  } catch (error) {
    database.close();
    throw error;
  }
}

function driverOf(database: Database, name: string, encoding: Encoding): Driver {
  // Held nowhere else: libsql frees a connection when it is closed and the last of its statements is collected.
  const statements = new Map<string, Statement>();
  const statementOf = (sql: string, exact = false): Statement => {
    if (!database.open) throw closed(name);
    const known = statements.get(sql);
    if (known !== undefined) return known.safeIntegers(exact);
    const statement = database.prepare(sql).raw();
    statements.set(sql, statement);
    return statement.safeIntegers(exact);
  };
  const rows = (
    sql: string,
    values: readonly SqlBound[],
    { exact, one }: RowOptions = {},
  ): Awaitable<SqlRow[]> =>
    patient(name, () => {
      const statement = statementOf(sql, exact);
      if (!one) return statement.all(...given(values)) as SqlRow[];
      const row = statement.get(...given(values)) as SqlRow | undefined;
      return row === undefined ? [] : [row];
    });
  function* stream(sql: string, values: readonly SqlBound[], options: RowOptions = {}): Generator<SqlRow[]> {
    let chunk: SqlRow[] = [];
    if (!database.open) throw closed(name);
    // A statement of its own: two streams may be read in turn.
    const rows = stubborn(name, () => {
      const statement = database
        .prepare(sql)
        .raw()
        .safeIntegers(options.exact ?? false);
      return begun(statement.iterate(...given(values)));
    });
    for (let row = rows.first; !row.done; row = stubborn(name, () => rows.iterator.next())) {
      chunk.push(row.value as SqlRow);
      if (chunk.length < CHUNK) continue;
      yield chunk;
      chunk = [];
    }
    if (chunk.length > 0) yield chunk;
  }
  const staging = new Staging(database);
  // Within a transaction a temporary table would be gone with its end.
  const staged = (...asked: Parameters<Staging["fill"]>): Awaitable<number | undefined> =>
    patient(name, () => {
      if (!database.open) throw closed(name);
      return database.inTransaction ? undefined : staging.fill(...asked);
    });
  return {
    name,
    dialect: sqliteDialect(encoding),
    describe: (asked) =>
      patient(name, () =>
        "table" in asked ? describeTable(database, name, asked.table) : describeQuery(database, name, asked),
      ),
    rows,
    fill(sql, values, columns) {
      const [column] = columns;
      // No integer is rounded on its way to an array that could not hold it.
      const inTurn = (): number => fillFrom(stream(sql, values, { exact: true }), columns);
      if (columns.length > 1) return whenReady(staged(sql, values, columns), (count) => count ?? inTurn());
      if (column instanceof BigInt64Array || Array.isArray(column) || column.length > LIST) return inTurn();
      // As one JSON array, values cross from SQLite several times faster than as rows.
      const list = rows(`WITH list (value) AS (${sql}) SELECT json_group_array(value) FROM list`, values, {
        one: true,
      });
      return whenReady(list, ([[json]]) => {
        const found = JSON.parse(json as string) as SqlValue[];
        found.forEach((value, at) => put(column, at, value));
        return found.length;
      });
    },
    stream,
    async snapshot() {
      await patient(name, () => {
        if (!database.open) throw closed(name);
        // The lock is taken with the first read.
        database.exec("BEGIN; SELECT 1 FROM sqlite_schema");
      });
      return {
        end() {
          // A severe error has ended the transaction already.
          if (database.open && database.inTransaction) database.exec("ROLLBACK");
        },
      };
    },
    close() {
      statements.clear();
      staging.close();
      if (database.open) database.close();
    },
  };
}

/** libsql takes an object that stands first for values by name, and null for an object. */
function given(values: readonly SqlBound[]): readonly unknown[] {
  return values[0] === null ? [values] : values;
}

function begun<T>(iterator: Iterator<T>) {
  return { first: iterator.next(), iterator };
}

/** Does `work`, and again while another process holds a lock: this thread goes on with other things meanwhile. */
function patient<T>(name: string, work: () => T): Awaitable<T> {
  try {
    return work();
  } catch (error) {
    if (!isBusy(error)) throw explain(error, name);
    return waiting(name, work);
  }
}

async function waiting<T>(name: string, work: () => T): Promise<T> {
  const deadline = performance.now() + LOCK_TIMEOUT;
  for (let pause = 5; ; pause = Math.min(2 * pause, 100)) {
    await delay(pause);
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw explain(error, name);
    }
  }
}

/** The same for those who need the answer at once. */
function stubborn<T>(name: string, work: () => T): T {
  const deadline = performance.now() + LOCK_TIMEOUT;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw explain(error, name);
    }
  }
}

async function loadLibsql() {
  try {
    return (await import("libsql")).default;
  } catch (error) {
    throw new MillraceError(
      "PACKAGE_MISSING",
      `source sqlite needs the package libsql: ${messageOf(error)}`,
      {
        hint: "Run `npm install libsql` on this machine, so that npm picks the build for its system.",
        cause: error,
      },
    );
  }
}
