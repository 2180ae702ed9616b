/** The worker's end of its thread: requests come in as numbers or by message, and are served in order; replies go out. */
import type { MessagePort } from "node:worker_threads";
import type { Layout } from "../wire/layout.js";
import type {
  FetchMessage,
  FromWorker,
  LookMessage,
  PullMessage,
  ToWorker,
  WorkerStart,
} from "../wire/protocol.js";
import { NumberQueue } from "../wire/queue.js";
import {
  nextIsMailed,
  Remembered,
  rememberedLayouts,
  rememberedSlots,
  sameLayout,
  takeRequest,
} from "../wire/records.js";
import { weigh } from "../wire/weight.js";

export interface InboxOptions {
  readonly port: MessagePort;
  readonly start: WorkerStart;
  /** What is to be done before the first message. */
  readonly first: Promise<void>;
  /** Does what a message says; they wait for each other. */
  readonly serve: (message: ToWorker) => Promise<void>;
  /** Called as a message to stop arrives, whatever waits before it. */
  readonly stopping: () => void;
}

/** How long batches are made without a turn of the event loop between them, in milliseconds. */
const turnMs = 10;

/** Serves until the port is closed. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #requests: NumberQueue;
  readonly #replies: NumberQueue;
  readonly #slots = new Remembered<SharedArrayBuffer>(rememberedSlots);
  readonly #layouts = new Remembered<Layout>(rememberedLayouts);
  /** Contents of requests whose record has not been taken yet, by ticket. */
  readonly #mail = new Map<number, FetchMessage | PullMessage>();
  readonly #tasks: ToWorker[] = [];
  #nextLayout = 1;
  #busy = true;
  #closed = false;
  /** Ends a wait that nobody may wake. */
  #rouse: (() => void) | undefined;
  /** Whether the other end needs a message with every number. */
  #otherMisses = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#requests = new NumberQueue(options.start.requests);
    this.#replies = new NumberQueue(options.start.replies);
    options.port.on("message", (message: ToWorker | LookMessage) => this.#receive(message));
    void this.#run();
  }

  send(message: FromWorker): void {
    const { port } = this.#options;
    if (message.type !== "batch") {
      port.postMessage(message);
      return;
    }
    const known = this.#known(message.layout);
    if (known !== undefined && message.grown === undefined && message.shard === undefined) {
      if (this.#replies.space >= 2) {
        this.#replies.write(message.ticket);
        this.#replies.write(known);
        this.#replies.publish();
        if (this.#otherMisses) this.#say(false);
        return;
      }
    }
    const layoutId = known === undefined ? this.#remember(message.layout) : undefined;
    port.postMessage({ ...message, layoutId });
  }

  close(): void {
    this.#closed = true;
    this.#requests.wake();
    this.#rouse?.();
    this.#options.port.close();
  }

  #say(always: boolean): void {
    const look: LookMessage = { type: "look", always };
    this.#options.port.postMessage(look);
  }

  #receive(message: ToWorker | LookMessage): void {
    if (message.type === "look") {
      this.#otherMisses ||= message.always;
      // Asleep with something there: it was not woken.
      if (this.#rouse !== undefined && this.#requests.ready > 0) this.#say(true);
      this.#rouse?.();
      return;
    }
    if (message.type === "fetch" || message.type === "pull") this.#mail.set(message.ticket, message);
    this.#take();
    // What was asked before it comes before it.
    if (message.type === "leave" || message.type === "stop") this.#tasks.push(message);
    if (message.type === "stop") this.#options.stopping();
    void this.#work();
  }

  async #run(): Promise<void> {
    await this.#options.first;
    this.#busy = false;
    while (!this.#closed) {
      this.#take();
      await this.#work();
      if (this.#requests.ready > 0) {
        // A record whose content is still on its way.
        await turn();
        continue;
      }
      const roused = new Promise<void>((resolve) => {
        this.#rouse = resolve;
      });
      await Promise.race([this.#requests.wait(), roused]);
      this.#rouse = undefined;
    }
  }

  /** Takes what has arrived off the queue, up to a request whose content has not. */
  #take(): void {
    const requests = this.#requests;
    while (requests.ready > 0) {
      const mailed = nextIsMailed(requests);
      const message = mailed === undefined ? undefined : this.#mail.get(mailed);
      if (mailed !== undefined && message === undefined) return;
      const record = takeRequest(requests);
      requests.free();
      if (message !== undefined) {
        this.#mail.delete(message.ticket);
        const { serial } = message;
        if (serial === undefined) weigh(message.buffer);
        else if (this.#slots.touch(serial) === undefined) this.#slots.add(serial, message.buffer);
        this.#tasks.push(message);
      } else if (record.buffer !== undefined) {
        const buffer = this.#slots.touch(record.buffer) as SharedArrayBuffer;
        this.#tasks.push({ type: "fetch", ...record, buffer });
      }
    }
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    let begun = performance.now();
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      await this.#options.serve(task);
      if (performance.now() - begun > turnMs) {
        await turn();
        begun = performance.now();
      }
      this.#take();
    }
    this.#busy = false;
  }

  #known(layout: Layout): number | undefined {
    for (const [id, other] of this.#layouts.entries()) if (sameLayout(layout, other)) return id;
    return undefined;
  }

  #remember(layout: Layout): number | undefined {
    // What is not even the same as itself holds data.
    if (!sameLayout(layout, layout)) return undefined;
    this.#layouts.add(this.#nextLayout, layout);
    return this.#nextLayout++;
  }
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
