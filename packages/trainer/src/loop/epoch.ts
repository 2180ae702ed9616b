/** An epoch of training, and a split measured. */
import { MillraceError } from "@millrace/core";
import type { FitContext } from "@millrace/core/spec";
import { columnsOf } from "../feeding/columns.js";
import { type Held, holdOf } from "../measuring/gallery.js";
import type { Tallies } from "../measuring/tallies.js";
import type { Together } from "../group/together.js";
import { divergedTogether } from "./diverged.js";
import { type EndOfTraining, inStep, Pass, type PassParts, type PassResult, type Taken } from "./pass.js";
import type { Learnt } from "./learned.js";
import type { Learner } from "./learner.js";
import { rehearse } from "./rehearse.js";
import { measureStep } from "./step.js";

export interface TrainParts extends PassParts {
  readonly learner: Learner;
  readonly context: Pick<FitContext, "report" | "runDir" | "signal">;
  /** Training batches in an epoch; undefined where that is not known, or there is no end to them. */
  readonly steps: number | undefined;
  /** Called after each step, with the batch that comes next; a reason ends the training. */
  after(next: number, tallies: Tallies): Promise<EndOfTraining | undefined>;
  readonly together: Together;
}

export interface EpochTrained extends PassResult {
  /** Share of the time, 0 to 1, that adding up gradients took, where there are several processes. */
  readonly allreduce?: number;
  readonly ended?: EndOfTraining | undefined;
}

/** Learns from every batch of the epoch, and reports every step. */
export async function trainEpoch(parts: TrainParts): Promise<EpochTrained> {
  const { learner, epoch, steps, context, together } = parts;
  const pass = new Pass(parts);
  const before = together.spent;
  let ended: EndOfTraining | undefined;
  for await (const { taken, isLeft } of stepsOf(pass)) {
    const { step } = taken.batch;
    const learningRate = learner.rate(epoch);
    const { loss, samples, own } = await learnFrom(parts, pass, taken);
    if (samples === 0) {
      if (isLeft) continue;
      break;
    }
    if (own !== undefined) pass.tallies.add(own);
    const place = { epoch, step, ...(steps !== undefined && { steps }) };
    const spent = { ...learner.spent };
    context.report({ type: "step", ...place, loss, learningRate, ...pass.speed(), spent });
    ended = await parts.after(step + 1, pass.tallies);
    if (ended !== undefined) break;
  }
  const result = pass.result();
  const allreduce = (together.spent - before) / 1000 / result.seconds;
  const tallies = await together.talliesOf(parts.built.parts.metrics, pass.tallies);
  if (tallies.countsNothing) throw nothingLearnt(parts);
  return { ...result, tallies, ended, ...(!together.isAlone && { allreduce }) };
}

/** This process's steps, and then those that others may have left. */
async function* stepsOf(pass: Pass): AsyncGenerator<{ readonly taken: Taken; readonly isLeft: boolean }> {
  for await (const taken of pass.examples(true)) yield { taken, isLeft: true };
  for (const taken of pass.others()) yield { taken, isLeft: false };
}

async function learnFrom(
  { learner, epoch, context, together }: TrainParts,
  pass: Pass,
  taken: Taken,
): Promise<Learnt> {
  const { batch } = taken;
  try {
    const learning = learner.learn(taken.example, epoch);
    pass.ahead();
    const learnt = await learning;
    if (Number.isFinite(learnt.loss)) return learnt;
    throw await divergedTogether(together, context.runDir, learnt, taken);
  } catch (error) {
    throw inStep(error, batch);
  }
}

/** Measures the split as it is; every sample counts the same. `after` is told the samples so far, and may end it. */
export async function measureSplit(
  parts: PassParts,
  after?: (samples: number) => boolean,
): Promise<PassResult> {
  const { built, gallery, feed, together } = parts;
  gallery?.begin();
  const pass = new Pass(parts);
  let held: Held | undefined;
  const look =
    gallery &&
    ((...[batch, columns]: Parameters<typeof holdOf>) => {
      held = holdOf(batch, columns);
    });
  for await (const { example, batch } of pass.examples(false, look)) {
    if (example === undefined) continue;
    try {
      const measuring = measureStep(built.parts, example, held !== undefined);
      pass.ahead();
      const measured = await measuring;
      if (held !== undefined && measured.each !== undefined) gallery?.judge(held, measured.each);
      pass.tallies.add(measured);
    } catch (error) {
      throw inStep(error, batch);
    }
    if (after?.(pass.tallies.samples) === true) break;
  }
  if (!feed.isAborted) gallery?.end();
  const result = pass.result();
  const tallies = (await together?.talliesOf(built.parts.metrics, pass.tallies)) ?? pass.tallies;
  if (tallies.countsNothing) throw nothingCounts(built.parts.ignored);
  return { ...result, tallies };
}

/** What does not count gives no gradient: the weights would stay as they are, without a word. */
function nothingLearnt({ epoch, options, built }: TrainParts): MillraceError {
  const { sampleWeight, classWeights } = options;
  const { ignored } = built.parts;
  const named = sampleWeight === undefined ? [] : [`the sample weights "${sampleWeight}"`];
  const weights = [...named, ...(classWeights === undefined ? [] : ["the weights of classes"])];
  const why = [
    ...(ignored === undefined ? [] : [`targets of ${ignored} are left out`]),
    ...(weights.length === 0 ? [] : [`${weights.join(" and ")} are 0`]),
  ];
  return new MillraceError(
    "TRAINING_TARGET",
    `an epoch must have an answer that counts, but epoch ${epoch} had none: ${why.join(", or ")}`,
    { hint: "Give the training split samples that count.", path: ["trainer", "with"] },
  );
}

function nothingCounts(ignored: number | undefined): MillraceError {
  return new MillraceError(
    "TRAINING_TARGET",
    `a split must have a target that counts, but all of them were ${ignored}`,
    {
      hint: "The trainer leaves out answers whose target is `ignoreIndex`: give the split samples that have others.",
      path: ["trainer", "with", "ignoreIndex"],
    },
  );
}

/** Measures one batch, so that what does not fit shows before an epoch has been spent. */
export async function checkSanity({ built, feed, options }: PassParts): Promise<void> {
  try {
    const batch = await feed.next();
    if (batch === undefined) return;
    try {
      if (batch.empty) return;
      await rehearse(built, options, batch, columnsOf(batch, options));
    } finally {
      batch.release();
    }
  } catch (error) {
    const where = ["step 0", "validation, before the first epoch"];
    throw MillraceError.from(error, "MODEL_INVALID", "the model cannot take this batch", { where });
  } finally {
    await feed.close();
  }
}
