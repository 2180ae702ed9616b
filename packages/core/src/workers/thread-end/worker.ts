/** A worker thread: makes its line again from the recipe, then turns requests into batches until told to stop. */
import { inspect } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import type { Dataset } from "../../contracts/dataset.js";
import type { IterableDataset } from "../../contracts/iterable.js";
import type { Logger } from "../../contracts/logger.js";
import type { RecipeFunction, WorkerLine } from "../../contracts/recipe.js";
import { MillraceError } from "../../errors.js";
import { cellsOf } from "../wire/cells.js";
import { Inbox } from "./inbox.js";
import { setWorkerInfo } from "../making/info.js";
import { setThisWorker, type ThisWorker } from "../making/this-worker.js";
import { Progress } from "../making/progress.js";
import { makeBatch } from "../making/salvage.js";
import type {
  FetchMessage,
  FromWorker,
  LogMessage,
  PullMessage,
  Task,
  WorkerStart,
} from "../wire/protocol.js";
import { type Finished, SlotWriter } from "../wire/slots.js";
import { BatchStream } from "../making/stream.js";

if (parentPort === null) throw new Error("worker.js must be started as a worker thread");
const start = workerData as WorkerStart;
const place = `worker ${start.workerId}`;
const progress = new Progress(cellsOf(start.cells));
const passes = new Map<number, BatchStream>();
let line: WorkerLine | undefined;
let stopping = false;

/** A batch of which nothing is left. */
const nothing: Finished = { layout: { kind: "value", value: undefined } };

const send = (message: FromWorker): void => inbox.send(message);

/** Fields that cannot be cloned, such as functions, are written out: a line of the log fails nobody's sample. */
function sayLog(line: LogMessage): void {
  try {
    send(line);
  } catch {
    send({ ...line, fields: { fields: inspect(line.fields) } });
  }
}

const log =
  (level: LogMessage["level"]) =>
  (fields: object, message: string): void =>
    sayLog({ type: "log", level, fields, message });
const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };

const itself: ThisWorker = { id: start.workerId, modules: new Set(), refuse: broken };
setThisWorker(itself);

async function build(): Promise<void> {
  const { workerId, numWorkers, baseSeed, recipe } = start;
  const module = (await import(recipe.module)) as Record<string, RecipeFunction>;
  line = await module[recipe.export](recipe.args as never, { logger });
  const seed = BigInt.asUintN(64, baseSeed + BigInt(workerId));
  setWorkerInfo({ id: workerId, numWorkers, seed, dataset: line.dataset });
  await line.init?.(workerId);
  itself.refuse = undefined;
  progress.idle();
}

async function fetch(
  { dataset, collate }: WorkerLine,
  { ticket, epoch, indices, buffer }: FetchMessage,
): Promise<void> {
  const writer = new SlotWriter(buffer);
  // What is asked for behind the end of a pass is of another.
  if (progress.over(epoch)?.aborted !== false) progress.enter(epoch);
  const { seed, tolerance } = start;
  const making = { dataset: dataset as Dataset, collate, epoch, seed, progress, tolerance };
  const { data, salvaged } = await makeBatch(making, indices, writer);
  const samples = salvaged?.indices ?? indices;
  progress.end(typeof samples === "number" ? 1 : samples.length, writer.bytes);
  send({ type: "batch", ticket, ...((data ?? nothing) as Finished), salvaged });
}

async function pull({ dataset, collate }: WorkerLine, message: PullMessage): Promise<void> {
  const { ticket, pass, epoch, buffer, from } = message;
  let stream = passes.get(pass);
  if (stream === undefined) {
    const { workerId, numWorkers, stream: own } = start;
    const { rank, size } = own.shard ?? { rank: 0, size: 1 };
    const shard = { id: rank * numWorkers + workerId, count: size * numWorkers };
    const context = { epoch, shard };
    const options = { ...start.stream, seed: start.seed, tolerant: start.tolerance !== undefined };
    stream = new BatchStream(dataset as IterableDataset, collate, options, context, from, progress);
    passes.set(pass, stream);
  }
  const writer = new SlotWriter(buffer);
  const next = await stream.next(writer);
  if (next === undefined) {
    progress.end(0, 0);
    send({ type: "ended", ticket });
    return;
  }
  const { data, samples, shard, salvaged } = next;
  progress.end(samples, writer.bytes);
  send({ type: "batch", ticket, ...((data ?? nothing) as Finished), shard, salvaged });
}

async function make(message: FetchMessage | PullMessage): Promise<void> {
  if (line === undefined || stopping) return;
  try {
    await (message.type === "fetch" ? fetch(line, message) : pull(line, message));
  } catch (error) {
    progress.end(0, 0);
    const named = MillraceError.from(error, "SAMPLE_FAILED", "a batch cannot be made", { where: [place] });
    send({ type: "failed", ticket: message.ticket, error: named.toJSON() });
  }
}

async function leave(pass: number, epoch?: number): Promise<void> {
  if (epoch !== undefined) progress.leave(epoch);
  const stream = passes.get(pass);
  passes.delete(pass);
  try {
    await stream?.close();
  } catch (error) {
    logger.warn({ error: String(error) }, "a stream failed to close");
  }
}

async function stop(): Promise<void> {
  inbox.close();
  progress.leaveAll();
  for (const pass of passes.keys()) await leave(pass);
  await line?.close?.();
}

function broken(error: unknown): void {
  // The first reason is the true one.
  if (stopping) return;
  stopping = true;
  const named = MillraceError.from(error, "WORKER_RECIPE", "a worker could not build its part of the line", {
    where: [place],
  });
  send({ type: "broken", error: named.toJSON() });
  inbox.close();
}

async function serve(message: Task): Promise<void> {
  switch (message.type) {
    case "fetch":
    case "pull":
      return make(message);
    case "leave":
      return leave(message.pass, message.epoch);
    case "stop":
      return stop();
    default:
      return message satisfies never;
  }
}

const inbox = new Inbox({
  port: parentPort,
  start,
  first: build().catch(broken),
  serve,
  // Requests still waiting are nobody's any more.
  stopping: () => (stopping = true),
});
