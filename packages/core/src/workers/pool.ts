/** The main thread's side of the workers: starts them, hands out requests, and answers each exactly once. */
import { Worker } from "node:worker_threads";
import type { Logger } from "../contracts/logger.js";
import { MillraceError } from "../errors.js";
import { fromLayout } from "./layout.js";
import type {
  BatchMessage,
  FetchMessage,
  FromWorker,
  PullMessage,
  SlotTicket,
  ToWorker,
  WorkerStart,
} from "./protocol.js";
import { type Slot, SlotPool } from "./slots.js";
import type { ShardState } from "./stream.js";

/** A batch that was made, and the way to give its memory back. */
export interface Fetched {
  readonly data: unknown;
  readonly release: () => void;
  /** For streams: where the shard stands after this batch. */
  readonly shard?: ShardState;
}

export type FetchRequest = Omit<FetchMessage, keyof SlotTicket> | Omit<PullMessage, keyof SlotTicket>;

interface Pending {
  readonly slot: Slot;
  readonly resolve: (fetched: Fetched | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Member {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  readonly exited: Promise<void>;
  /** Why it takes no more requests. */
  dead: MillraceError | undefined;
}

/** How long a worker may take to finish its last request and close its dataset before it is ended, in milliseconds. */
const graceMs = 5_000;

export class WorkerPool {
  readonly #members: Member[];
  readonly #slots = new SlotPool();
  readonly #logger: Logger | undefined;
  #nextTicket = 0;
  #closing: Promise<void> | undefined;

  constructor(start: Omit<WorkerStart, "workerId">, logger?: Logger) {
    this.#logger = logger;
    this.#members = Array.from({ length: start.numWorkers }, (_, workerId) =>
      this.#start({ ...start, workerId }),
    );
  }

  /** True once a worker has ended that was not asked to. */
  get broken(): boolean {
    return this.#members.some((member) => member.dead !== undefined);
  }

  /** Asks worker `workerId` for a batch; undefined if its stream has ended. Rejects with what the worker threw, or WORKER_DIED. */
  fetch(workerId: number, request: FetchRequest): Promise<Fetched | undefined> {
    const member = this.#members[workerId];
    if (member.dead !== undefined) return Promise.reject(member.dead);
    const ticket = this.#nextTicket++;
    const slot = this.#slots.acquire();
    return new Promise((resolve, reject) => {
      // A worker without requests does not keep the program alive; one with requests does.
      if (member.pending.size === 0) member.worker.ref();
      member.pending.set(ticket, { slot, resolve, reject });
      this.#send(member, { ...request, ticket, buffer: slot.buffer });
    });
  }

  /** Tells every worker that a pass over a stream is over. */
  leave(pass: number): void {
    for (const member of this.#members) {
      if (member.dead === undefined) this.#send(member, { type: "leave", pass });
    }
  }

  /** Lets every worker close its dataset and end; ends those that do not within five seconds, or all of them at once. */
  close(atOnce = false): Promise<void> {
    this.#closing ??= Promise.all(this.#members.map((member) => this.#stop(member, atOnce))).then(
      () => undefined,
    );
    return this.#closing;
  }

  #start(start: WorkerStart): Member {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: start });
    worker.unref();
    const place = `worker ${start.workerId}`;
    const exited = new Promise<void>((resolve) => {
      worker.once("exit", (code) => {
        this.#fail(member, died(`${place} exited unexpectedly with code ${code}`));
        resolve();
      });
    });
    const member: Member = { worker, pending: new Map(), exited, dead: undefined };
    worker.on("message", (message: FromWorker) => this.#receive(member, message));
    worker.on("error", (error) => this.#fail(member, died(`${place} ended by ${error.message}`, error)));
    return member;
  }

  #receive(member: Member, message: FromWorker): void {
    switch (message.type) {
      case "batch":
        this.#deliver(member, message);
        break;
      case "ended":
        this.#take(member, message.ticket, (pending) => {
          this.#slots.release(pending.slot);
          pending.resolve(undefined);
        });
        break;
      case "failed":
        this.#take(member, message.ticket, (pending) => {
          this.#slots.release(pending.slot);
          pending.reject(MillraceError.fromJSON(message.error));
        });
        break;
      case "broken":
        this.#fail(member, MillraceError.fromJSON(message.error));
        break;
      case "log":
        this.#logger?.[message.level](message.fields, message.message);
        break;
      default:
        message satisfies never;
    }
  }

  #deliver(member: Member, { ticket, layout, grown, shard }: BatchMessage): void {
    this.#take(member, ticket, ({ slot, resolve }) => {
      if (grown !== undefined) this.#slots.grow(slot, grown);
      let lent = true;
      const release = (): void => {
        if (lent) this.#slots.release(slot);
        lent = false;
      };
      resolve({ data: fromLayout(layout, slot.buffer), release, shard });
    });
  }

  #take(member: Member, ticket: number, act: (pending: Pending) => void): void {
    const pending = member.pending.get(ticket);
    if (pending === undefined) return;
    member.pending.delete(ticket);
    if (member.pending.size === 0) member.worker.unref();
    act(pending);
  }

  #fail(member: Member, error: MillraceError): void {
    // The first reason is the true one: an exit follows whatever caused it.
    member.dead ??= error;
    // Deleting the entry at hand is what a Map allows while it is walked.
    for (const ticket of member.pending.keys()) {
      this.#take(member, ticket, (pending) => {
        this.#slots.release(pending.slot);
        pending.reject(member.dead ?? error);
      });
    }
  }

  async #stop(member: Member, atOnce: boolean): Promise<void> {
    member.dead ??= new MillraceError("LOADER_CLOSED", "the loader was closed");
    member.worker.ref();
    this.#send(member, { type: "stop" });
    const timer = setTimeout(() => void member.worker.terminate(), atOnce ? 0 : graceMs);
    await member.exited;
    clearTimeout(timer);
  }

  #send(member: Member, message: ToWorker): void {
    member.worker.postMessage(message);
  }
}

function died(message: string, cause?: Error): MillraceError {
  return new MillraceError("WORKER_DIED", message, {
    cause,
    hint: "Run with numWorkers: 0 to see the fault in the main thread.",
  });
}
