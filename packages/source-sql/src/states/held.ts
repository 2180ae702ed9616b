/** One state of a server's database, held for an epoch and read like the database itself; other threads join it. */
import { setTimeout as delay } from "node:timers/promises";
import { MillraceError } from "@millrace/core";
import { pauseBefore, type ServerDriverOptions, streamed, toldTimes } from "../connections/driver.js";
import type { Pool } from "../connections/pool.js";
import type { Session } from "../connections/session.js";
import type { Driver } from "../driver.js";
import type { Place, Tokens } from "./tokens.js";

export interface HeldOptions extends Omit<ServerDriverOptions, "close"> {
  readonly pool: Pool;
  readonly tokens: Tokens;
  readonly epoch: number;
  /** Told where the state is gone, and the epoch goes on with another. */
  readonly warn: (fields: object, message: string) => void;
}

export interface HeldState {
  readonly driver: Driver;
  /** Ends it, once what is being read has come or has had its time. */
  release(): Promise<void>;
}

/** Nothing is asked of the server before the first read. */
export function heldState(options: HeldOptions): HeldState {
  const { name, dialect, kind } = options;
  const holding = new Holding(options);
  const attempt = <T>(work: (session: Session) => Promise<T>): Promise<T> => holding.attempt(work);
  return {
    release: () => holding.release(),
    driver: {
      name,
      dialect,
      describe: (asked) => attempt((session) => session.describe(asked)),
      rows: (sql, values, asked = {}) => attempt((session) => session.rows(sql, values, asked)),
      fill: (sql, values, columns) => attempt((session) => session.fill(sql, values, columns)),
      stream: (sql, values, asked = {}) => streamed(attempt, kind, sql, values, asked),
      snapshot: () => ({ end() {} }),
      close: () => holding.release(),
    },
  };
}

/** Milliseconds that what is being read has to come, once nobody waits for it. */
const GRACE = 500;

class Holding {
  readonly #options: HeldOptions;
  #session: Session | undefined;
  #place: Place | undefined;
  /** The state that is read; 0 before the first read. */
  #state = 0;
  /** Those who wait for the session take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  attempt<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const mine = this.#turn.then(() => this.#tried(work));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async release(): Promise<void> {
    this.#ending.abort();
    const late = setTimeout(() => this.#session?.destroy(), GRACE);
    await this.#turn;
    clearTimeout(late);
    await this.#leave();
  }

  async #tried<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { kind, pool, retries } = this.#options;
    for (let tries = 0; ; tries++) {
      if (this.#ending.signal.aborted) throw passOver(this.#options.name);
      const known = pool.connected;
      try {
        const session = this.#session?.alive === true ? this.#session : await this.#open();
        return await work(session);
      } catch (error) {
        const lost = kind.isLost(error) && (known || pool.connected);
        await this.#mend(lost);
        if (!lost || tries >= retries) throw toldTimes(kind.explain(error), tries);
      }
      await delay(pauseBefore(tries), undefined, { signal: this.#ending.signal }).catch(() => {});
    }
  }

  /** After an error the state is still there, unless its connection is lost. */
  async #mend(lost: boolean): Promise<void> {
    if (this.#session === undefined) return;
    try {
      if (!lost && this.#session.alive) await this.#session.recover?.();
      else await this.#leave();
    } catch {
      await this.#leave();
    }
  }

  /** Joins who has the epoch's state open; where nobody has, the present one is the epoch's. */
  async #open(): Promise<Session> {
    const { epoch, pool, tokens } = this.#options;
    await this.#leave();
    for (;;) {
      const state = tokens.chosen(epoch);
      const openers = state === 0 ? [] : tokens.openers(state);
      for (const { token, place } of openers) {
        const session = await pool.hold();
        const own = await this.#begun(session, token);
        if (own !== undefined) return this.#keep(session, state, tokens.publish(state, own));
        tokens.withdraw(place);
      }
      const session = await pool.hold();
      const next = tokens.next();
      const place = tokens.publish(next, (await this.#begun(session)) as string);
      if (tokens.choose(epoch, state, next)) {
        if (openers.length > 0 || this.#state !== 0) this.#tell();
        return this.#keep(session, next, place);
      }
      if (place !== undefined) tokens.withdraw(place);
      await pool.drop(session);
    }
  }

  /** The session's own token; undefined where nobody has the state open that it was to join. */
  async #begun(session: Session, token?: string): Promise<string | undefined> {
    const { kind, pool } = this.#options;
    try {
      return await session.hold?.(token);
    } catch (error) {
      await pool.drop(session);
      if (token !== undefined && kind.isGone?.(error) === true) return undefined;
      throw error;
    }
  }

  #keep(session: Session, state: number, place: Place | undefined): Session {
    this.#session = session;
    this.#place = place;
    this.#state = state;
    return session;
  }

  async #leave(): Promise<void> {
    const { pool, tokens } = this.#options;
    if (this.#place !== undefined) tokens.withdraw(this.#place);
    this.#place = undefined;
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await pool.drop(session);
  }

  #tell(): void {
    const { epoch, name, warn } = this.#options;
    warn(
      { code: "SNAPSHOT_LOST", database: name, epoch },
      `epoch ${epoch} goes on with a later state of the database "${name}": every connection that held its snapshot was lost`,
    );
  }
}

/** The error for who reads for a pass that has ended. */
export function passOver(name: string): MillraceError {
  return new MillraceError(
    "ABORTED",
    `the pass that reads the database's state must go on, but has ended: "${name}"`,
    {
      hint: "Read before the loader is closed or its iteration left.",
    },
  );
}
