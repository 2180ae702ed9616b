/** Rows of which each epoch reads one state of the database: held from its first read until its passes are over. */
import type { Dataset, FetchContext, IterableDataset, SampleStream } from "@millrace/core";
import type { Driver } from "../driver.js";
import type { SqlSample } from "./sample.js";

/** A state that is held. */
export interface Held {
  readonly driver: Driver;
  release(): Promise<void>;
}

export interface EpochOptions<D> {
  readonly hold: (epoch: number) => Held;
  /** The rows as a driver reads them. */
  readonly open: (driver: Driver) => D;
  /** The error for who reads for a pass that has ended. */
  readonly over: () => Error;
}

interface Holding {
  readonly rows: Dataset<SqlSample>;
  readonly release: () => Promise<void>;
  /** The passes that read it. */
  readonly passes: Set<AbortSignal>;
}

/** `base`, whose samples are those of the state that is held for the epoch they are asked for. */
export function epochRows(
  base: Dataset<SqlSample>,
  { hold, open, over }: EpochOptions<Dataset<SqlSample>>,
): Dataset<SqlSample> {
  const holdings = new Map<number, Holding>();
  /** The epoch of who reads without a loader, which nobody says is over. */
  let loose: number | undefined;
  const leave = async (epoch: number, holding: Holding): Promise<void> => {
    if (holding.passes.size > 0 || loose === epoch || holdings.get(epoch) !== holding) return;
    holdings.delete(epoch);
    await holding.release();
  };
  const openedFor = (epoch: number): Holding => {
    const held = hold(epoch);
    const holding = {
      rows: open(held.driver),
      release: () => held.release(),
      passes: new Set<AbortSignal>(),
    };
    holdings.set(epoch, holding);
    return holding;
  };
  const of = ({ epoch, over: ending }: FetchContext): Dataset<SqlSample> => {
    if (ending?.aborted === true) throw over();
    const holding = holdings.get(epoch) ?? openedFor(epoch);
    if (ending === undefined) {
      const before = loose;
      loose = epoch;
      const left = before === undefined || before === epoch ? undefined : holdings.get(before);
      if (left !== undefined) void leave(before as number, left);
    } else if (!holding.passes.has(ending)) {
      holding.passes.add(ending);
      const end = (): void => {
        holding.passes.delete(ending);
        void leave(epoch, holding);
      };
      ending.addEventListener("abort", end, { once: true });
    }
    return holding.rows;
  };
  return {
    ...base,
    get: (index, context) => of(context).get(index, context),
    getMany: (indices, context) => of(context).getMany?.(indices, context) ?? [],
    ...(base.getBatch && {
      getBatch: (indices, context, allocator) => of(context).getBatch?.(indices, context, allocator),
    }),
    async close() {
      const all = [...holdings.values()];
      holdings.clear();
      await Promise.all(all.map(({ release }) => release()));
      await base.close?.();
    },
  };
}

/** `base`, each of whose passes reads the state that is held for its epoch. */
export function epochStream(
  base: IterableDataset<SqlSample>,
  { hold, open, over }: EpochOptions<IterableDataset<SqlSample>>,
): IterableDataset<SqlSample> {
  /** Passes that are being read, and those that have come to their end and were not left yet: others may be behind them. */
  const passes = new Map<HeldPass, number>();
  const begun = async (pass: HeldPass, epoch: number): Promise<void> => {
    passes.set(pass, epoch);
    const ended = [...passes].filter(([each, of]) => each.done && of !== epoch);
    await Promise.all(ended.map(([each]) => each.return()));
  };
  return {
    ...base,
    iterate(context) {
      const held = hold(context.epoch);
      const pass = open(held.driver).iterate(context);
      const own: HeldPass = new HeldPass(pass, held, {
        over,
        begin: () => begun(own, context.epoch),
        end: () => passes.delete(own),
      });
      return own;
    },
    async close() {
      await Promise.all([...passes.keys()].map((pass) => pass.return()));
      await base.close?.();
    },
  };
}

interface PassOptions {
  readonly over: () => Error;
  readonly begin: () => Promise<void>;
  readonly end: () => void;
}

class HeldPass implements SampleStream<SqlSample> {
  readonly goesOn = true;
  /** True once it has given its last sample. */
  done = false;
  readonly #pass: SampleStream<SqlSample>;
  readonly #held: Held;
  readonly #options: PassOptions;
  #begun = false;
  #left: Promise<void> | undefined;

  constructor(pass: SampleStream<SqlSample>, held: Held, options: PassOptions) {
    this.#pass = pass;
    this.#held = held;
    this.#options = options;
  }

  async next() {
    if (this.#left !== undefined) throw this.#options.over();
    if (!this.#begun) {
      this.#begun = true;
      await this.#options.begin();
    }
    const next = await this.#pass.next();
    if (next.done) this.done = true;
    return next;
  }

  state(): unknown {
    return this.#pass.state?.();
  }

  return(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #leave(): Promise<void> {
    this.#options.end();
    await this.#pass.return?.();
    await this.#held.release();
  }
}

/** True for what has samples by index. */
export function hasIndices(
  rows: Dataset<SqlSample> | IterableDataset<SqlSample>,
): rows is Dataset<SqlSample> {
  return "get" in rows;
}
