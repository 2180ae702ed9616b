/** One epoch: keeps a number of batches under way and hands them out, in order or as they are ready. */
import type { Batch } from "../contracts/batch.js";
import { MillraceError } from "../errors.js";
import { discard, type Fetched } from "../workers/main-end/requests.js";
import type { BadOfEpoch } from "./bad/bad-samples.js";
import type { Job, Plan } from "./assignment.js";
import { Handing } from "./handing.js";
import type { Ending, Maker } from "./makers/maker.js";
import type { EpochAccount } from "./metrics/account.js";
import type { Position } from "./resume/position.js";
import type { SettledTypes } from "./settled-types.js";
import { isEmpty, nextReady, nothingToMake, type UnderWay } from "./under-way.js";
import type { WaitRules, Waits } from "./waits.js";

/** What an epoch is made of. */
export interface EpochParts {
  readonly epoch: number;
  /** Which batch is made next, and by whom. */
  readonly plan: Plan;
  readonly maker: Maker;
  /** Told what was handed out. */
  readonly position: Position;
  /** Told when the caller asks, waits and is answered. */
  readonly account: EpochAccount;
  /** Batches under way while the caller works on one; 0 makes each when it is asked for. */
  readonly prefetch: { readonly ahead: number };
  /** Counts bad samples, where they are passed over. */
  readonly bad?: BadOfEpoch | undefined;
  /** Gives each batch the element types of the first. */
  readonly types: SettledTypes;
  /** Settles them by the whole of the first batch, where this process has a share of it. */
  readonly settle?: ((share: Fetched) => Promise<void> | undefined) | undefined;
  /** Calls of `next` that wait, in all iterations of the loader. */
  readonly waits: Waits;
  readonly rules: EpochRules;
}

export interface EpochRules {
  /** False hands out whichever batch is ready first. */
  readonly inOrder: boolean;
  /** Most seconds to wait for a batch; 0 waits for ever. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Calls the `pin` method of what has one. */
  readonly pinMemory: boolean;
  /** Whether other processes make the rest of each batch: then all hand out every step, be their share of it empty. */
  readonly isShared: boolean;
}

/**
 * Ends the pass of an iteration that nobody holds any more. A `for await` that a failed batch ends does not tell its
 * iterator, so that this is the only way to know.
 */
const abandoned = new FinalizationRegistry((maker: Maker) => void maker.end("left").catch(nothing));

/**
 * The batches of one epoch. A batch that fails rejects its own `next()`; the one after it can still be asked for, so a
 * caller may go on. Leaving early gives the memory of batches under way back, as soon as they are there.
 */
export class Epoch<T> implements AsyncIterableIterator<Batch<T>> {
  readonly #parts: EpochParts;
  readonly #rules: WaitRules;
  readonly #underWay: UnderWay[] = [];
  /** Taken off the list by a call that waits for it. */
  readonly #waitedFor: Promise<unknown>[] = [];
  #ending: Promise<void> | undefined;
  /** A fault of the order that was met while looking ahead: what was made before comes first. */
  #fault: { readonly error: unknown } | undefined;
  readonly #handing: Handing<T>;

  constructor(parts: EpochParts) {
    const { signal, timeout } = parts.rules;
    this.#parts = parts;
    this.#rules = { iteration: this, signal, timeout, aborted: () => this.#abort() };
    this.#handing = new Handing(parts);
    abandoned.register(this, parts.maker, parts.maker);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws MillraceError ABORTED, LOADER_TIMEOUT, WORKER_DIED, or what reading, transforming or collating threw. */
  async next(): Promise<IteratorResult<Batch<T>, undefined>> {
    const { account, plan, rules, types, settle } = this.#parts;
    this.#asked();
    try {
      const preparing = plan.prepare();
      if (preparing !== undefined) await this.#wait(preparing);
      for (;;) {
        if (rules.signal?.aborted) throw this.#abort();
        // Until types are settled, calls at the same time take turns: the first batch is the first call's.
        if (!types.areSettled && this.#waitedFor.length > 0) {
          await this.#wait(Promise.allSettled(this.#waitedFor));
          continue;
        }
        this.#fill(1);
        const item = rules.inOrder ? this.#underWay[0] : await this.#anyOrder();
        if (item === undefined) {
          if (await this.#over()) return { done: true, value: undefined };
          continue;
        }
        // Another call of `next` may have taken it meanwhile.
        if (!this.#take(item)) continue;
        this.#waitedFor.push(item.fetched);
        const fetched = await this.#wait(item.fetched, item);
        const settling = fetched && settle?.(fetched);
        if (settling !== undefined) await this.#wait(settling);
        const batch = fetched && this.#handOut(item.job, fetched);
        if (batch !== undefined) return { done: false, value: batch };
        if (fetched === undefined) plan.retire(item.job.worker);
      }
    } finally {
      account.answered();
    }
  }

  /** Called by `for await` on `break`: ends the epoch. */
  async return(): Promise<IteratorResult<Batch<T>, undefined>> {
    this.#parts.waits.stop(new MillraceError("ABORTED", "the iteration was left"), this);
    await this.#end("left");
    return { done: true, value: undefined };
  }

  #asked(): void {
    const { account, rules } = this.#parts;
    let ready = 0;
    for (const item of this.#underWay) if (item.ready) ready++;
    account.asked(ready, rules.inOrder && ready > 0 && !this.#underWay[0].ready);
  }

  #handOut(job: Job, fetched: Fetched): Batch<T> | undefined {
    try {
      return this.#handing.take(job, fetched);
    } catch (error) {
      if (this.#parts.bad?.isOver) this.#end("left").catch(nothing);
      throw error;
    } finally {
      // The place that this batch leaves is filled while the caller works on it.
      try {
        this.#fill(0);
      } catch (error) {
        this.#fault = { error };
      }
    }
  }

  #fill(least: number): void {
    if (this.#ending !== undefined) return;
    if (this.#fault !== undefined) {
      if (this.#underWay.length > 0) return;
      const { error } = this.#fault;
      this.#fault = undefined;
      throw error;
    }
    const { plan, maker, prefetch, rules } = this.#parts;
    while (this.#underWay.length < Math.max(least, prefetch.ahead)) {
      const job = plan.next(this.#busy);
      if (job === undefined) return;
      const fetched = rules.isShared && isEmpty(job) ? nothingToMake : maker.make(job);
      const item: UnderWay = { job, fetched, ready: false };
      this.#underWay.push(item);
      // Whoever takes the batch sees its fault; until then it is nobody's unhandled rejection.
      const ready = (): void => this.#isReady(item);
      item.fetched.then(ready, ready);
    }
  }

  /** Batches under way at a worker. */
  readonly #busy = (worker: number): number => {
    let count = 0;
    for (const { job } of this.#underWay) if (job.worker === worker) count++;
    return count;
  };

  #isReady(item: UnderWay): void {
    item.ready = true;
    const { account, rules } = this.#parts;
    if (rules.inOrder && this.#underWay.includes(item)) account.readyBehind();
  }

  async #anyOrder(): Promise<UnderWay | undefined> {
    if (this.#underWay.length === 0) return undefined;
    return this.#wait(nextReady(this.#underWay, this.#parts.types));
  }

  /** Nothing is under way: is the epoch over? Not before the last batches that other calls wait for. */
  async #over(): Promise<boolean> {
    if (this.#waitedFor.length > 0) {
      await this.#wait(Promise.allSettled(this.#waitedFor));
      return false;
    }
    const fault = this.#ending === undefined ? this.#parts.bad?.fault() : undefined;
    await this.#end(fault === undefined ? "complete" : "left");
    if (fault !== undefined) throw fault;
    return true;
  }

  #take(item: UnderWay): boolean {
    const place = this.#underWay.indexOf(item);
    if (place >= 0) this.#underWay.splice(place, 1);
    return place >= 0;
  }

  #wait<R>(promise: Promise<R>, item?: UnderWay): Promise<R> {
    const awaited = this.#rules.timeout > 0 ? (item ?? this.#underWay[0]) : undefined;
    const late = awaited && (() => this.#late(awaited));
    const over = item && ((stopped: boolean) => this.#waitedOver(item, stopped));
    return this.#parts.waits.for(promise, this.#rules, late, over);
  }

  #waitedOver({ fetched }: UnderWay, stopped: boolean): void {
    void this.#waitedFor.splice(this.#waitedFor.indexOf(fetched), 1);
    if (stopped) void discard(fetched);
  }

  #abort(): MillraceError {
    // What is under way may never come: nobody waits for it.
    this.#end("left").catch(nothing);
    return new MillraceError("ABORTED", "loading was aborted", { cause: this.#parts.rules.signal?.reason });
  }

  async #late({ job }: UnderWay): Promise<MillraceError> {
    const { rules, epoch, maker } = this.#parts;
    const at = maker.whereabouts(job);
    await this.#end("hung");
    return new MillraceError("LOADER_TIMEOUT", `the loader timed out after ${rules.timeout} seconds`, {
      where: [...at, `batch ${job.step}`, `epoch ${epoch}`, `worker ${job.worker}`],
      hint: "A sample takes too long or hangs; raise `timeout`, or run with numWorkers: 0 to see where.",
    });
  }

  #end(how: Ending): Promise<void> {
    this.#ending ??= (async () => {
      const { plan, maker, position, account } = this.#parts;
      plan.end();
      for (const { fetched } of this.#underWay.splice(0)) void discard(fetched);
      abandoned.unregister(maker);
      account.end();
      if (how === "complete") position.finish();
      await maker.end(how);
    })();
    return this.#ending;
  }
}

function nothing(): void {}
