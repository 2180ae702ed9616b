/** One pass over a split, training or measuring. */
import { setImmediate } from "node:timers/promises";
import { type Batch, type Metrics, MillraceError, type TrainEvent } from "@millrace/core";
import { losses } from "../losses/losses.js";
import { Averages } from "./averages.js";
import { type ColumnNames, type Columns, columnsOf } from "./columns.js";
import type { Feed } from "./feed.js";
import type { Gallery } from "./predictions.js";
import { checkInputShape, type Session } from "./session.js";
import { evaluateStep, type Measured, trainStep } from "./step.js";
import { checkFinite, upload } from "./upload.js";

export interface Pass {
  readonly session: Session;
  /** The batches of the pass; it is closed at the end. */
  readonly feed: Feed;
  readonly epoch: number;
  /** Training batches in an epoch. */
  readonly steps: number;
  readonly names: ColumnNames;
  readonly report: (event: TrainEvent) => void;
  /** Fills with samples as they pass, if given. */
  readonly gallery?: Gallery;
}

export interface PassResult {
  /** Undefined if there was not a single step. */
  readonly averages: Metrics | undefined;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Share of the time, 0 to 1, in which the step waited for data. */
  readonly dataWait: number;
}

/** Updates the weights with every batch of the epoch, and reports every step. */
export async function trainEpoch(pass: Pass): Promise<PassResult> {
  const { session, epoch, steps } = pass;
  return runPass(pass, async (batch, columns, progress) => {
    session.noise.atStep(epoch * steps + batch.step);
    const measured = await withTensors(pass, batch, columns, (input, target) =>
      trainStep(session.parts, session.optimizer, input, target),
    );
    const [loss] = measured;
    if (!Number.isFinite(loss)) throw diverged(loss, batch, pass);
    const speed = progress(measured);
    pass.report({ type: "step", epoch, step: batch.step, steps, loss, ...speed });
  });
}

/** Measures the split as it is. */
export async function evaluate(pass: Pass): Promise<PassResult> {
  return runPass(pass, async (batch, columns, progress) => {
    const measured = await withTensors(pass, batch, columns, (input, target) =>
      evaluateStep(pass.session.parts, input, target),
    );
    progress(measured);
  });
}

interface Speed {
  readonly samplesPerSecond: number;
  readonly dataWait: number;
}

/** Adds a step's numbers to the averages, and tells how fast the pass has been so far. */
type Progress = (measured: Measured) => Speed;

async function runPass(
  { session, feed, epoch, names, gallery }: Pass,
  step: (batch: Batch, columns: Columns, progress: Progress) => Promise<void>,
): Promise<PassResult> {
  const averages = new Averages(["loss", ...session.parts.metrics]);
  const started = performance.now();
  const speed = (): Speed & { seconds: number } => {
    const elapsed = Math.max(performance.now() - started, 1e-3);
    const samplesPerSecond = (averages.samples * 1000) / elapsed;
    return { samplesPerSecond, dataWait: feed.waited / elapsed, seconds: elapsed / 1000 };
  };
  try {
    for (let batch = await feed.next(); batch !== undefined; batch = await feed.next()) {
      try {
        const columns = columnsOf(batch, names);
        gallery?.offer(batch, columns);
        await step(batch, columns, (measured) => {
          averages.add(measured, columns.samples);
          const { seconds: _, ...rest } = speed();
          return rest;
        });
      } catch (error) {
        const where = [`step ${batch.step}`, `epoch ${epoch}`];
        throw MillraceError.from(error, "MODEL_INVALID", "the model cannot take this batch", { where });
      } finally {
        batch.release();
      }
      // Lets messages of workers and Ctrl-C in: neither the steps nor ready batches ever leave the microtask queue.
      await setImmediate();
    }
    return { averages: averages.values, ...speed() };
  } finally {
    await feed.close();
  }
}

type Use<T> = (input: ReturnType<typeof upload>, target: ReturnType<typeof upload>) => Promise<T>;

/** Copies the batch to the device, gives it back to the loader at once, and frees the tensors after `use`. */
async function withTensors<T>({ session }: Pass, batch: Batch, columns: Columns, use: Use<T>): Promise<T> {
  const { engine, model, loss } = session.parts;
  checkInputShape(model, columns.input);
  checkFinite(columns.input, "input", batch.indices);
  const outputShape = model.outputs[0].shape.slice(1);
  const target = losses[loss].upload(engine, columns.target, { indices: batch.indices, outputShape });
  const input = upload(engine, columns.input);
  batch.release();
  try {
    return await use(input, target);
  } finally {
    engine.dispose([input, target]);
  }
}

function diverged(loss: number, batch: Batch, { epoch }: Pass): MillraceError {
  const head = batch.indices.slice(0, 8).join(", ");
  const more = batch.indices.length > 8 ? ", …" : "";
  return new MillraceError(
    "TRAINING_DIVERGED",
    `the loss must stay finite, was ${loss} in epoch ${epoch} at step ${batch.step}`,
    {
      hint: "Lower the learning rate (to a tenth, for a start), and scale the inputs to around 0 to 1.",
      where: [`samples ${head}${more}`],
    },
  );
}
