/** Trains a model: chooses the device, builds or takes up what there is, runs the training, and saves the model. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Batch, MillraceError } from "@millrace/core";
import {
  type BatchSource,
  type FitContext,
  type FitResult,
  knownLength,
  type Prediction,
} from "@millrace/core/spec";
import { divergedHint } from "./diverged.js";
import { checkpointFolder, type Found, findCheckpoint, lastName } from "./checkpoint.js";
import { loadEngine } from "../engine.js";
import type { TrainerOptions } from "../options.js";
import { saveModel } from "../files/model-files.js";
import { Feed } from "../feeding/feed.js";
import { goTo, limited, type Place, stateOf } from "../feeding/place.js";
import { agreeOnModel, agreeOnRun } from "../group/alike.js";
import { placeOfRank } from "../group/places.js";
import { Together } from "../group/together.js";
import { openDevice, prepare } from "./prepare.js";
import type { Session } from "./session.js";
import { summarize } from "../measuring/summary.js";
import { Training } from "./training.js";

const modelFolder = "model";

/** Trains and saves the model; see the trainer contract of @millrace/core. */
export async function fit(options: TrainerOptions, given: FitContext): Promise<FitResult> {
  const engine = await loadEngine();
  const { chosen, fault } = await openDevice(engine, options);
  const together = new Together(given.group, given.signal);
  const { signal } = together;
  const context = { ...overfitting(options, given), signal };
  const { train, runDir, facts } = context;
  if (fault === undefined) context.report({ type: "device", ...chosen });
  await agreeOnRun(together, options, context);
  const resumed = await resumedFrom(context, together);
  const { place, feed } = begin(context, resumed, together);
  let session: Session | undefined;
  try {
    const batch = await batchToSee(await firstBatch(feed, context, place), together);
    const about = { batch, steps: knownLength(train) };
    const prepared = await prepare(engine, options, context, about, fault ? [fault] : [], together);
    session = prepared.session;
    const { parts } = session;
    await agreeOnModel(together, prepared.inputs, parts.model);
    context.report({
      type: "model",
      ...summarize(parts.model),
      inputs: prepared.inputs,
      ...(parts.unit && { restored: parts.unit.field }),
      ...(resumed && { resumed: toldOf(resumed) }),
    });
    const trained = await new Training({ options, context, session, resumed, place, feed, together }).run();
    session.noise.restore();
    const { epochs, metrics, endedBy, tallies } = trained;
    const stopped = endedBy === "signal" || signal.aborted;
    const modelPath = `${modelFolder}/model.json`;
    const result = { device: chosen.device, epochs, metrics, modelPath, stopped, endedBy };
    if (!together.isFirst) return { ...result, predictions: [] };
    const shown = (context.validation ?? context.train).dataset;
    const predictions = await trained.gallery.predictions(parts, shown);
    refuseInfinite(predictions);
    await saveModel(engine, parts.model, join(runDir, modelFolder));
    context.report({ type: "saved", path: modelPath });
    const worst = await trained.gallery.worst(parts, shown);
    const tables = tallies?.tables(facts.labels) ?? [];
    const checkpoint = await lastCheckpoint(runDir);
    return { ...result, tables, predictions, worst, ...(checkpoint !== undefined && { checkpoint }) };
  } finally {
    await feed.close();
    session?.close();
  }
}

/** Where there is no validation, this is the first that is seen of the last update. */
function refuseInfinite(predictions: readonly Prediction[]): void {
  const broken = predictions.find(({ loss = 0 }) => !Number.isFinite(loss));
  if (broken === undefined) return;
  throw new MillraceError(
    "TRAINING_DIVERGED",
    `the loss must stay finite, was ${broken.loss} after the last update`,
    { hint: divergedHint, where: [`sample ${broken.index}`] },
  );
}

/** Where this run can be taken up again, relative to its folder. */
async function lastCheckpoint(runDir: string): Promise<string | undefined> {
  const path = `${checkpointFolder}/${lastName}`;
  const isThere = await access(join(runDir, path)).then(
    () => true,
    () => false,
  );
  return isThere ? path : undefined;
}

function overfitting({ overfitBatches }: TrainerOptions, context: FitContext): FitContext {
  if (overfitBatches === undefined) return context;
  const train = limited(context.train, overfitBatches);
  return { ...context, train, validation: limited(context.train, overfitBatches) };
}

/** Rank 0 reads it for all: others may not see its folder. */
async function resumedFrom({ resumeFrom, seed }: FitContext, together: Together): Promise<Found | undefined> {
  if (resumeFrom === undefined) return undefined;
  let own: Found | undefined;
  const { state, arrays } = await together.shareTensors(async () => {
    own = await findCheckpoint(resumeFrom);
    return own;
  });
  const found: Found = own ?? { path: resumeFrom, skipped: [], state: state as Found["state"], arrays };
  refuseOther(found, seed);
  return found;
}

/** Raises what `fit` would, of the checkpoint that it would take. */
export async function checkResume({
  resumeFrom,
  seed,
}: Required<Pick<FitContext, "resumeFrom" | "seed">>): Promise<void> {
  refuseOther(await findCheckpoint(resumeFrom), seed);
}

function refuseOther({ path, state }: Found, seed: number): void {
  if (state.seed === seed) return;
  throw new MillraceError(
    "STATE_MISMATCH",
    `the run must have the seed ${state.seed} of ${path}, was ${seed}`,
    {
      hint: "Resume with the spec that the run was started with.",
    },
  );
}

/** The feed of the first epoch, and its place as a checkpoint in it has to state it. */
function begin(
  { train, signal }: FitContext,
  resumed: Found | undefined,
  together: Together,
): { place: Place; feed: Feed } {
  const saved = resumed && placeOfRank(together, resumed.state.place);
  const start = saved ?? { epoch: 0, batch: 0, source: null };
  if (resumed !== undefined) goTo(train, start);
  const place = { ...start, source: stateOf(train) };
  return { place, feed: new Feed(train, start.epoch, signal, start.batch) };
}

function toldOf({ path, state, skipped }: Found) {
  const { epoch, batch } = state.place;
  return { path, epoch, step: batch, skipped };
}

/** The batch from which the model learns the shape of its input; it stays the first of the feed. */
async function firstBatch(
  feed: Feed,
  { train, signal }: FitContext,
  { epoch, batch: at }: Place,
): Promise<Batch> {
  const batch = (await feed.peek()) ?? (at > 0 ? await anotherBatch(train, epoch, signal) : undefined);
  if (batch !== undefined) return batch;
  if (feed.isAborted) throw new MillraceError("ABORTED", "the run was stopped before its first batch");
  throw new MillraceError("SPLIT_INVALID", "the training split must yield at least one batch, was empty", {
    hint: "Give it more samples, a smaller batchSize, or dropLast false.",
  });
}

/** Where a process has no part of the first batch, another's shows it the same. */
async function batchToSee(batch: Batch, together: Together): Promise<Batch> {
  if (!(await together.any(batch.empty === true))) return batch;
  const given = await together.gather(batch.empty ? undefined : { data: batch.data, indices: batch.indices });
  const seen = given.find((each) => each !== undefined);
  if (seen !== undefined) return batch.empty ? { ...batch, ...seen } : batch;
  throw new MillraceError("SPLIT_INVALID", "the first training batch must have a sample, was empty", {
    hint: "Mend the data that the log names.",
  });
}

/** A batch that only shows its shape, where the epoch that is resumed has no more of them; the source stays in place. */
async function anotherBatch(
  train: BatchSource,
  epoch: number,
  signal: AbortSignal,
): Promise<Batch | undefined> {
  const state = stateOf(train);
  const feed = new Feed(train, epoch + 1, signal);
  try {
    return await feed.peek();
  } finally {
    await feed.close();
    if (state !== null) train.resume?.(state);
  }
}
