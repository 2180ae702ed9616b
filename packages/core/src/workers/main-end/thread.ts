/** The main thread's end of one worker thread: requests go out and replies come in as numbers, or by message. */
import { Worker } from "node:worker_threads";
import type { Layout } from "../wire/layout.js";
import type {
  FetchRequest,
  FromWorker,
  LeaveMessage,
  LookMessage,
  StopMessage,
  WorkerStart,
} from "../wire/protocol.js";
import { NumberQueue, queueMemory } from "../wire/queue.js";
import {
  Remembered,
  rememberedLayouts,
  rememberedSlots,
  replyCapacity,
  requestCapacity,
  writeMailed,
  writeRequest,
} from "../wire/records.js";

export interface ThreadOptions {
  readonly start: Omit<WorkerStart, "requests" | "replies">;
  /** Most megabytes of JavaScript heap; Node's own limit if undefined. */
  readonly memory?: number;
  readonly receive: (message: FromWorker) => void;
  /** Called once; `cause` is what nobody caught. */
  readonly ended: (code: number, cause: Error | undefined) => void;
}

/** How often it is seen to that no wake-up was lost while something is under way, in milliseconds. */
const lookMs = 100;

/** The serial number of each slot's memory, from its first use on. */
const serials = new WeakMap<SharedArrayBuffer, number>();
let nextSerial = 1;

export class Thread {
  /** Resolves when the thread is gone. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  readonly #requests: NumberQueue;
  readonly #replies: NumberQueue;
  readonly #slots = new Remembered<true>(rememberedSlots);
  readonly #layouts = new Remembered<Layout>(rememberedLayouts);
  /** Requests that found no room, in order. */
  #backlog: Parameters<Thread["ask"]>[] = [];
  #gone = false;
  #looking: NodeJS.Timeout | undefined;
  #stuckAt: number | undefined;
  /** Whether this end, or the other, needs a message with every number. */
  #misses = false;
  #otherMisses = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    const [requests, replies] = [queueMemory(requestCapacity), queueMemory(replyCapacity)];
    this.#requests = new NumberQueue(requests);
    this.#replies = new NumberQueue(replies);
    const { start, memory } = options;
    this.#worker = new Worker(new URL("../thread-end/worker.js", import.meta.url), {
      // What a debugger calls it.
      name: `millrace worker ${start.workerId}`,
      workerData: { ...start, requests, replies } satisfies WorkerStart,
      ...(memory !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memory } }),
    });
    let cause: Error | undefined;
    this.#worker.on("message", (message: FromWorker | LookMessage) => this.#receive(message));
    this.#worker.on("error", (error: Error) => (cause = error));
    this.exited = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#drain();
        this.#gone = true;
        clearInterval(this.#looking);
        this.#replies.wake();
        options.ended(code, cause);
        resolve();
      });
    });
    void this.#listen();
  }

  /** Asks for a batch in this memory. */
  ask(ticket: number, request: FetchRequest, buffer: SharedArrayBuffer): void {
    if (this.#backlog.length > 0 || !this.#write(ticket, request, buffer)) {
      this.#backlog.push([ticket, request, buffer]);
    }
  }

  tell(message: LeaveMessage | StopMessage): void {
    this.#worker.postMessage(message);
  }

  /** Keeps the program alive, or does not. */
  hold(alive: boolean): void {
    if (alive) this.#worker.ref();
    else this.#worker.unref();
    clearInterval(this.#looking);
    this.#looking = alive && !this.#gone ? setInterval(() => this.#look(), lookMs).unref() : undefined;
  }

  terminate(): void {
    void this.#worker.terminate();
  }

  /** False if there is no room for it now. */
  #write(ticket: number, request: FetchRequest, buffer: SharedArrayBuffer): boolean {
    const serial = serials.get(buffer);
    const known = serial !== undefined && this.#slots.touch(serial) === true;
    if (known && request.type === "fetch" && writeRequest(this.#requests, ticket, serial, request)) {
      if (this.#otherMisses) this.#say();
      return true;
    }
    if (!writeMailed(this.#requests, ticket)) return false;
    if (serial === undefined) serials.set(buffer, nextSerial++);
    else if (!known) this.#slots.add(serial, true);
    this.#worker.postMessage({ ...request, ticket, buffer, serial });
    return true;
  }

  #say(): void {
    const look: LookMessage = { type: "look", always: this.#misses };
    this.#worker.postMessage(look);
  }

  /** What stands still since the last look may be somebody who was not woken, or merely takes long. */
  #look(): void {
    const missed = this.#drain() > 0;
    const { stuckAt } = this.#requests;
    if ((missed && !this.#misses) || (stuckAt !== undefined && stuckAt === this.#stuckAt)) {
      this.#misses ||= missed;
      this.#say();
    }
    this.#stuckAt = stuckAt;
  }

  async #listen(): Promise<void> {
    while (!this.#gone) {
      this.#drain();
      // A reply whose layout is still on its way needs the event loop to turn.
      if (this.#replies.ready > 0) await new Promise((resolve) => setImmediate(resolve));
      else await this.#replies.wait();
    }
  }

  #receive(message: FromWorker | LookMessage): void {
    // What came by number was sent before what comes by message.
    this.#drain();
    if (message.type === "look") {
      this.#otherMisses ||= message.always;
      return;
    }
    if (message.type === "batch" && message.layoutId !== undefined) {
      this.#layouts.add(message.layoutId, message.layout);
    }
    this.#options.receive(message);
    this.#drain();
  }

  /** How many replies there were. */
  #drain(): number {
    const replies = this.#replies;
    let taken = 0;
    for (; replies.ready > 0; taken++) {
      const layout = this.#layouts.get(replies.peek(1));
      // It was sent by message, which has yet to arrive.
      if (layout === undefined) break;
      const ticket = replies.take();
      replies.take();
      replies.free();
      this.#options.receive({ type: "batch", ticket, layout });
    }
    while (this.#backlog.length > 0 && this.#write(...this.#backlog[0])) this.#backlog.shift();
    return taken;
  }
}
