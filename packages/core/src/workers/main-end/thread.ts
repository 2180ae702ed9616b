/** One worker thread, as the main thread holds it: started, asked, held alive, ended. */
import { Worker } from "node:worker_threads";
import { AskingEnd } from "../wire/channel.js";
import type { FetchRequest, FromWorker, LeaveMessage, StopMessage, WorkerStart } from "../wire/protocol.js";
import { newWires } from "../wire/records.js";
import { nodeOptions } from "./node-options.js";

export interface ThreadOptions {
  readonly start: Omit<WorkerStart, "wires">;
  /** Most megabytes of JavaScript heap; Node's own limit if undefined. */
  readonly memory?: number;
  readonly receive: (message: FromWorker) => void;
  /** Called once; `cause` is what nobody caught. */
  readonly ended: (code: number, cause: Error | undefined) => void;
}

/** How often it is seen to that no wake-up was lost while something is under way, in milliseconds. */
const lookMs = 100;

export class Thread {
  /** Resolves when the thread is gone. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #channel: AskingEnd;
  #gone = false;
  #looking: NodeJS.Timeout | undefined;

  constructor({ start, memory, receive, ended }: ThreadOptions) {
    const wires = newWires();
    const worker = new Worker(new URL("../thread-end/worker.js", import.meta.url), {
      // What a debugger calls it.
      name: `millrace worker ${start.workerId}`,
      workerData: { ...start, wires } satisfies WorkerStart,
      ...nodeOptions(),
      ...(memory !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memory } }),
    });
    const channel = new AskingEnd(wires, (message) => worker.postMessage(message), receive);
    let cause: Error | undefined;
    worker.on("message", (message: FromWorker) => channel.received(message));
    worker.on("error", (error: Error) => (cause = error));
    this.exited = new Promise((resolve) => {
      worker.once("exit", (code) => {
        channel.close();
        this.#gone = true;
        clearInterval(this.#looking);
        ended(code, cause);
        resolve();
      });
    });
    this.#worker = worker;
    this.#channel = channel;
  }

  /** Asks for a batch in this memory. */
  ask(ticket: number, request: FetchRequest, buffer: SharedArrayBuffer): void {
    this.#channel.ask(ticket, request, buffer);
  }

  tell(message: LeaveMessage | StopMessage): void {
    this.#worker.postMessage(message);
  }

  /** Keeps the program alive, or does not. */
  hold(alive: boolean): void {
    if (alive) this.#worker.ref();
    else this.#worker.unref();
    clearInterval(this.#looking);
    const look = (): void => this.#channel.look();
    this.#looking = alive && !this.#gone ? setInterval(look, lookMs).unref() : undefined;
  }

  terminate(): void {
    void this.#worker.terminate();
  }
}
