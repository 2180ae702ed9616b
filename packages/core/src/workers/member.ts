/** One place in the pool: the thread that holds it, what is asked of that thread, and another thread when it dies. */
import { Worker } from "node:worker_threads";
import type { Logger } from "../contracts/logger.js";
import { MillraceError } from "../errors.js";
import { cell, cellsOf, resetPlace, threadStage, type WorkerCells } from "./cells.js";
import type { FetchRequest, FromWorker, ToWorker, WorkerStart } from "./protocol.js";
import { type Fetched, Requests } from "./requests.js";
import type { SlotPool } from "./slots.js";
import { type Place, whereItDied, whereItHangs } from "./whereabouts.js";

export interface MemberOptions {
  readonly start: WorkerStart;
  readonly slots: SlotPool;
  /** Most megabytes of JavaScript heap; Node's own limit if undefined. */
  readonly memory?: number;
  readonly logger?: Logger;
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
  readonly #requests: Requests;
  /** Undefined between the end of a thread and the next request. */
  #worker: Worker | undefined;
  #exited: Promise<void> = Promise.resolve();
  /** What nobody caught in the thread. */
  #cause: Error | undefined;
  /** Why it takes no more requests. */
  #dead: MillraceError | undefined;
  #failedStarts = 0;
  #deaths = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#requests = new Requests(options.slots);
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

  fetch(request: FetchRequest): Promise<Fetched | undefined> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    return new Promise((resolve, reject) => {
      const pending = this.#requests.add(request, resolve, reject);
      if (pending === undefined) {
        resolve(undefined);
        return;
      }
      // A worker without requests does not keep the program alive; one with requests does.
      if (this.#requests.size === 1) this.#worker?.ref();
      if (this.#worker === undefined) this.#start();
      else this.#send(this.#requests.message(pending));
    });
  }

  /** A pass over a stream is over. */
  leave(pass: number): void {
    if (this.#requests.leave(pass)) this.#send({ type: "leave", pass });
  }

  /** Lets the thread close its dataset and end; ends it if it does not in time, or at once. */
  async stop(atOnce: boolean): Promise<void> {
    this.#dead ??= new MillraceError("LOADER_CLOSED", "the loader was closed");
    const worker = this.#worker;
    worker?.ref();
    this.#send({ type: "stop" });
    const timer = setTimeout(() => void worker?.terminate(), atOnce ? 0 : graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Starts a thread, and asks it for everything that is pending. */
  #start(): void {
    const { start, memory } = this.#options;
    resetPlace(this.cells);
    this.#cause = undefined;
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: start,
      ...(memory !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memory } }),
    });
    this.#worker = worker;
    this.#exited = new Promise((resolve) => {
      worker.once("exit", (code) => {
        this.#worker = undefined;
        this.#ended(code);
        resolve();
      });
    });
    worker.on("message", (message: FromWorker) => this.#receive(message));
    worker.on("error", (error: Error) => (this.#cause = error));
    if (this.#requests.size === 0) worker.unref();
    for (const message of this.#requests.again()) this.#send(message);
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
    if (this.#requests.size === 0) this.#worker?.unref();
  }

  /** The thread is gone: was it asked to go, did its start fail once too often, or which batch was it at? */
  #ended(code: number): void {
    if (this.#dead !== undefined) {
      this.#giveUp(this.#dead);
      return;
    }
    this.#deaths++;
    const error = died(this.#at(), code, this.#cause);
    const { first } = this.#requests;
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

  #send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}

function died(place: Place, code: number, cause: Error | undefined): MillraceError {
  const worker = `worker ${place.workerId}`;
  const { where, details } = whereItDied(place);
  const outOfMemory = cause !== undefined && "code" in cause && cause.code === "ERR_WORKER_OUT_OF_MEMORY";
  const what = cause === undefined ? `exited unexpectedly with code ${code}` : `ended by ${cause.message}`;
  return new MillraceError("WORKER_DIED", `${worker} ${what}`, {
    cause,
    where: [...where, worker],
    details,
    hint: outOfMemory
      ? "Use smaller batches or fewer batches ahead, or raise `workerMemory`."
      : "Run with numWorkers: 0 to see the fault in the main thread.",
  });
}
