/** The connections of a thread: sources that read from the same server share them. */
import { defineService } from "@millrace/core";
import { Pool, type PoolLimits } from "./pool.js";
import type { ServerKind } from "./session.js";

export interface Connections {
  /** The pool of the address that `key` stands for, made at the first call; `close` what is returned once. */
  share(key: string, make: () => { kind: ServerKind; name: string; limits: PoolLimits }): SharedPool;
}

export interface SharedPool {
  readonly pool: Pool;
  close(): Promise<void>;
}

interface Entry {
  readonly pool: Pool;
  users: number;
}

class OpenConnections implements Connections {
  readonly #pools = new Map<string, Entry>();

  share(key: string, make: Parameters<Connections["share"]>[1]): SharedPool {
    const known = this.#pools.get(key);
    const entry = known ?? { pool: poolOf(make()), users: 0 };
    this.#pools.set(key, entry);
    entry.users++;
    let closed = false;
    return {
      pool: entry.pool,
      close: async () => {
        if (closed) return;
        closed = true;
        if (--entry.users > 0) return;
        if (this.#pools.get(key) === entry) this.#pools.delete(key);
        await entry.pool.close();
      },
    };
  }

  async close(): Promise<void> {
    const all = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(all.map(({ pool }) => pool.close()));
  }
}

function poolOf({ kind, name, limits }: { kind: ServerKind; name: string; limits: PoolLimits }): Pool {
  return new Pool(kind, name, limits);
}

/** One for each thread. */
export const ConnectionsService = defineService<Connections>({
  name: "sql-connections",
  summary: "connections to databases, shared by the sources of a thread",
  lifetime: "worker",
  create: () => new OpenConnections(),
  dispose: (connections) => (connections as OpenConnections).close(),
});
