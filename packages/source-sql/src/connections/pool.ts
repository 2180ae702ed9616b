/** The sessions of one thread to one server: opened when they are needed, kept, and no more than the limit. */
import { MillraceError } from "@millrace/core";
import type { ServerKind, Session } from "./session.js";

export interface PoolLimits {
  readonly connections: number;
  /** Seconds to wait for a free one. */
  readonly connectTimeout: number;
}

interface Waiting {
  readonly give: (session: Session | undefined) => void;
  readonly refuse: (error: unknown) => void;
}

export class Pool {
  readonly #kind: ServerKind;
  readonly #name: string;
  readonly #limits: PoolLimits;
  readonly #idle: Session[] = [];
  readonly #open = new Set<Session>();
  /** Beside the limit. */
  readonly #held = new Set<Session>();
  readonly #waiting: Waiting[] = [];
  #opening = 0;
  #connected = false;
  #closed = false;

  constructor(kind: ServerKind, name: string, limits: PoolLimits) {
    this.#kind = kind;
    this.#name = name;
    this.#limits = limits;
  }

  /** True once a connection could be made: from then on a server that is not there is one that was lost. */
  get connected(): boolean {
    return this.#connected;
  }

  /** A session for the caller alone, until `release`. @throws MillraceError DATABASE_FAILED where all stay in use. */
  async acquire(): Promise<Session> {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle?.alive) return idle;
      if (idle !== undefined) {
        this.#forget(idle);
        continue;
      }
      if (this.#open.size + this.#opening < this.#limits.connections) return this.#connectOne();
      const given = await this.#wait();
      if (given !== undefined) return given;
    }
  }

  release(session: Session): void {
    if (!session.alive || this.#closed) {
      this.#forget(session);
      this.#waiting.shift()?.give(undefined);
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(session);
    else next.give(session);
  }

  /**
   * A session beside the limit, for a state that is kept: who reads a batch must never wait for its end. Give it back with
   * `drop`.
   */
  async hold(): Promise<Session> {
    if (this.#closed) throw this.#gone();
    return this.#connect(this.#held);
  }

  /** Ends a session that was held. */
  async drop(session: Session): Promise<void> {
    if (!this.#held.delete(session)) return;
    if (session.alive) await session.close();
    else session.destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(this.#gone());
    const busy = [...this.#open].filter((session) => !this.#idle.includes(session));
    for (const session of [...busy, ...this.#held]) session.destroy();
    this.#held.clear();
    const idle = this.#idle.splice(0);
    this.#open.clear();
    await Promise.allSettled(idle.map((session) => session.close()));
  }

  #gone(): MillraceError {
    return new MillraceError("DATASET_CLOSED", `a dataset must not be read after close: "${this.#name}"`, {
      hint: "Close the dataset when the last read has ended.",
    });
  }

  async #connect(into: Set<Session>): Promise<Session> {
    const session = await this.#kind.open();
    if (this.#closed) {
      session.destroy();
      throw this.#gone();
    }
    into.add(session);
    this.#connected = true;
    return session;
  }

  async #connectOne(): Promise<Session> {
    if (this.#closed) throw this.#gone();
    this.#opening++;
    try {
      return await this.#connect(this.#open);
    } catch (error) {
      this.#waiting.shift()?.give(undefined);
      throw error;
    } finally {
      this.#opening--;
    }
  }

  #wait(): Promise<Session | undefined> {
    const { connections, connectTimeout } = this.#limits;
    return new Promise((give, refuse) => {
      const waiting: Waiting = {
        give: (session) => {
          clearTimeout(timer);
          give(session);
        },
        refuse: (error) => {
          clearTimeout(timer);
          refuse(error);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        refuse(
          new MillraceError(
            "DATABASE_FAILED",
            `one of the ${connections} connections of this thread must become free within ${connectTimeout} s, but all stayed in use: "${this.#name}"`,
            { hint: "Raise `connections` or `connectTimeout`.", where: [this.#name] },
          ),
        );
      }, 1000 * connectTimeout);
      this.#waiting.push(waiting);
    });
  }

  #forget(session: Session): void {
    if (this.#open.delete(session)) session.destroy();
  }
}
