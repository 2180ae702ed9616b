/**
 * The wire between the main thread and a worker, both ends of it: requests and replies go as numbers in shared memory,
 * whatever the other end does not know yet goes as mail beside them, and nobody sleeps through a wake-up that is lost.
 * It knows no threads: `post` is how mail leaves an end, and `received` how it arrives.
 */
import type { Layout } from "./layout.js";
import type { FetchMessage, FetchRequest, FromWorker, Notice, PullMessage, Task } from "./protocol.js";
import { NumberQueue } from "./queue.js";
import {
  nextIsMailed,
  Remembered,
  rememberedLayouts,
  sameLayout,
  takeRequest,
  type Wires,
  writeMailed,
  writeRequest,
} from "./records.js";
import { Sleeper } from "./sleeper.js";
import { weigh } from "./weight.js";

/** The serial number of each slot's memory, from its first use on. */
const serials = new WeakMap<SharedArrayBuffer, number>();
let nextSerial = 1;

/** Where the main thread asks and is answered. */
export class AskingEnd {
  readonly #post: (message: Task | Notice) => void;
  readonly #answered: (message: FromWorker) => void;
  readonly #requests: NumberQueue;
  readonly #replies: NumberQueue;
  readonly #sleeper: Sleeper;
  /** Memory that the other end keeps, as long as this thread may name it again. */
  readonly #kept = new Set<number>();
  readonly #dropped = new FinalizationRegistry<number>((serial) => this.#forget(serial));
  readonly #layouts = new Remembered<Layout>(rememberedLayouts);
  /** Requests that found no room. */
  #backlog: [ticket: number, request: FetchRequest, buffer: SharedArrayBuffer][] = [];
  #closed = false;
  /** What stood still at the last look: replies that nobody took here, requests that nobody took there. */
  #unheard: number | undefined;
  #unheeded: number | undefined;

  constructor(wires: Wires, post: (message: Task | Notice) => void, answered: (message: FromWorker) => void) {
    this.#post = post;
    this.#answered = answered;
    this.#requests = new NumberQueue(wires.requests);
    this.#replies = new NumberQueue(wires.replies);
    this.#sleeper = new Sleeper(this.#replies);
    void this.#sleeper.listen(() => this.#drain());
  }

  /** Asks for a batch in this memory. */
  ask(ticket: number, request: FetchRequest, buffer: SharedArrayBuffer): void {
    if (this.#backlog.length > 0 || !this.#write(ticket, request, buffer)) {
      this.#backlog.push([ticket, request, buffer]);
    }
  }

  /** Mail from the other end. */
  received(message: FromWorker): void {
    // What came by number was sent before what comes by mail.
    this.#drain();
    if (message.type === "batch" && message.layoutId !== undefined) {
      this.#layouts.add(message.layoutId, message.layout);
    }
    this.#answered(message);
    this.#drain();
  }

  /**
   * Called now and then while something is under way. What stands still from one look to the next was not heard: of V8's
   * `Atomics.waitAsync` some few in a million never resolve. Being roused for nothing costs nothing.
   */
  look(): void {
    const [unheard, unheeded] = [this.#replies.untaken, this.#requests.sleptThrough];
    if (unheard !== undefined && unheard === this.#unheard) this.#sleeper.rouse();
    this.#unheard = unheard;
    if (unheeded !== undefined && unheeded === this.#unheeded) this.#post({ type: "look" });
    this.#unheeded = unheeded;
  }

  /** The other end is gone: takes what it left. */
  close(): void {
    this.#drain();
    this.#closed = true;
    this.#sleeper.close();
  }

  /** False if there is no room for it now. */
  #write(ticket: number, request: FetchRequest, buffer: SharedArrayBuffer): boolean {
    const serial = serials.get(buffer);
    const kept = serial !== undefined && this.#kept.has(serial);
    if (kept && request.type === "fetch" && writeRequest(this.#requests, ticket, serial, request))
      return true;
    if (!writeMailed(this.#requests, ticket)) return false;
    if (serial === undefined) serials.set(buffer, nextSerial++);
    else if (!kept) {
      // Kept from its second use on: that of a batch which is dropped instead of released is used once.
      this.#kept.add(serial);
      this.#dropped.register(buffer, serial);
    }
    this.#post({ ...request, ticket, buffer, serial });
    return true;
  }

  #forget(serial: number): void {
    if (!this.#closed && this.#kept.delete(serial)) this.#post({ type: "forget", serial });
  }

  #drain(): void {
    const replies = this.#replies;
    while (replies.ready > 0) {
      const layout = this.#layouts.get(replies.peek(1));
      // It was sent by mail, which has yet to arrive.
      if (layout === undefined) break;
      const ticket = replies.take();
      replies.take();
      replies.free();
      this.#answered({ type: "batch", ticket, layout });
    }
    while (this.#backlog.length > 0 && this.#write(...this.#backlog[0])) this.#backlog.shift();
  }
}

/** Where a worker is asked, and answers. */
export class ServingEnd {
  readonly #post: (message: FromWorker) => void;
  readonly #asked: (task: Task) => void;
  readonly #requests: NumberQueue;
  readonly #replies: NumberQueue;
  readonly #sleeper: Sleeper;
  readonly #slots = new Map<number, SharedArrayBuffer>();
  readonly #layouts = new Remembered<Layout>(rememberedLayouts);
  #nextLayout = 1;
  /** Contents of requests whose record has not been taken yet, by ticket. */
  readonly #mail = new Map<number, FetchMessage | PullMessage>();

  /** `asked` is told of tasks in the order in which they were asked. */
  constructor(wires: Wires, post: (message: FromWorker) => void, asked: (task: Task) => void) {
    this.#post = post;
    this.#asked = asked;
    this.#requests = new NumberQueue(wires.requests);
    this.#replies = new NumberQueue(wires.replies);
    this.#sleeper = new Sleeper(this.#requests);
  }

  /** Has whatever arrives taken and `work`ed on, until the end is closed. */
  listen(work: () => Promise<void>): Promise<void> {
    return this.#sleeper.listen(() => {
      this.take();
      return work();
    });
  }

  /** A batch whose layout the other end knows goes as two numbers. */
  send(message: FromWorker): void {
    if (message.type !== "batch") {
      this.#post(message);
      return;
    }
    const { layout, ticket, grown, shard, salvaged } = message;
    const known = this.#known(layout);
    const plain = grown === undefined && shard === undefined && salvaged === undefined;
    if (known !== undefined && plain && this.#replies.space >= 2) {
      this.#replies.write(ticket);
      this.#replies.write(known);
      this.#replies.publish();
      return;
    }
    this.#post({ ...message, layoutId: known === undefined ? this.#remember(layout) : undefined });
  }

  /** Mail from the other end; true if it was a task. */
  received(message: Task | Notice): boolean {
    switch (message.type) {
      case "look":
        this.#sleeper.rouse();
        return false;
      case "forget":
        this.#forget(message.serial);
        return false;
      case "fetch":
      case "pull":
        this.#mail.set(message.ticket, message);
        this.take();
        break;
      default:
        // What was asked before it comes before it.
        this.take();
        this.#asked(message);
    }
    return true;
  }

  /** Takes what has arrived off the queue, up to a request whose mail has not. */
  take(): void {
    const requests = this.#requests;
    while (requests.ready > 0) {
      const mailed = nextIsMailed(requests);
      const message = mailed === undefined ? undefined : this.#mail.get(mailed);
      if (mailed !== undefined && message === undefined) return;
      const record = takeRequest(requests);
      requests.free();
      if (message !== undefined) {
        this.#mail.delete(message.ticket);
        if (message.serial === undefined) weigh(message.buffer);
        else this.#slots.set(message.serial, message.buffer);
        this.#asked(message);
      } else if (record.buffer !== undefined) {
        const buffer = this.#slots.get(record.buffer) as SharedArrayBuffer;
        this.#asked({ type: "fetch", ...record, buffer });
      }
    }
  }

  close(): void {
    this.#sleeper.close();
  }

  #forget(serial: number): void {
    const buffer = this.#slots.get(serial);
    this.#slots.delete(serial);
    // From here on only its weight tells the collector that it is worth collecting.
    if (buffer !== undefined) weigh(buffer);
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
