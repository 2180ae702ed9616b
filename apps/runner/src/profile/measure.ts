/** Some steps of training, timed: how fast they are, and what their time goes to. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Batch, MillraceError } from "@millrace/core";
import type { DataLoader, LoaderMetrics } from "@millrace/core/dataloader";
import type { BatchSource, Line, TrainEvent } from "@millrace/core/spec";

/** What some steps came to; times are milliseconds of a step, of the thread that trains. */
export interface Timed {
  readonly device: string;
  readonly steps: number;
  readonly samples: number;
  readonly samplesPerSecond: number;
  readonly stepMs: number;
  /** The step waited for its batch. Without workers this is the time in which the batch was made. */
  readonly dataMs: number;
  readonly uploadMs: number;
  /** What the trainer can tell of the rest: forward, backward, update, … */
  readonly computeMs: Readonly<Record<string, number>>;
  /** Whatever is left. */
  readonly otherMs: number;
  /** What the loader's threads made meanwhile. */
  readonly loader: LoaderMetrics["total"];
  readonly workers: LoaderMetrics["workers"];
}

export interface Measuring {
  /** Steps before the clock starts, and those that are timed. */
  readonly warmUp: number;
  readonly steps: number;
  /** Most seconds that are timed: slow steps are fewer. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** As many steps as fill `seconds`, by what a few of them take. */
export async function enoughSteps(line: Line, seconds: number, signal: AbortSignal): Promise<Measuring> {
  const few: Measuring = { warmUp: 10, steps: 40, seconds, signal };
  await prime(line, few);
  const { stepMs } = await measure(line, few);
  return measuringOf(
    Math.min(mostSteps, Math.max(10, Math.ceil((seconds * 1000) / stepMs))),
    signal,
    seconds,
  );
}

/** A fifth as many steps go before those that are timed. */
export function measuringOf(
  steps: number,
  signal: AbortSignal,
  seconds = Number.POSITIVE_INFINITY,
): Measuring {
  return { warmUp: Math.max(3, Math.ceil(steps / 5)), steps, seconds, signal };
}

const mostSteps = 5000;

/** Fewer timed steps than this say nothing. */
export const fewestSteps = 3;

/** Batches are made once without training first, so that files, caches and workers are as warm as in later epochs. */
export async function prime(line: Line, { warmUp, steps, signal }: Measuring): Promise<void> {
  for await (const batch of someBatches(line.loaders.train, warmUp + steps)) {
    batch.release();
    if (signal.aborted) return;
  }
}

/** Trains in a folder that is removed again. @throws MillraceError ABORTED when `signal` aborts. */
export async function measure(line: Line, measuring: Measuring): Promise<Timed> {
  const { warmUp, steps, signal } = measuring;
  const { train } = line.loaders;
  const enough = new AbortController();
  const clock = stepClock(train, measuring, () => enough.abort());
  const runDir = await mkdtemp(join(tmpdir(), "millrace-profile-"));
  try {
    await line.trainer.fit({
      train: stretched(train, warmUp + steps, clock.made),
      model: line.model,
      facts: line.facts,
      inverses: line.inverses,
      seed: line.spec.seed,
      runDir,
      signal: AbortSignal.any([signal, enough.signal]),
      report: (event) => clock.report(event),
    });
  } catch (error) {
    // A trainer may find that so few steps are no training: they were timed all the same.
    if (signal.aborted || !enough.signal.aborted) throw error;
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
  if (signal.aborted) throw new MillraceError("ABORTED", "stopped; nothing was written");
  return clock.timed();
}

/** An epoch of so many batches, however many the loader's have. */
function stretched(loader: DataLoader, batches: number, made: (batch: Batch) => void): BatchSource {
  return {
    dataset: loader.dataset,
    length: batches,
    samples: batches * (loader.batchSize ?? 1),
    async *batches() {
      for await (const batch of someBatches(loader, batches)) {
        made(batch);
        yield batch;
      }
    },
  };
}

async function* someBatches(loader: DataLoader, most: number): AsyncGenerator<Batch> {
  let count = 0;
  for (let epoch = 0; ; epoch++) {
    const before = count;
    for await (const batch of loader.batches(epoch)) {
      yield batch;
      if (++count >= most) return;
    }
    if (count === before) return;
  }
}

type Step = Extract<TrainEvent, { readonly type: "step" }>;

interface Mark {
  readonly at: number;
  readonly samples: number;
  readonly event: Step;
  /** Milliseconds of the pass until here, by the trainer's own clock. */
  readonly elapsed: number;
}

function stepClock(loader: DataLoader, { warmUp, steps, seconds }: Measuring, enough: () => void) {
  const sizes: number[] = [];
  let [device, seen, samples] = ["", 0, 0];
  let first: Mark | undefined;
  let last: Mark | undefined;
  const onStep = (event: Step): void => {
    samples += sizes[seen++] ?? 0;
    const elapsed = event.samplesPerSecond > 0 ? (samples * 1000) / event.samplesPerSecond : 0;
    const mark = { at: performance.now(), samples, event, elapsed };
    if (seen === warmUp) {
      first = mark;
      loader.resetMetrics();
    }
    if (first === undefined || seen === warmUp) return;
    last = mark;
    const timed = seen - warmUp;
    const isLong = timed >= fewestSteps && mark.at - first.at >= seconds * 1000;
    if (timed >= steps || isLong) enough();
  };
  return {
    made: ({ indices, data }: Batch) => void sizes.push(indices.length > 0 ? indices.length : rowsOf(data)),
    report(event: TrainEvent): void {
      if (event.type === "device") device = event.device;
      if (event.type === "step") onStep(event);
    },
    timed(): Timed {
      const count = seen - warmUp;
      if (first === undefined || last === undefined || count < fewestSteps) throw tooFew(Math.max(0, count));
      return timesOf(first, last, count, { device, ...loader.metrics() });
    },
  };
}

function timesOf(
  first: Mark,
  last: Mark,
  steps: number,
  { device, total, workers }: LoaderMetrics & { readonly device: string },
): Timed {
  const each = (of: (mark: Mark) => number) => Math.max(0, (of(last) - of(first)) / steps);
  const samples = last.samples - first.samples;
  const stepMs = each(({ at }) => at);
  const waitMs = each(({ event, elapsed }) => event.dataWait * elapsed);
  const uploadMs = each(({ event, elapsed }) => (event.upload ?? 0) * elapsed);
  const computeMs = Object.fromEntries(
    Object.keys(last.event.spent ?? {}).map((name) => [name, each(({ event }) => event.spent?.[name] ?? 0)]),
  );
  const computed = Object.values(computeMs).reduce((sum, value) => sum + value, 0);
  const rest = Math.max(0, stepMs - uploadMs - computed);
  // Without workers a batch is made in this thread, much of it before the trainer asks and counts as waiting.
  const madeMs =
    workers.numWorkers > 0 || total.batches === 0
      ? 0
      : (total.read.ms + total.transform.ms + total.collate.ms) / total.batches;
  const dataMs = Math.min(rest, Math.max(waitMs, madeMs));
  return {
    device,
    steps,
    samples,
    samplesPerSecond: (samples * 1000) / (stepMs * steps),
    stepMs,
    dataMs,
    uploadMs,
    computeMs,
    otherMs: rest - dataMs,
    loader: total,
    workers,
  };
}

/** Samples of a stream have no index: they are counted in the batch's first array. */
function rowsOf(data: unknown): number {
  if (typeof data !== "object" || data === null) return 1;
  const { shape } = data as { readonly shape?: readonly number[] };
  return shape?.[0] ?? rowsOf(Object.values(data)[0]);
}

function tooFew(steps: number): MillraceError {
  return new MillraceError("OPTION_INVALID", `at least ${fewestSteps} steps must be timed, were ${steps}`, {
    hint: `Give --steps ${fewestSteps} or more, and leave maxSteps and maxTime out.`,
  });
}
