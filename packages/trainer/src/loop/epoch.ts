/** One pass over a split, training or measuring. */
import { setImmediate } from "node:timers/promises";
import { type Batch, type FitContext, type FitResult, MillraceError } from "@millrace/core";
import { metrics } from "../metrics/metrics.js";
import type { TrainerOptions } from "../options.js";
import { type Columns, columnsOf } from "../feeding/columns.js";
import type { Feed } from "../feeding/feed.js";
import { type Gallery, holdOf } from "../measuring/gallery.js";
import { divergedError } from "./diverged.js";
import type { Session } from "./session.js";
import { Staging } from "../feeding/staging.js";
import { type Example, evaluateStep, type Measured } from "./step.js";
import { Tallies, type TalliesState } from "../measuring/tallies.js";

export type EndOfTraining = NonNullable<FitResult["endedBy"]>;

export interface Pass {
  readonly session: Session;
  /** The batches of the pass; it is closed at the end. */
  readonly feed: Feed;
  readonly epoch: number;
  readonly options: TrainerOptions;
  /** Fills with samples as they pass, if given. */
  readonly gallery?: Gallery;
}

export interface TrainPass extends Pass {
  readonly context: Pick<FitContext, "report" | "runDir" | "signal">;
  /** Training batches in an epoch. */
  readonly steps: number;
  /** The first batch of the pass, from 0. */
  readonly start: number;
  /** What an earlier run measured in this epoch. */
  readonly from?: TalliesState | undefined;
  /** Called when a batch has been taken and the one after it has not been asked for. */
  taken(step: number): void;
  /** Called after each step, with the batch that comes next; a reason ends the training. */
  after(next: number, tallies: Tallies): Promise<EndOfTraining | undefined>;
}

export interface PassResult {
  readonly tallies: Tallies;
  /** The batch that would have come next. */
  readonly next: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Share of the time, 0 to 1, in which the step waited for data. */
  readonly dataWait: number;
  /** Share of the time, 0 to 1, in which batches were copied to the device. */
  readonly upload: number;
  readonly ended?: EndOfTraining | undefined;
}

/** Learns from every batch of the epoch, and reports every step. */
export async function trainEpoch(pass: TrainPass): Promise<PassResult> {
  const { session, epoch, steps, context } = pass;
  const { learner } = session;
  return runPass(pass, async ({ batch, columns, staging, progress }) => {
    const learningRate = learner.rate(epoch);
    const weights = session.weighing.weigh(batch, columns.target);
    const measured = await withExample(pass, staging, batch, columns, weights, async (example) => {
      const made = await learner.learn(example, epoch);
      if (Number.isFinite(made.loss)) return made;
      throw await divergedError(context.runDir, made.loss, batch, columns, example);
    });
    const speed = progress(measured);
    const { loss } = measured;
    context.report({ type: "step", epoch, step: batch.step, steps, loss, learningRate, ...speed });
  });
}

/** Measures the split as it is; every sample counts the same. */
export async function evaluate(pass: Pass & Partial<Pick<TrainPass, "after">>): Promise<PassResult> {
  const { session, gallery } = pass;
  gallery?.begin();
  const result = await runPass(pass, async ({ batch, columns, staging, progress }) => {
    const held = gallery && holdOf(batch, columns);
    const measured = await withExample(pass, staging, batch, columns, undefined, (example) =>
      evaluateStep(session.parts, example, held !== undefined),
    );
    if (held !== undefined && measured.each !== undefined) gallery?.judge(held, measured.each);
    progress(measured);
  });
  if (!pass.feed.isAborted) gallery?.end();
  return result;
}

/** Measures one batch, so that what does not fit shows before an epoch has been spent. */
export async function checkSanity(pass: Pass): Promise<void> {
  try {
    const batch = await pass.feed.next();
    if (batch === undefined) return;
    try {
      const columns = columnsOf(batch, pass.options);
      const staging = new Staging(pass.session.parts, pass.options, false);
      await withExample(pass, staging, batch, columns, undefined, (example) =>
        evaluateStep(pass.session.parts, example),
      );
    } finally {
      batch.release();
    }
  } catch (error) {
    const where = ["step 0", "validation, before the first epoch"];
    throw MillraceError.from(error, "MODEL_INVALID", "the model cannot take this batch", { where });
  } finally {
    await pass.feed.close();
  }
}

interface Speed {
  readonly samplesPerSecond: number;
  readonly dataWait: number;
}

/** Adds a step's numbers to the tallies, and tells how fast the pass has been so far. */
type Progress = (measured: Measured) => Speed;

interface StepInput {
  readonly batch: Batch;
  readonly columns: Columns;
  readonly staging: Staging;
  readonly progress: Progress;
}

async function runPass(
  pass: Pass & Partial<TrainPass>,
  step: (input: StepInput) => Promise<void>,
): Promise<PassResult> {
  const { session, feed, epoch, options, gallery } = pass;
  const tallies = new Tallies(session.parts.metrics, pass.from);
  const before = tallies.samples;
  const started = performance.now();
  const speed = (): Speed & { seconds: number } => {
    const elapsed = Math.max(performance.now() - started, 1e-3);
    const samplesPerSecond = ((tallies.samples - before) * 1000) / elapsed;
    return { samplesPerSecond, dataWait: feed.waited / elapsed, seconds: elapsed / 1000 };
  };
  const progress: Progress = (measured) => {
    tallies.add(measured);
    const { seconds: _, ...rest } = speed();
    return rest;
  };
  const staging = new Staging(session.parts, options);
  let next = pass.start ?? 0;
  let ended: EndOfTraining | undefined;
  const take = (): Promise<Batch | undefined> => feed.next(() => pass.taken?.(next));
  try {
    for (let batch = await take(); batch !== undefined; batch = await take()) {
      next = batch.step + 1;
      try {
        const columns = columnsOf(batch, options);
        gallery?.offer(batch, columns);
        await step({ batch, columns, staging, progress });
      } catch (error) {
        const where = [`step ${batch.step}`, `epoch ${epoch}`];
        throw MillraceError.from(error, "MODEL_INVALID", "the model cannot take this batch", { where });
      } finally {
        batch.release();
      }
      ended = await pass.after?.(next, tallies);
      if (ended !== undefined) break;
      // Lets messages of workers and Ctrl-C in: neither the steps nor ready batches ever leave the microtask queue.
      await setImmediate();
    }
    const { seconds, ...pace } = speed();
    return { tallies, next, ended, seconds, upload: staging.spent / (seconds * 1000), ...pace };
  } finally {
    staging.close();
    await feed.close();
  }
}

type Use<T> = (example: Example) => Promise<T>;

/** Copies the batch to the device, gives it back to the loader at once, and frees the tensors after `use`. */
async function withExample<T>(
  { session, feed }: Pass,
  staging: Staging,
  batch: Batch,
  columns: Columns,
  weights: Float32Array | undefined,
  use: Use<T>,
): Promise<T> {
  const { engine, metrics: names } = session.parts;
  const { samples } = columns;
  const { input, target } = staging.take(batch, columns);
  const isRead = names.some((name) => metrics[name].reads !== "loss");
  const truth = isRead ? columns.target.data.slice() : [];
  batch.release();
  const tensor = weights && engine.tensor1d(weights);
  const share = weights?.reduce((sum, weight) => sum + weight, 0) ?? samples;
  try {
    const used = use({ input, target, share, samples, truth, ...(tensor && { weights: tensor }) });
    void staging.ahead(feed);
    return await used;
  } finally {
    engine.dispose(tensor === undefined ? [input, target] : [input, target, tensor]);
  }
}
