/** The driver of a database that has a server: its sessions, one state at a time, and asking again when one is lost. */
import { setTimeout as delay } from "node:timers/promises";
import { MillraceError } from "@millrace/core";
import type { Dialect, Driver, RowOptions, Snapshot, SqlBound, SqlRow } from "../driver.js";
import type { Pool } from "./pool.js";
import type { ServerKind, Session } from "./session.js";

export interface ServerDriverOptions {
  readonly name: string;
  readonly dialect: Dialect;
  readonly kind: ServerKind;
  readonly retries: number;
  /** Gives the pool back. */
  readonly close: () => Promise<void>;
}

/** Seconds before the first time that is asked again; twice as long each time. */
const FIRST_PAUSE = 0.1;
const LONGEST_PAUSE = 10;

/** Milliseconds to wait after so many tries. */
export function pauseBefore(tries: number): number {
  return 1000 * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
}

/** Raised to those who read one state of the database when it is gone with its connection. */
export class StateLost extends MillraceError {}

interface Pinned {
  readonly session: Session;
  /** Those who wait for the session take turns. */
  turn: Promise<unknown>;
}

export function serverDriver(pool: Pool, options: ServerDriverOptions): Driver {
  const { name, dialect, kind, retries } = options;
  let closed = false;
  let pinned: Pinned | undefined;

  const attempt = <T>(work: (session: Session) => Promise<T>): Promise<T> =>
    pinned === undefined ? tried(work) : inTurn(pinned, work);

  const tried = async <T>(work: (session: Session) => Promise<T>, keep = false): Promise<T> => {
    for (let tries = 0; ; tries++) {
      if (closed) throw gone(name);
      const known = pool.connected;
      let session: Session | undefined;
      let done = false;
      try {
        session = await pool.acquire();
        const found = await work(session);
        done = true;
        return found;
      } catch (error) {
        if (closed) throw gone(name);
        // What was never there is not waited for: its address is wrong more often than not.
        const again = kind.isLost(error) && (known || pool.connected) && tries < retries;
        if (!again) throw toldTimes(kind.explain(error), tries);
      } finally {
        if (session !== undefined && !(keep && done)) pool.release(session);
      }
      await delay(pauseBefore(tries));
    }
  };

  const inTurn = async <T>(own: Pinned, work: (session: Session) => Promise<T>): Promise<T> => {
    const mine = own.turn.then(() => work(own.session));
    own.turn = mine.catch(() => {});
    try {
      return await mine;
    } catch (error) {
      if (!kind.isLost(error) && own.session.alive) throw kind.explain(error);
      throw new StateLost(
        "DATABASE_FAILED",
        `the connection must hold while one state of the database is read, but was lost: "${name}"`,
        { where: [name], cause: kind.explain(error), hint: "Look at the server's log." },
      );
    }
  };

  const begin = async (): Promise<Snapshot> => {
    const session = await tried(async (session) => {
      await session.begin();
      return session;
    }, true);
    const mine: Pinned = { session, turn: Promise.resolve() };
    pinned = mine;
    return {
      async end() {
        if (pinned !== mine) return;
        pinned = undefined;
        await mine.turn;
        // A session that cannot end its transaction is of no more use.
        if (session.alive) await session.end().catch(() => session.destroy());
        pool.release(session);
      },
    };
  };

  const rows = (sql: string, values: readonly SqlBound[], asked: RowOptions = {}) =>
    attempt((session) => session.rows(sql, values, asked));
  return {
    name,
    dialect,
    describe: (asked) => attempt((session) => session.describe(asked)),
    rows,
    fill: (sql, values, columns) => attempt((session) => session.fill(sql, values, columns)),
    stream: (sql, values, asked = {}) => streamed(attempt, kind, sql, values, asked),
    snapshot: begin,
    async close() {
      if (closed) return;
      closed = true;
      await options.close();
    },
  };
}

/** A stream is not begun again once a row of it was given: who can go on from a key asks by pages. */
export async function* streamed(
  attempt: <T>(work: (session: Session) => Promise<T>) => Promise<T>,
  kind: ServerKind,
  sql: string,
  values: readonly SqlBound[],
  options: RowOptions,
): AsyncGenerator<readonly SqlRow[]> {
  const { channel, done } = await new Promise<{
    channel: AsyncIterator<readonly SqlRow[]>;
    done: () => void;
  }>((give, refuse) => {
    attempt(
      (session) =>
        new Promise<void>((done) =>
          give({ channel: session.stream(sql, values, options)[Symbol.asyncIterator](), done }),
        ),
    ).catch(refuse);
  });
  try {
    for (;;) {
      const next = await channel.next();
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw kind.explain(error);
  } finally {
    await channel.return?.();
    done();
  }
}

export function toldTimes(error: unknown, tries: number): unknown {
  if (tries === 0 || !(error instanceof MillraceError)) return error;
  return error.at(`asked ${tries + 1} times`);
}

function gone(name: string): MillraceError {
  return new MillraceError("DATASET_CLOSED", `a dataset must not be read after close: "${name}"`, {
    hint: "Close the dataset when the last read has ended.",
  });
}
