/** Every message between the main thread and a worker. Index lists go in; a slot, a layout or an error comes out. */
import type { Recipe } from "../contracts/recipe.js";
import type { SerializedError } from "../errors.js";
import type { Layout } from "./layout.js";

/** Given once, as `workerData`. */
export interface WorkerStart {
  readonly workerId: number;
  readonly recipe: Recipe;
}

export interface FetchMessage {
  readonly type: "fetch";
  /** Names the request in the reply. */
  readonly ticket: number;
  readonly epoch: number;
  readonly indices: readonly number[];
  readonly slot: number;
  /** The slot's memory. */
  readonly buffer: SharedArrayBuffer;
}

export interface StopMessage {
  readonly type: "stop";
}

export type ToWorker = FetchMessage | StopMessage;

/** The worker has built its line and waits for requests. */
export interface ReadyMessage {
  readonly type: "ready";
}

export interface BatchMessage {
  readonly type: "batch";
  readonly ticket: number;
  readonly layout: Layout;
  /** New memory for the slot, where the batch did not fit into the old. */
  readonly grown?: SharedArrayBuffer;
}

/** A request failed; the worker goes on. */
export interface FailedMessage {
  readonly type: "failed";
  readonly ticket: number;
  readonly error: SerializedError;
}

/** The line could not be built; the worker stops. */
export interface BrokenMessage {
  readonly type: "broken";
  readonly error: SerializedError;
}

export interface LogMessage {
  readonly type: "log";
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

export type FromWorker = ReadyMessage | BatchMessage | FailedMessage | BrokenMessage | LogMessage;
