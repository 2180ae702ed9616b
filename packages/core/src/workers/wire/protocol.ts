/**
 * Every message between the main thread and a worker. Index lists go in; a slot's layout or an error comes out. What
 * both ends know well goes as a few numbers instead: `records.ts`.
 */
import type { BadSample } from "../../contracts/batch.js";
import type { Recipe } from "../../contracts/recipe.js";
import type { ProcessShard } from "../../contracts/loader-options.js";
import type { SerializedError } from "../../errors.js";
import type { Layout } from "./layout.js";
import type { Wires } from "./records.js";

/** How streams are cut into batches. */
export interface StreamOptions {
  /** Samples per batch; null gives each sample as it is. */
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  /** This process, where several read the stream together: each of its workers has a shard among those of all. */
  readonly shard?: ProcessShard | undefined;
}

/** How bad samples are passed over. */
export interface Tolerance {
  /** True if another sample takes the place of each; else the place is left out. */
  readonly replaces: boolean;
  /** Where the draws of those others follow from, with epoch and index. */
  readonly seed: number;
  /** The indices that they are drawn from, in shared memory; all of the dataset's if undefined. */
  readonly population?: Int32Array | Float64Array | undefined;
}

/** A bad sample on its way to the caller, with its error as it crosses threads. */
export interface Bad extends BadSample {
  readonly error: SerializedError;
}

/** What became of a batch with bad samples in it. */
export interface Salvaged {
  readonly bad: readonly Bad[];
  /** What is in the batch; absent for a stream. */
  readonly indices?: readonly number[];
  /** True if nothing is left of it. */
  readonly empty?: true;
  /** True if no sample was found for a place that should have been filled. */
  readonly unfilled?: true;
}

/** Where one shard of a stream stands: enough to go on after its last batch. */
export interface ShardState {
  /** What the stream's own `state` said, where it has one. */
  readonly state?: unknown;
  /** Samples read so far: what is dropped on resume where the stream has no state. */
  readonly read: number;
  /** True if the stream has ended. */
  readonly done: boolean;
  /** Bad samples passed over so far, if any. */
  readonly bad?: number;
}

/** Given once, as `workerData`. */
export interface WorkerStart {
  readonly workerId: number;
  readonly numWorkers: number;
  /** The loader's base seed; a worker's own is this + its id. */
  readonly baseSeed: bigint;
  /** Where the random numbers of collation follow from. */
  readonly seed: number;
  readonly recipe: Recipe;
  /** How streams are cut into batches. */
  readonly stream: StreamOptions;
  /** How bad samples are passed over; undefined where their errors are the caller's. */
  readonly tolerance?: Tolerance | undefined;
  /** Where it says what it is doing: `cells.ts`. */
  readonly cells: SharedArrayBuffer;
  /** Queues of numbers, one each way: `channel.ts`. */
  readonly wires: Wires;
}

/** Memory for the batch that is asked for. */
export interface SlotTicket {
  /** Names the request in the reply. */
  readonly ticket: number;
  readonly buffer: SharedArrayBuffer;
  /** By which requests after this one name the memory; absent if the worker is not to keep it. */
  readonly serial?: number;
}

/** Make a batch of these samples of a map-style dataset. */
export interface FetchMessage extends SlotTicket {
  readonly type: "fetch";
  readonly epoch: number;
  /** One number where batching is off: that sample alone, converted instead of collated. */
  readonly indices: readonly number[] | number;
}

/** Make the next batch of a pass over a stream. */
export interface PullMessage extends SlotTicket {
  readonly type: "pull";
  /** Names the pass: several may be under way. */
  readonly pass: number;
  readonly epoch: number;
  /** Where to go on; in the pass's first message only. */
  readonly from?: ShardState;
}

/** What is asked of a worker, before memory is found for it. */
export type FetchRequest = Omit<FetchMessage, keyof SlotTicket> | Omit<PullMessage, keyof SlotTicket>;

/** A pass is over or was left early. */
export interface LeaveMessage {
  readonly type: "leave";
  readonly pass: number;
  /** The epoch of which this was the last pass under way, for a map-style dataset. */
  readonly epoch?: number | undefined;
}

export interface StopMessage {
  readonly type: "stop";
}

/** What a worker does, one after the other. */
export type Task = FetchMessage | PullMessage | LeaveMessage | StopMessage;

export interface BatchMessage {
  readonly type: "batch";
  readonly ticket: number;
  readonly layout: Layout;
  /** By which replies after this one name the layout. */
  readonly layoutId?: number;
  /** New memory for the slot, where the batch did not fit into the old. */
  readonly grown?: SharedArrayBuffer;
  /** Where the worker's shard of a stream stands after this batch. */
  readonly shard?: ShardState;
  /** What was done about bad samples, if there were any. */
  readonly salvaged?: Salvaged | undefined;
}

/** The worker's shard of a stream has no more batches. */
export interface EndedMessage {
  readonly type: "ended";
  readonly ticket: number;
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

export type FromWorker = BatchMessage | EndedMessage | FailedMessage | BrokenMessage | LogMessage;

/** Look at the queue: you may have slept through what is in it. */
export interface LookMessage {
  readonly type: "look";
}

/** The memory of this serial number will not be named again: the main thread has dropped it. */
export interface ForgetMessage {
  readonly type: "forget";
  readonly serial: number;
}

/** What the channel's ends tell each other. */
export type Notice = LookMessage | ForgetMessage;
