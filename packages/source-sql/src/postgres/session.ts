/** One connection to PostgreSQL, through pg. */
import { MillraceError } from "@millrace/core";
import type { Client, CustomTypesConfig } from "pg";
import type { Address } from "../connections/address.js";
import type { ConnectionOptions } from "../connections/options.js";
import type { Session } from "../connections/session.js";
import { watched } from "../connections/watch.js";
import type { Asked, Fillable, Relation, RowOptions, SqlBound, SqlRow } from "../driver.js";
import { replacePlaceholders } from "../statement/placeholders.js";
import { castTypes, ColumnSink, RowSink } from "./binary.js";
import { clientOf } from "./connect.js";
import { Copy, type CopyOptions, type Wire } from "./copy.js";
import { describe, type ResultField } from "./describe.js";
import { literal, parameter } from "./dialect.js";
import { isStale } from "./faults.js";
import { exactTypes, plainTypes } from "./text.js";

/** Rows that a stream hands over at once, and how many it keeps before it lets the server wait. */
const CHUNK = 1000;
const AHEAD = 8 * CHUNK;

export type PostgresLimits = Pick<ConnectionOptions, "connectTimeout" | "lockTimeout" | "statementTimeout">;

export async function openPostgres(address: Address, limits: PostgresLimits): Promise<Session> {
  const client = await clientOf(address, limits);
  const session = new PostgresSession(client, address.name, limits);
  try {
    await client.connect();
    await session.prepare();
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

class PostgresSession implements Session {
  readonly #client: Client;
  readonly #database: string;
  readonly #limits: PostgresLimits;
  readonly #names = new Map<string, string>();
  #prepared = 0;
  readonly #types = new Map<string, Promise<readonly number[]>>();
  #alive = true;
  #lost: (error: Error) => void = () => {};
  /** Rejected when the connection fails or ends, whatever the library makes of it. */
  readonly #end: Promise<never>;

  constructor(client: Client, database: string, limits: PostgresLimits) {
    this.#client = client;
    this.#database = database;
    this.#limits = limits;
    this.#end = new Promise<never>((_, reject) => {
      this.#lost = (error) => {
        this.#alive = false;
        reject(error);
      };
    });
    this.#end.catch(() => {});
    client.on("error", this.#lost);
    client.once("end", () => this.#lost(new Error("Connection terminated")));
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Nothing can be written, and whatever differs from server to server is as it is expected here. */
  async prepare(): Promise<void> {
    const { lockTimeout, statementTimeout } = this.#limits;
    await this.#watch(
      this.#client.query(`SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET standard_conforming_strings = on;
        SET bytea_output = hex; SET TimeZone = 'UTC'; SET client_encoding = 'UTF8'; SET extra_float_digits = 1;
        SET lock_timeout = ${Math.ceil(1000 * lockTimeout)}; SET statement_timeout = ${Math.ceil(1000 * statementTimeout)}`),
    );
  }

  describe(asked: Asked): Promise<Relation> {
    const catalogue = {
      rows: (sql: string, values: readonly SqlBound[]) => this.rows(sql, values, {}),
      fields: (sql: string, values: readonly SqlBound[]) => this.#fields(sql, values),
    };
    return describe(catalogue, this.#database, asked);
  }

  async rows(sql: string, values: readonly SqlBound[], { exact }: RowOptions): Promise<readonly SqlRow[]> {
    const { rows } = await this.#query(sql, values, exact ? exactTypes : plainTypes);
    return rows as readonly SqlRow[];
  }

  async fill(sql: string, values: readonly SqlBound[], columns: readonly Fillable[]): Promise<number> {
    const sink = new ColumnSink(await this.#typesOf(sql, values), columns);
    await this.#watch(this.#copy(sql, values, { sink }));
    await this.#sameTypes(sql, values);
    return sink.count;
  }

  async *stream(
    sql: string,
    values: readonly SqlBound[],
    { exact = false }: RowOptions,
  ): AsyncGenerator<readonly SqlRow[]> {
    const sink = new RowSink(await this.#typesOf(sql, values), exact);
    let wake = (): void => {};
    let resume = (): void => {};
    const state = { done: false };
    const arrived = (): Promise<void> | undefined => {
      if (sink.count >= CHUNK) wake();
      return sink.count < AHEAD ? undefined : new Promise((go) => (resume = go));
    };
    const copied = this.#copy(sql, values, { sink, arrived }).finally(() => {
      state.done = true;
      wake();
    });
    copied.catch(() => {});
    try {
      for (;;) {
        // What has arrived meanwhile wakes nobody.
        if (sink.count < CHUNK && !state.done) await this.#watch(new Promise<void>((go) => (wake = go)));
        const rows = sink.take();
        resume();
        if (rows.length > 0) yield rows;
        else if (state.done) break;
      }
      await copied;
      await this.#sameTypes(sql, values);
    } finally {
      // Left early, or lost: what is still to come would stand in the way of the next query.
      if (!state.done) this.destroy();
    }
  }

  async begin(): Promise<void> {
    await this.#watch(this.#client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  }

  async hold(token?: string): Promise<string> {
    await this.begin();
    if (token !== undefined)
      await this.#watch(this.#client.query(`SET TRANSACTION SNAPSHOT ${literal(token)}`));
    // The server may end transactions that wait, or that are long, which these are meant to be.
    const { rows } = await this.#watch(
      this.#client.query(`SELECT pg_export_snapshot() AS token, (SELECT count(set_config(name, '0', true)) FROM pg_settings
        WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')) AS set`),
    );
    // An error ends a transaction, but for what came before the savepoint.
    await this.#watch(this.#client.query("SAVEPOINT held"));
    return (rows as { token: string }[])[0].token;
  }

  async recover(): Promise<void> {
    await this.#watch(this.#client.query("ROLLBACK TO SAVEPOINT held"));
  }

  async end(): Promise<void> {
    await this.#watch(this.#client.query("ROLLBACK"));
  }

  destroy(): void {
    this.#lost(new Error("Connection terminated"));
    const { connection } = this.#client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }

  async close(): Promise<void> {
    this.#alive = false;
    await this.#client.end().catch(() => this.destroy());
  }

  #watch<T>(work: Promise<T>): Promise<T> {
    // The server keeps to the time itself, while it answers at all.
    const seconds = this.#limits.statementTimeout + 5;
    return watched(work, { end: this.#end, seconds, give: () => this.destroy() });
  }

  #query(sql: string, values: readonly SqlBound[], types: CustomTypesConfig) {
    const name = this.#names.get(sql) ?? `millrace ${this.#prepared++}`;
    this.#names.set(sql, name);
    // With a name it is prepared: one statement, and its plan is kept.
    const text = numbered(sql);
    const query = this.#client.query({ name, text, values: values.map(parameter), rowMode: "array", types });
    return this.#watch(query).catch((error: unknown) => {
      // Whoever opens the table anew must not meet the statement of the old one.
      if (isStale(error)) this.#names.delete(sql);
      throw error;
    });
  }

  async #fields(sql: string, values: readonly SqlBound[]): Promise<readonly ResultField[]> {
    const { fields } = await this.#query(
      `SELECT * FROM (\n${sql}\n) AS described LIMIT 0`,
      values,
      plainTypes,
    );
    return fields;
  }

  #typesOf(sql: string, values: readonly SqlBound[]): Promise<readonly number[]> {
    const known = this.#types.get(sql);
    if (known !== undefined) return known;
    const types = this.#fields(sql, values).then((fields) => fields.map(({ dataTypeID }) => dataTypeID));
    this.#types.set(sql, types);
    types.catch(() => this.#types.delete(sql));
    return types;
  }

  /** What a COPY gives does not say of which types it is: those that were known must still be. */
  async #sameTypes(sql: string, values: readonly SqlBound[]): Promise<void> {
    const known = (await this.#types.get(sql)) ?? [];
    if (known.every((oid) => castTypes.has(oid))) return;
    try {
      const found = await this.#fields(sql, values);
      if (found.every(({ dataTypeID }, i) => dataTypeID === known[i])) return;
    } catch (error) {
      this.#types.delete(sql);
      throw error;
    }
    this.#types.delete(sql);
    throw new MillraceError(
      "TABLE_INVALID",
      `the database must keep the tables and columns it had when it was opened, but a column has another type: "${this.#database}"`,
      { hint: "Open it again, or read from a copy.", where: [this.#database] },
    );
  }

  #copy(sql: string, values: readonly SqlBound[], options: Omit<CopyOptions, "settled">): Promise<void> {
    const text = replacePlaceholders(sql, (place) => literal(values[place]));
    return new Promise((resolve, reject) => {
      const settled = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      const copy = new Copy(`COPY (\n${text}\n) TO STDOUT (FORMAT binary)`, { ...options, settled });
      this.#client.query(copy as unknown as { submit(connection: Wire): void } as never);
    });
  }
}

function numbered(sql: string): string {
  return replacePlaceholders(sql, (place) => `$${place + 1}`);
}
