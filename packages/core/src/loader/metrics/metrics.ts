/** Where a loader's time goes: stages as their threads measured them, and the waiting as the caller felt it. */
import { cell, type WorkerCells } from "../../workers/wire/cells.js";

/** Time that one stage took. */
export interface StageMetrics {
  /** Milliseconds, summed over all threads. */
  readonly ms: number;
  /** Microseconds per sample made. */
  readonly usPerSample: number;
}

/** What was made in a stretch of time, and where that time went. */
export interface TimeMetrics {
  /** Made so far, those ahead of the caller included. */
  readonly batches: number;
  readonly samples: number;
  /** Samples that could not be made and were passed over (`onError`), in the batches that the caller has come to. */
  readonly badSamples: number;
  /** Of the batches' arrays, in bytes. */
  readonly bytes: number;
  /** Wall time in which an iteration was under way, in milliseconds. */
  readonly wallMs: number;
  /** Reading samples: `get`, `getMany`, or all of `getBatch`. */
  readonly read: StageMetrics;
  /**
   * The chain of transforms, with what they deferred, such as decoding an image. A transform has its thread to itself; while
   * several samples are read or decoded at once, a moment is shared among them, so that read, transform and collate add up
   * to the time that threads were busy.
   */
  readonly transform: StageMetrics;
  /** Making one batch of the samples, with bringing it into its slot. */
  readonly collate: StageMetrics;
  /** The caller waited for a batch. Without workers this is the time in which it is made. */
  readonly dataWait: StageMetrics;
  /** The part of it in which a later batch was ready, but not the one whose turn it was. */
  readonly orderWait: StageMetrics;
  /** The caller had a batch and did not ask for the next: upload, step, and whatever else it does. */
  readonly use: StageMetrics;
  /** `dataWait` as a share of `wallMs`, 0 to 1. */
  readonly dataWaitShare: number;
  /** Batches that were ready when the caller asked for one, on average. */
  readonly queueDepth: number;
}

/** What `loader.metrics()` gives: plain numbers, a copy. */
export interface LoaderMetrics {
  /**
   * The iteration that started last; absent before the first. Its bad samples are those of the epoch, also before it was
   * resumed. What iterations at once share counts for each.
   */
  readonly epoch?: TimeMetrics & { readonly epoch: number };
  /** Since the loader was made, or since `resetMetrics`. */
  readonly total: TimeMetrics;
  readonly workers: {
    /** Threads that make batches; 0 is the caller's own, also while `"auto"` has not chosen. */
    readonly numWorkers: number;
    /** Batches made ahead per worker. */
    readonly prefetchFactor: number;
    /** Why these numbers, where they were chosen: `"auto"`. */
    readonly reason?: string;
    /** Threads that died without being asked to end; each was replaced. */
    readonly deaths: number;
  };
}

/** What threads have made so far, by `cell`. */
export type Made = Readonly<Record<(typeof madeCells)[number], number>>;
const madeCells = [
  "READ_MS",
  "TRANSFORM_MS",
  "COLLATE_MS",
  "BATCHES",
  "SAMPLES",
  "BYTES",
  "SQUARED_MS",
] as const;

export const nothingMade = madeOf([]);

/** The sum over some threads. */
export function madeOf(threads: readonly WorkerCells[]): Made {
  const sum = (name: (typeof madeCells)[number]): number =>
    threads.reduce((total, { numbers }) => total + numbers[cell[name]], 0);
  return Object.fromEntries(madeCells.map((name) => [name, sum(name)])) as Record<keyof Made, number>;
}

/** `a + sign · b` */
export function addMade(a: Made, b: Made, sign: 1 | -1 = 1): Made {
  return Object.fromEntries(madeCells.map((name) => [name, a[name] + sign * b[name]])) as Record<
    keyof Made,
    number
  >;
}

/** What a caller felt, in milliseconds and calls. */
export interface Felt {
  wallMs: number;
  waitMs: number;
  orderWaitMs: number;
  asked: number;
  /** Batches that were ready, summed over the calls. */
  ready: number;
  badSamples: number;
}

export function nothingFelt(): Felt {
  return { wallMs: 0, waitMs: 0, orderWaitMs: 0, asked: 0, ready: 0, badSamples: 0 };
}

export function timeMetrics(made: Made, felt: Felt): TimeMetrics {
  const { wallMs, waitMs, orderWaitMs, asked, ready, badSamples } = felt;
  const samples = made.SAMPLES;
  const stage = (ms: number): StageMetrics => ({
    ms,
    usPerSample: samples === 0 ? 0 : (ms / samples) * 1000,
  });
  return {
    batches: made.BATCHES,
    samples,
    badSamples,
    bytes: made.BYTES,
    wallMs,
    read: stage(made.READ_MS),
    transform: stage(made.TRANSFORM_MS),
    collate: stage(made.COLLATE_MS),
    dataWait: stage(waitMs),
    orderWait: stage(orderWaitMs),
    use: stage(Math.max(0, wallMs - waitMs)),
    dataWaitShare: wallMs === 0 ? 0 : Math.min(1, waitMs / wallMs),
    queueDepth: asked === 0 ? 0 : ready / asked,
  };
}
