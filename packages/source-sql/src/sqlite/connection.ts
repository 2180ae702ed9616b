/** One read-only connection to a SQLite file through libsql, with its faults put into Millrace's words. */
import { stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { MillraceError, messageOf } from "@millrace/core";
import type { Database, Statement } from "libsql";
import type { SqlRow, SqlValue } from "../sample.js";

/** Milliseconds to wait for another process that holds an exclusive lock. */
const BUSY_TIMEOUT = 10_000;

/** A query, prepared at its first use. */
export interface Query {
  first(...values: readonly SqlValue[]): SqlRow | undefined;
  all(...values: readonly SqlValue[]): SqlRow[];
  /** Row by row; run it to its end, for a statement left half-way keeps its read lock. */
  each(...values: readonly SqlValue[]): Iterable<SqlRow>;
}

export interface Connection {
  /** The file as a person wrote it, for messages. */
  readonly name: string;
  /**
   * Integers come as bigint, so that none is rounded on the way; with `rounded` as numbers, which are a third faster and
   * exact to 2^53.
   */
  query(sql: string, options?: { readonly rounded: boolean }): Query;
  /** Runs `read` on one state of the database, whatever others write meanwhile. */
  snapshot<T>(read: () => T): T;
  close(): void;
}

export interface ConnectionOptions {
  /** The file as a person wrote it. */
  readonly name: string;
  /** Take no locks: the caller vouches that nobody writes. */
  readonly immutable: boolean;
}

/** Opens `path`, an absolute path, for reading only. */
export async function openReadOnly(
  path: string,
  { name, immutable }: ConnectionOptions,
): Promise<Connection> {
  const Driver = await loadDriver();
  await requireFile(path, name);
  // libsql ignores better-sqlite3's `readonly` and `fileMustExist`; SQLite's own URI parameters do hold.
  const uri = `${pathToFileURL(path).href}?mode=ro${immutable ? "&immutable=1" : ""}`;
  return connectionTo(
    guard(name, () => new Driver(uri, { timeout: BUSY_TIMEOUT })),
    name,
  );
}

function connectionTo(database: Database, name: string): Connection {
  const statements = new Map<string, Statement>();
  // Held nowhere else: libsql frees a connection when it is closed and the last of its statements is collected.
  const statementOf = (sql: string, rounded: boolean): Statement => {
    if (!database.open) throw closed(name);
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql).raw().safeIntegers(!rounded);
    statements.set(sql, statement);
    return statement;
  };
  return {
    name,
    query(sql, { rounded } = { rounded: false }) {
      const statement = (): Statement => statementOf(sql, rounded);
      return {
        first: (...values) => guard(name, () => statement().get(...values) as SqlRow | undefined),
        all: (...values) => guard(name, () => statement().all(...values) as SqlRow[]),
        each: (...values) => guardEach(name, () => statement().iterate(...values) as Iterable<SqlRow>),
      };
    },
    snapshot(read) {
      guard(name, () => database.exec("BEGIN"));
      try {
        return read();
      } finally {
        // A severe error has ended the transaction already.
        if (database.inTransaction) database.exec("ROLLBACK");
      }
    },
    close() {
      statements.clear();
      if (database.open) database.close();
    },
  };
}

/** An identifier in SQL, whatever characters it has. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

async function loadDriver() {
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

async function requireFile(path: string, name: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    throw new MillraceError("FILE_NOT_FOUND", `the database file must exist and be readable, was "${name}"`, {
      path: ["path"],
      hint: `Check \`path\`: looked at ${path} (${found.code ?? found.message}).`,
      cause: found,
    });
  }
  if (!found.isFile()) {
    throw new MillraceError("FILE_FORMAT", `a SQLite database must be a file, was a folder: "${name}"`, {
      hint: "Name the database file itself in `path`.",
      path: ["path"],
    });
  }
}

function closed(name: string): MillraceError {
  return new MillraceError("DATASET_CLOSED", `a dataset must not be read after close: "${name}"`, {
    hint: "Close the dataset when the last read has ended.",
  });
}

function guard<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explain(error, name);
  }
}

function* guardEach(name: string, start: () => Iterable<SqlRow>): Iterable<SqlRow> {
  try {
    yield* start();
  } catch (error) {
    throw explain(error, name);
  }
}

function explain(error: unknown, name: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = (error as { code?: string }).code ?? "";
  const init = { cause: error, where: [name] };
  if (code === "SQLITE_NOTADB") {
    return new MillraceError(
      "FILE_FORMAT",
      `the file must be a SQLite database, was something else: "${name}"`,
      {
        ...init,
        hint: "Check `path`; an encrypted database cannot be read either.",
      },
    );
  }
  if (code.startsWith("SQLITE_CORRUPT")) {
    return new MillraceError("FILE_FORMAT", `the SQLite database "${name}" is damaged: ${messageOf(error)}`, {
      ...init,
      hint: "Copy the file again, or save what is left with `sqlite3 <file> .recover`.",
    });
  }
  if (code.startsWith("SQLITE_BUSY")) {
    return new MillraceError(
      "DATABASE_FAILED",
      `another process kept the database locked for ${BUSY_TIMEOUT / 1000} seconds: "${name}"`,
      {
        ...init,
        hint: "Switch the file to WAL (`PRAGMA journal_mode=WAL`), where writers never block readers.",
      },
    );
  }
  return new MillraceError("DATABASE_FAILED", `SQLite could not read "${name}": ${messageOf(error)}`, {
    ...init,
    hint: "Check that the file and its folder are readable; on a read-only disk set `immutable`.",
  });
}
