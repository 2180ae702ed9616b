/** DuckDB in this process, through its own Node library: read-only, and no file but those that are named. */
import { setTimeout as delay } from "node:timers/promises";
import { MillraceError } from "@millrace/core";
import type { DuckDBConnection, DuckDBInstance, DuckDBPreparedStatement } from "@duckdb/node-api";
import type { Driver, Fillable, RowOptions, Scan, SqlBound, SqlRow } from "../driver.js";
import { bind } from "./bind.js";
import { describe, describeFiles } from "./describe.js";
import { duckdbDialect, literal, quote } from "./dialect.js";
import { explain, isBusy } from "./faults.js";
import { type Library, loadDuckdb } from "./library.js";
import type { FoundFiles } from "./files.js";
import { ChunkScan, chunksOf } from "./chunks.js";
import { fillFromChunk, rowsOf } from "./vectors.js";

/** Milliseconds to wait for a process that writes. */
const LOCK_TIMEOUT = 10_000;

export interface DuckdbOptions {
  /** The database as a person wrote it, or what stands for it. */
  readonly name: string;
  /** Absolute path; without it the database has nothing but files. */
  readonly path?: string | undefined;
  readonly threads: number;
  readonly memoryLimit: string;
  /** Files by the names of the tables that they are; "" for the only one. */
  readonly files: ReadonlyMap<string, FoundFiles>;
}

export async function openDuckdb(options: DuckdbOptions): Promise<Driver> {
  const library = await loadDuckdb();
  const { name } = options;
  try {
    const instance = await opened(library, options);
    try {
      const connection = await instance.connect();
      await secure(connection, options);
      return new DuckdbDriver(library, instance, connection, options);
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  } catch (error) {
    throw explain(error, name);
  }
}

async function opened(
  { DuckDBInstance }: Library,
  { path, threads, memoryLimit }: DuckdbOptions,
): Promise<DuckDBInstance> {
  const deadline = performance.now() + LOCK_TIMEOUT;
  for (let pause = 10; ; pause = Math.min(2 * pause, 250)) {
    try {
      return await DuckDBInstance.create(path ?? ":memory:", {
        ...(path !== undefined && { access_mode: "READ_ONLY" }),
        threads: String(threads),
        memory_limit: memoryLimit,
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
      });
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await delay(pause);
    }
  }
}

/** From here on no other file can be opened, and nothing of this be taken back. */
async function secure(connection: DuckDBConnection, { files }: DuckdbOptions): Promise<void> {
  const paths = [...files.values()].flatMap((each) => each.paths);
  await connection.run(`SET TimeZone = 'UTC'`).catch(() => {});
  await connection.run(
    `SET preserve_insertion_order = true; SET temp_directory = ''; SET allowed_paths = [${paths.map(literal).join(", ")}]; SET enable_external_access = false`,
  );
  for (const [table, { sql }] of files) {
    if (table !== "") await connection.run(`CREATE TEMP VIEW ${quote(table)} AS SELECT * FROM ${sql}`);
  }
  await connection.run("SET lock_configuration = true");
}

class DuckdbDriver implements Driver {
  readonly name: string;
  readonly dialect = duckdbDialect;
  readonly #library: Library;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #files: DuckdbOptions["files"];
  readonly #statements = new Map<string, DuckDBPreparedStatement>();
  /** Statements share a connection, and a statement its bindings: one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #streams = new Set<DuckDBConnection>();
  #closed = false;

  constructor(
    library: Library,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    { name, files }: DuckdbOptions,
  ) {
    this.name = name;
    this.#library = library;
    this.#instance = instance;
    this.#connection = connection;
    this.#files = files;
  }

  async describe(asked: Parameters<Driver["describe"]>[0]) {
    const catalogue = {
      rows: (sql: string) => this.rows(sql, []),
      fields: (sql: string, values?: readonly SqlBound[]) => this.#fields(sql, values),
    };
    const files = this.#files.get("");
    try {
      if (files !== undefined && "table" in asked) return await describeFiles(catalogue, files);
      return await describe(catalogue, this.name, asked);
    } catch (error) {
      throw explain(error, this.name);
    }
  }

  rows(
    sql: string,
    values: readonly SqlBound[],
    { exact = false }: RowOptions = {},
  ): Promise<readonly SqlRow[]> {
    return this.#alone(async () => {
      const rows: SqlRow[] = [];
      for await (const chunk of chunksOf(this.#library, await this.#statement(sql), values))
        rows.push(...rowsOf(chunk, exact));
      return rows;
    });
  }

  fill(sql: string, values: readonly SqlBound[], columns: readonly Fillable[]): Promise<number> {
    return this.#alone(async () => {
      let count = 0;
      for await (const chunk of chunksOf(this.#library, await this.#statement(sql), values)) {
        fillFromChunk(chunk, columns, count);
        count += chunk.rowCount;
      }
      return count;
    });
  }

  async *stream(
    sql: string,
    values: readonly SqlBound[],
    { exact = false }: RowOptions = {},
  ): AsyncGenerator<readonly SqlRow[]> {
    const { connection, close } = await this.#connectApart();
    try {
      const statement = await connection.prepare(sql);
      for await (const chunk of chunksOf(this.#library, statement, values)) yield rowsOf(chunk, exact);
    } catch (error) {
      throw explain(error, this.name);
    } finally {
      close();
    }
  }

  async scan(sql: string, values: readonly SqlBound[]): Promise<Scan> {
    const { connection, close } = await this.#connectApart();
    try {
      const scan = new ChunkScan(chunksOf(this.#library, await connection.prepare(sql), values));
      return { fill: (count, columns) => this.#alone(() => scan.fill(count, columns)), close };
    } catch (error) {
      close();
      throw explain(error, this.name);
    }
  }

  /** Nobody writes while it is open. */
  snapshot() {
    return { end() {} };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turn.catch(() => {});
    for (const connection of this.#streams) connection.closeSync();
    this.#streams.clear();
    for (const statement of this.#statements.values()) statement.destroySync();
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  /** Others read between two pieces of what is read here, or beside it. */
  async #connectApart(): Promise<{ readonly connection: DuckDBConnection; readonly close: () => void }> {
    this.#requireOpen();
    const connection = await this.#instance.connect();
    this.#streams.add(connection);
    const close = (): void => {
      if (this.#streams.delete(connection)) connection.closeSync();
    };
    // Closed meanwhile, it would keep the file.
    if (this.#closed) close();
    this.#requireOpen();
    return { connection, close };
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    try {
      return await mine;
    } catch (error) {
      throw explain(error, this.name);
    }
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new MillraceError("DATASET_CLOSED", `a dataset must not be read after close: "${this.name}"`, {
      hint: "Close the dataset when the last read has ended.",
    });
  }

  async #statement(sql: string): Promise<DuckDBPreparedStatement> {
    this.#requireOpen();
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = await this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  async #fields(sql: string, values: readonly SqlBound[] = []) {
    const statement = await this.#statement(sql);
    if (values.length > 0) return this.#boundFields(sql, values);
    return Array.from({ length: statement.columnCount }, (_, i) => ({
      name: statement.columnName(i),
      native: statement.columnType(i).toString(),
    }));
  }

  async #boundFields(sql: string, values: readonly SqlBound[]) {
    const statement = await this.#statement(`SELECT * FROM (\n${sql}\n) AS described LIMIT 0`);
    bind(this.#library, statement, values);
    const result = await statement.run();
    return result.columnNames().map((name, i) => ({ name, native: result.columnType(i).toString() }));
  }
}
