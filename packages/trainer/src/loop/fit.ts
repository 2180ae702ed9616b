/** The training loop: epochs of mini-batch gradient descent, each followed by the validation split. */
import { join } from "node:path";
import {
  type Batch,
  type BatchSource,
  type EpochResult,
  type FitContext,
  type FitResult,
  type Metrics,
  MillraceError,
  type TrainEvent,
} from "@millrace/core";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";
import type { TrainerOptions } from "../options.js";
import { saveModel } from "../save.js";
import { columnsOf } from "./columns.js";
import { evaluate, type Pass, trainEpoch } from "./epoch.js";
import { Feed } from "./feed.js";
import { Gallery } from "./predictions.js";
import { openSession, type Session } from "./session.js";
import { summarize } from "./summary.js";

const modelFolder = "model";

/** Trains and saves the model; see the trainer contract of @millrace/core. */
export async function fit(options: TrainerOptions, context: FitContext): Promise<FitResult> {
  const engine = await loadEngine();
  const chosen = await chooseDevice(engine, options.device);
  context.report({ type: "device", ...chosen });
  const feed = new Feed(context.train, 0, context.signal);
  let session: Session | undefined;
  try {
    session = await openSession(engine, options, context, columnsOf(await firstBatch(feed), options));
    context.report({ type: "model", ...summarize(session.parts.model) });
    const trained = await runEpochs(options, context, session, feed);
    session.noise.restore();
    await saveModel(engine, session.parts.model, join(context.runDir, modelFolder));
    const modelPath = `${modelFolder}/model.json`;
    context.report({ type: "saved", path: modelPath });
    const predictions = await trained.gallery.predictions(session.parts);
    const { epochs, metrics, stopped } = trained;
    return { device: chosen.device, epochs, metrics, modelPath, stopped, predictions };
  } finally {
    await feed.close();
    session?.close();
  }
}

interface Trained {
  readonly epochs: EpochResult[];
  readonly metrics: Metrics;
  readonly stopped: boolean;
  readonly gallery: Gallery;
}

/** `first` is the feed of epoch 0, from which the model has seen one batch. */
async function runEpochs(
  { epochs, ...names }: TrainerOptions,
  context: FitContext,
  session: Session,
  first: Feed,
): Promise<Trained> {
  const { train, validation, signal } = context;
  const report = (event: TrainEvent): void => context.report(event);
  const results: EpochResult[] = [];
  let metrics: Metrics = {};
  const gallery = new Gallery((validation ?? train).samples);
  for (let epoch = 0; epoch < epochs && !signal.aborted; epoch++) {
    const feed = epoch === 0 ? first : new Feed(train, epoch, signal);
    const pass = { session, epoch, names, feed, steps: train.length, report };
    const trained = await trainEpoch(validation === undefined ? { ...pass, gallery } : pass);
    metrics = trained.averages ?? metrics;
    if (trained.averages === undefined || signal.aborted) break;
    const measured = await validate({ ...pass, gallery }, validation, signal);
    const { seconds, samplesPerSecond, dataWait } = trained;
    const timing = { seconds, samplesPerSecond, dataWait };
    const validated = measured === undefined ? {} : { validation: measured };
    const result: EpochResult = { epoch, train: trained.averages, ...validated, ...timing };
    results.push(result);
    metrics = measured ?? metrics;
    report({ type: "epoch", ...result });
  }
  return { epochs: results, metrics, stopped: signal.aborted, gallery };
}

/** Undefined where there is no such split, it is empty, or the run was stopped before its end. */
async function validate(
  pass: Omit<Pass, "feed">,
  source: BatchSource | undefined,
  signal: AbortSignal,
): Promise<Metrics | undefined> {
  if (source === undefined) return undefined;
  const { averages } = await evaluate({ ...pass, feed: new Feed(source, pass.epoch, signal) });
  return signal.aborted ? undefined : averages;
}

/** The batch from which the model learns the shape of its input; it stays the first of the feed. */
async function firstBatch(feed: Feed): Promise<Batch> {
  const batch = await feed.peek();
  if (batch !== undefined) return batch;
  if (feed.isAborted) throw new MillraceError("ABORTED", "the run was stopped before its first batch");
  throw new MillraceError("SPLIT_INVALID", "the training split must yield at least one batch, was empty", {
    hint: "Give it more samples, a smaller batchSize, or dropLast false.",
  });
}
