/** What a worker has to do: tasks as the channel brings them, one after the other. */
import type { MessagePort } from "node:worker_threads";
import { ServingEnd } from "../wire/channel.js";
import type { FromWorker, Notice, Task, WorkerStart } from "../wire/protocol.js";

export interface InboxOptions {
  readonly port: MessagePort;
  readonly start: WorkerStart;
  /** What is to be done before the first task. */
  readonly first: Promise<void>;
  /** Does a task; they wait for each other. */
  readonly serve: (task: Task) => Promise<void>;
  /** Called as the task to stop arrives, whatever waits before it. */
  readonly stopping: () => void;
}

/** How long batches are made without a turn of the event loop between them, in milliseconds. */
const turnMs = 10;

/** Serves until it is closed. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #channel: ServingEnd;
  readonly #tasks: Task[] = [];
  #busy = true;

  constructor(options: InboxOptions) {
    this.#options = options;
    const { port, start, stopping } = options;
    this.#channel = new ServingEnd(
      start.wires,
      (message) => port.postMessage(message),
      (task) => {
        this.#tasks.push(task);
        if (task.type === "stop") stopping();
      },
    );
    port.on("message", (message: Task | Notice) => {
      if (this.#channel.received(message)) void this.#work();
    });
    void this.#run();
  }

  send(message: FromWorker): void {
    this.#channel.send(message);
  }

  close(): void {
    this.#channel.close();
    this.#options.port.close();
  }

  async #run(): Promise<void> {
    await this.#options.first;
    this.#busy = false;
    await this.#channel.listen(() => this.#work());
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    let begun = performance.now();
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      await this.#options.serve(task);
      if (performance.now() - begun > turnMs) {
        await new Promise((resolve) => setImmediate(resolve));
        begun = performance.now();
      }
      this.#channel.take();
    }
    this.#busy = false;
  }
}
