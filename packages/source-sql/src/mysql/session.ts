/** One connection to MySQL or MariaDB: mysql2's binary protocol, which prepared statements have. */
import type { Connection } from "mysql2";
import type { Address } from "../connections/address.js";
import type { ConnectionOptions } from "../connections/options.js";
import type { Session } from "../connections/session.js";
import { watched } from "../connections/watch.js";
import {
  type Asked,
  type Fillable,
  type Relation,
  type RowOptions,
  type SqlBound,
  type SqlRow,
  type SqlValue,
} from "../driver.js";
import { connect } from "./connect.js";
import { type Convert, convertRow, converters, parameter } from "./convert.js";
import { describe, type ResultField } from "./describe.js";
import { Filling } from "./filling.js";

/** Rows that a stream hands over at once, and how many it keeps before it lets the server wait. */
const CHUNK = 1000;
const AHEAD = 8 * CHUNK;

export type MysqlLimits = Pick<ConnectionOptions, "connectTimeout" | "lockTimeout" | "statementTimeout">;

export async function openMysql(address: Address, limits: MysqlLimits): Promise<Session> {
  const connection = await connect(address, limits);
  const session = new MysqlSession(connection, address.name, limits);
  try {
    await session.prepare();
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

class MysqlSession implements Session {
  readonly #connection: Connection;
  readonly #database: string;
  readonly #limits: MysqlLimits;
  #alive = true;
  #lost: (error: Error) => void = () => {};
  /** Rejected when the connection fails or ends, whatever the library makes of it. */
  readonly #end: Promise<never>;

  constructor(connection: Connection, database: string, limits: MysqlLimits) {
    this.#connection = connection;
    this.#database = database;
    this.#limits = limits;
    this.#end = new Promise<never>((_, reject) => {
      this.#lost = (error) => {
        this.#alive = false;
        reject(error);
      };
    });
    this.#end.catch(() => {});
    connection.on("error", this.#lost);
    connection.on("end", () => this.#lost(new Error("Connection terminated")));
    const { stream } = connection as unknown as { stream: NodeJS.EventEmitter };
    // Later than what the library itself tells of the reason.
    stream.once("close", () => setImmediate(() => this.#lost(new Error("Connection terminated"))));
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Nothing can be written, and whatever differs from server to server is as it is expected here. */
  async prepare(): Promise<void> {
    const { lockTimeout, statementTimeout } = this.#limits;
    await this.#watch(
      new Promise<void>((resolve, reject) =>
        this.#connection.connect((error) => (error === null ? resolve() : reject(error))),
      ),
    );
    const [[version]] = await this.rows("SELECT VERSION()", [], {});
    const limit = String(version).includes("MariaDB")
      ? `max_statement_time = ${statementTimeout}`
      : `max_execution_time = ${Math.ceil(1000 * statementTimeout)}`;
    // A backslash is a character like others, as in every other database.
    await this.#run(`SET SESSION TRANSACTION READ ONLY`);
    await this.#run(`SET SESSION time_zone = '+00:00', lock_wait_timeout = ${Math.ceil(lockTimeout)},
      sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES'), ${limit}`);
  }

  describe(asked: Asked): Promise<Relation> {
    const catalogue = {
      rows: (sql: string, values: readonly SqlBound[]) => this.rows(sql, values, {}),
      fields: (sql: string) => this.#fields(sql),
      ran: async (sql: string, values: readonly SqlBound[]) => {
        let ran: readonly ResultField[] = [];
        await this.#watch(
          this.#each(
            sql,
            values,
            false,
            () => {},
            (fields) => (ran = fields),
          ),
        );
        return ran;
      },
    };
    return describe(catalogue, this.#database, asked);
  }

  async rows(
    sql: string,
    values: readonly SqlBound[],
    { exact = false }: RowOptions,
  ): Promise<readonly SqlRow[]> {
    const found: SqlRow[] = [];
    await this.#watch(this.#each(sql, values, exact, (row) => found.push(row)));
    return found;
  }

  async fill(sql: string, values: readonly SqlBound[], columns: readonly Fillable[]): Promise<number> {
    const filling = new Filling(columns);
    await this.#watch(this.#each(sql, values, filling.exact, (row) => filling.take(row), undefined, filling));
    return filling.count;
  }

  async *stream(
    sql: string,
    values: readonly SqlBound[],
    { exact = false }: RowOptions,
  ): AsyncGenerator<readonly SqlRow[]> {
    let rows: SqlRow[] = [];
    let wake = (): void => {};
    const state = { done: false };
    const read = this.#each(sql, values, exact, (row) => {
      rows.push(row);
      if (rows.length >= CHUNK) wake();
      if (rows.length >= AHEAD) this.#connection.pause();
    }).finally(() => {
      state.done = true;
      wake();
    });
    read.catch(() => {});
    try {
      for (;;) {
        // What has arrived meanwhile wakes nobody.
        if (rows.length < CHUNK && !state.done) await this.#watch(new Promise<void>((go) => (wake = go)));
        const found = rows;
        rows = [];
        this.#connection.resume();
        if (found.length > 0) yield found;
        else if (state.done) break;
      }
      await read;
    } finally {
      // Left early, or lost: what is still to come would stand in the way of the next query.
      if (!state.done) this.destroy();
    }
  }

  async begin(): Promise<void> {
    await this.#run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    await this.#run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  }

  async end(): Promise<void> {
    await this.#run("ROLLBACK");
  }

  destroy(): void {
    this.#lost(new Error("Connection terminated"));
    this.#connection.destroy();
  }

  async close(): Promise<void> {
    if (!this.#alive) return;
    this.#alive = false;
    await new Promise<void>((resolve) => {
      this.#connection.end(() => resolve());
      const { stream } = this.#connection as unknown as { stream: NodeJS.EventEmitter };
      stream.once("close", () => resolve());
    });
    this.#connection.destroy();
  }

  #watch<T>(work: Promise<T>): Promise<T> {
    // The server keeps to the time itself, while it answers at all.
    const seconds = this.#limits.statementTimeout + 5;
    return watched(work, { end: this.#end, seconds, give: () => this.destroy() });
  }

  #run(sql: string): Promise<void> {
    return this.#watch(
      new Promise((resolve, reject) =>
        this.#connection.query(sql, (error) => (error === null ? resolve() : reject(error))),
      ),
    );
  }

  #fields(sql: string): Promise<readonly ResultField[]> {
    return this.#watch(
      new Promise((resolve, reject) =>
        this.#connection.prepare(sql, (error, statement) => {
          if (error !== null) return reject(error);
          const { columns } = statement as unknown as { columns: readonly ResultField[] };
          resolve(columns);
          statement.close();
        }),
      ),
    );
  }

  /** Runs a statement; of each column `exact` says whether its integers come as bigint. Rows are lists but to `filling`. */
  #each(
    sql: string,
    values: readonly SqlBound[],
    exact: boolean | readonly boolean[],
    take: (row: SqlRow) => void,
    told: (fields: readonly ResultField[]) => void = () => {},
    filling?: Filling,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const query = this.#connection.execute({ sql, values: values.map(parameter), rowsAsArray: true });
      let convert: readonly Convert[] = [];
      query.on("fields", (fields: unknown) => {
        told(fields as readonly ResultField[]);
        convert = converters(fields as readonly ResultField[], exact);
      });
      query.on("result", (row: unknown) => {
        convertRow(row as SqlValue[], convert);
        take(row as SqlRow);
      });
      query.on("error", reject);
      query.on("end", () => resolve());
      filling?.readFrom(query);
    });
  }
}
