/** What one worker was asked for and has not answered: each request keeps its slot until then, whoever serves it. */
import type { MillraceError } from "../../errors.js";
import { fromLayout } from "../wire/layout.js";
import type { BatchMessage, FetchRequest, Salvaged, ShardState } from "../wire/protocol.js";
import type { Slot, SlotPool } from "../wire/slots.js";
import type { Thread } from "./thread.js";

/** A batch that was made, and the way to give its memory back. */
export interface Fetched {
  readonly data: unknown;
  readonly release: () => void;
  /** For streams: where the shard stands after this batch. */
  readonly shard?: ShardState;
  /** What was done about bad samples, if there were any. */
  readonly salvaged?: Salvaged | undefined;
}

/** Gives the memory of a batch back that nobody waits for. */
export async function discard(fetched: Promise<Fetched | undefined>): Promise<void> {
  try {
    (await fetched)?.release();
  } catch {
    // A batch that nobody waits for may fail unheard.
  }
}

/** A request that waits for its answer. */
export interface Pending {
  readonly ticket: number;
  readonly request: FetchRequest;
  /** The pass that it is for. */
  readonly pass: number;
  readonly slot: Slot;
  readonly resolve: (fetched: Fetched | undefined) => void;
  readonly reject: (error: Error) => void;
  /** Threads that died of it so far. */
  deaths: number;
}

export type Asked = Pick<Pending, "request" | "pass" | "resolve" | "reject">;

export class Requests {
  readonly #slots: SlotPool;
  /** In the order of asking, which is the order of serving: the first is the one at hand. */
  readonly #pending = new Map<number, Pending>();
  /** Where each pass over a stream stands after the batches that arrived. */
  readonly #shards = new Map<number, ShardState | undefined>();
  /** Passes that ended with the death of a worker, and those that the thread at work has begun. */
  readonly #lost = new Set<number>();
  readonly #begun = new Set<number>();
  #nextTicket = 0;

  constructor(slots: SlotPool) {
    this.#slots = slots;
  }

  get size(): number {
    return this.#pending.size;
  }

  get first(): Pending | undefined {
    return this.#pending.values().next().value;
  }

  /** Undefined for a stream that has ended with the death of its worker. */
  add({ request, pass, resolve, reject }: Asked): Pending | undefined {
    if (request.type === "pull") {
      if (this.#lost.has(request.pass)) return undefined;
      if (!this.#shards.has(request.pass)) this.#shards.set(request.pass, request.from);
    }
    const slot = this.#slots.acquire();
    const pending = { ticket: this.#nextTicket++, request, pass, slot, resolve, reject, deaths: 0 };
    this.#pending.set(pending.ticket, pending);
    return pending;
  }

  /** How the thread at work is asked: the first time for a pass, from where it stands. */
  ask(thread: Thread, { ticket, request, slot: { buffer } }: Pending): void {
    if (request.type === "fetch") {
      thread.ask(ticket, request, buffer);
      return;
    }
    const { pass } = request;
    const from = this.#begun.has(pass) ? undefined : this.#shards.get(pass);
    this.#begun.add(pass);
    thread.ask(ticket, { ...request, from }, buffer);
  }

  /** Asks a thread that has been asked for nothing yet for everything that is pending. */
  askAll(thread: Thread): void {
    this.#begun.clear();
    for (const pending of this.#pending.values()) this.ask(thread, pending);
  }

  deliver({ ticket, layout, grown, shard, salvaged }: BatchMessage): void {
    const pending = this.#take(ticket);
    if (pending === undefined) return;
    const { slot, request, resolve } = pending;
    if (grown !== undefined) this.#slots.grow(slot, grown);
    if (request.type === "pull" && this.#shards.has(request.pass)) this.#shards.set(request.pass, shard);
    let lent = true;
    const release = (): void => {
      if (lent) this.#slots.release(slot);
      lent = false;
    };
    resolve({ data: fromLayout(layout, slot.buffer), release, shard, salvaged });
  }

  /** The stream that was asked has no more. */
  end(ticket: number): void {
    const pending = this.#take(ticket);
    if (pending !== undefined) this.#slots.release(pending.slot);
    pending?.resolve(undefined);
  }

  fail(ticket: number, error: MillraceError): void {
    const pending = this.#take(ticket);
    if (pending !== undefined) this.#slots.release(pending.slot);
    pending?.reject(error);
  }

  /** The request killed its worker once too often. A stream cannot go on behind that place, so it has ended. */
  lose({ ticket, request }: Pending, error: MillraceError): void {
    this.fail(ticket, error);
    if (request.type !== "pull") return;
    this.#lost.add(request.pass);
    for (const other of this.#pending.values()) {
      if (other.request.type === "pull" && other.request.pass === request.pass) this.end(other.ticket);
    }
  }

  /** Nobody waits for what is pending of a pass: it need not be made. */
  abandon(pass: number, error: MillraceError): void {
    for (const pending of this.#pending.values()) {
      if (pending.pass === pass) this.fail(pending.ticket, error);
    }
  }

  /** Everything that is pending fails. */
  failAll(error: MillraceError): void {
    // Deleting the entry at hand is what a Map allows while it is walked.
    for (const ticket of this.#pending.keys()) this.fail(ticket, error);
  }

  /** A pass is over; true if the thread at work has to know. */
  leave(pass: number): boolean {
    this.#shards.delete(pass);
    this.#lost.delete(pass);
    return this.#begun.delete(pass);
  }

  #take(ticket: number): Pending | undefined {
    const pending = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    return pending;
  }
}
