/** One place in the pool: the thread that holds it, what is asked of that thread, and another thread when it dies. */
import type { Logger } from "../../contracts/logger.js";
import { MillraceError } from "../../errors.js";
import { cell, cellsOf, resetPlace, threadStage, type WorkerCells } from "../wire/cells.js";
import type { FetchRequest, FromWorker } from "../wire/protocol.js";
import type { Pins } from "../pinning/pins.js";
import { type Fetched, type Pending, Requests } from "./requests.js";
import { SlotPool } from "../wire/slots.js";
import { Thread, type ThreadOptions } from "./thread.js";
import { type Place, whereItDied, whereItHangs } from "./whereabouts.js";

export interface MemberOptions {
  readonly start: ThreadOptions["start"];
  /** Most megabytes of JavaScript heap; Node's own limit if undefined. */
  readonly memory?: number;
  readonly logger?: Logger;
  /** Makes what page-locks its slots. */
  readonly pins?: () => Pins;
  /** What errors call a sample. */
  readonly nameOf: (index: number) => string;
}

/** How long a worker may take to finish its last request and close its dataset before it is ended, in milliseconds. */
const graceMs = 5_000;

/**
 * How often a batch is tried again whose worker died, and a worker started again that died while it started: a fault
 * of the moment (memory, a lost connection) rarely strikes three times, and a fault of the code always does.
 */
const retries = 2;

export class Member {
  readonly cells: WorkerCells;
  readonly #options: MemberOptions;
  readonly #slots: SlotPool;
  readonly #requests: Requests;
  /** Undefined between the end of a thread and the next request. */
  #thread: Thread | undefined;
  /** Why it takes no more requests. */
  #dead: MillraceError | undefined;
  /** The request that the thread was ended for. */
  #leaving: Pending | undefined;
  #failedStarts = 0;
  #deaths = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#slots = new SlotPool(options.pins?.());
    this.#requests = new Requests(this.#slots);
    this.cells = cellsOf(options.start.cells);
    this.#start();
  }

  /** True once it takes no more requests, though it was not asked to stop. */
  get broken(): boolean {
    return this.#dead !== undefined;
  }

  /** Threads that died without being asked to end. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Where the thread is, innermost first: stage, sample. */
  whereabouts(): readonly string[] {
    return whereItHangs(this.#at());
  }

  fetch(request: FetchRequest, pass: number): Promise<Fetched | undefined> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    return new Promise((resolve, reject) => {
      const pending = this.#requests.add({ request, pass, resolve, reject });
      if (pending === undefined) {
        resolve(undefined);
        return;
      }
      // A worker without requests does not keep the program alive; one with requests does.
      if (this.#requests.size === 1) this.#thread?.hold(true);
      if (this.#thread === undefined) this.#start();
      else this.#requests.ask(this.#thread, pending);
    });
  }

  /** A pass is over. A thread that hangs in it would hold up those that follow. */
  leave(pass: number, epoch?: number): void {
    const begun = this.#requests.leave(pass);
    if (begun || epoch !== undefined) this.#thread?.tell({ type: "leave", pass, epoch });
    const { first } = this.#requests;
    if (first?.pass === pass) setTimeout(() => this.#replace(first), graceMs).unref();
  }

  /** Ends the thread if it is still at this request, which nobody waits for; those behind it get another thread. */
  #replace(stuck: Pending): void {
    if (this.#requests.first !== stuck || this.#thread === undefined || this.#dead !== undefined) return;
    this.#leaving = stuck;
    this.#thread.terminate();
  }

  /** Lets the thread close its dataset and end; ends it if it does not in time, or at once. */
  async stop(atOnce: boolean): Promise<void> {
    this.#dead ??= new MillraceError("LOADER_CLOSED", "the loader was closed");
    const thread = this.#thread;
    if (thread !== undefined) {
      thread.hold(true);
      thread.tell({ type: "stop" });
      const timer = setTimeout(() => thread.terminate(), atOnce ? 0 : graceMs);
      await thread.exited;
      clearTimeout(timer);
    }
    this.#slots.close();
  }

  /** Starts a thread, and asks it for everything that is pending. */
  #start(): void {
    const { start, memory } = this.#options;
    resetPlace(this.cells);
    const thread = new Thread({
      start,
      memory,
      receive: (message) => this.#receive(message),
      ended: (code, cause) => this.#ended(code, cause),
    });
    this.#thread = thread;
    if (this.#requests.size === 0) thread.hold(false);
    this.#requests.askAll(thread);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "batch":
        this.#failedStarts = 0;
        this.#requests.deliver(message);
        break;
      case "ended":
        this.#requests.end(message.ticket);
        break;
      case "failed":
        this.#requests.fail(message.ticket, MillraceError.fromJSON(message.error));
        break;
      case "broken":
        this.#giveUp(MillraceError.fromJSON(message.error));
        break;
      case "log":
        this.#options.logger?.[message.level](message.fields, message.message);
        break;
      default:
        message satisfies never;
    }
    if (this.#requests.size === 0) this.#thread?.hold(false);
  }

  /** The thread is gone: was it asked to go, did its start fail once too often, or which batch was it at? */
  #ended(code: number, cause: Error | undefined): void {
    this.#thread = undefined;
    if (this.#dead !== undefined) {
      this.#giveUp(this.#dead);
      return;
    }
    const error = died(this.#at(), code, cause);
    if (this.#leaving !== undefined) {
      // Only now does nobody write into its slot any more.
      this.#requests.abandon(this.#leaving.pass, error);
      this.#leaving = undefined;
      if (this.#requests.size > 0) this.#start();
      return;
    }
    this.#deaths++;
    const { first } = this.#requests;
    if (cause !== undefined && "code" in cause && cause.code === "WORKER_RECIPE") {
      // It would die of it again.
      this.#giveUp(error);
      return;
    }
    if (this.cells.numbers[cell.STAGE] === threadStage.START) {
      if (++this.#failedStarts > retries) {
        this.#giveUp(error);
        return;
      }
    } else if (first !== undefined && ++first.deaths > retries) {
      this.#requests.lose(first, error);
    }
    this.#warn(error);
    if (this.#requests.size > 0) this.#start();
  }

  #giveUp(error: MillraceError): void {
    // The first reason is the true one: an exit follows whatever caused it.
    this.#dead ??= error;
    this.#requests.failAll(this.#dead);
  }

  #warn({ message, where, details }: MillraceError): void {
    const { logger, start } = this.#options;
    const batches = this.#requests.size;
    const next = batches > 0 ? "it is started again" : "the next batch starts it again";
    const text = `${message} (${[...where, ...details].join(", ")}); ${next}`;
    if (logger === undefined) process.emitWarning(text, { code: "MILLRACE_WORKER_DIED" });
    else logger.warn({ worker: start.workerId, where, batches }, text);
  }

  #at(): Place {
    const { start, nameOf } = this.#options;
    return { cells: this.cells, workerId: start.workerId, request: this.#requests.first?.request, nameOf };
  }
}

function died(place: Place, code: number, cause: Error | undefined): MillraceError {
  const worker = `worker ${place.workerId}`;
  const { where, details } = whereItDied(place);
  const outOfMemory = cause !== undefined && "code" in cause && cause.code === "ERR_WORKER_OUT_OF_MEMORY";
  const what = cause === undefined ? `exited unexpectedly with code ${code}` : `ended by ${cause.message}`;
  const { hint } = (cause ?? {}) as { readonly hint?: unknown };
  return new MillraceError("WORKER_DIED", `${worker} ${what}`, {
    cause,
    where: [...where, worker],
    details,
    hint:
      typeof hint === "string"
        ? hint
        : outOfMemory
          ? "Use smaller batches or fewer batches ahead, or raise `workerMemory`."
          : "Run with numWorkers: 0 to see the fault in the main thread.",
  });
}
