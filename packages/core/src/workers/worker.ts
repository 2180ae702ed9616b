/** A worker thread: makes its line again from the recipe, then turns index lists into batches until told to stop. */
import { parentPort, workerData } from "node:worker_threads";
import type { Logger } from "../contracts/logger.js";
import type { RecipeFunction, WorkerLine } from "../contracts/recipe.js";
import { MillraceError } from "../errors.js";
import { fetchBatch } from "./fetcher.js";
import type { FetchMessage, FromWorker, LogMessage, ToWorker, WorkerStart } from "./protocol.js";
import { SlotWriter } from "./slots.js";

if (parentPort === null) throw new Error("worker.js must be started as a worker thread");
const port = parentPort;
const { workerId, recipe } = workerData as WorkerStart;
const place = `worker ${workerId}`;

const send = (message: FromWorker): void => port.postMessage(message);

const log =
  (level: LogMessage["level"]) =>
  (fields: object, message: string): void =>
    send({ type: "log", level, fields, message });
const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };

async function build(): Promise<WorkerLine> {
  const module = (await import(recipe.module)) as Record<string, RecipeFunction>;
  return module[recipe.export](recipe.args as never, { logger });
}

async function serve(line: WorkerLine, { ticket, epoch, indices, buffer }: FetchMessage): Promise<void> {
  try {
    const writer = new SlotWriter(buffer);
    const value = await fetchBatch(line.dataset, line.collate, indices, { epoch }, writer);
    send({ type: "batch", ticket, ...writer.finish(value) });
  } catch (error) {
    const named = MillraceError.from(error, "SAMPLE_FAILED", "a batch cannot be made", { where: [place] });
    send({ type: "failed", ticket, error: named.toJSON() });
  }
}

let stopping = false;

async function stop(line: WorkerLine | undefined): Promise<void> {
  port.close();
  await line?.close?.();
}

// Requests that arrive while the line is being built wait in this chain, and each waits for the one before it: what
// runs at once is chosen within a batch.
let line: WorkerLine | undefined;
let chain: Promise<void> = build().then(
  (built) => {
    line = built;
    send({ type: "ready" });
  },
  (error: unknown) => {
    const named = MillraceError.from(
      error,
      "WORKER_RECIPE",
      "a worker could not build its part of the line",
      {
        where: [place],
      },
    );
    send({ type: "broken", error: named.toJSON() });
    port.close();
  },
);

port.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "fetch":
      chain = chain.then(() => (line === undefined || stopping ? undefined : serve(line, message)));
      break;
    case "stop":
      // Requests still waiting are nobody's any more.
      stopping = true;
      chain = chain.then(() => stop(line));
      break;
    default:
      message satisfies never;
  }
});
