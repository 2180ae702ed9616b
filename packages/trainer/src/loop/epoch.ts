/** An epoch of training, and a split measured. */
import { MillraceError } from "@millrace/core";
import type { FitContext } from "@millrace/core/spec";
import { columnsOf } from "../feeding/columns.js";
import { type Held, holdOf } from "../measuring/gallery.js";
import type { Measured, Tallies } from "../measuring/tallies.js";
import { divergedError } from "./diverged.js";
import { type EndOfTraining, inStep, Pass, type PassParts, type PassResult, type Taken } from "./pass.js";
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
}

export interface EpochTrained extends PassResult {
  readonly ended?: EndOfTraining | undefined;
}

/** Learns from every batch of the epoch, and reports every step. */
export async function trainEpoch(parts: TrainParts): Promise<EpochTrained> {
  const { learner, epoch, steps, context } = parts;
  const pass = new Pass(parts);
  let ended: EndOfTraining | undefined;
  for await (const taken of pass.examples(true)) {
    const { step } = taken.batch;
    const learningRate = learner.rate(epoch);
    const measured = await learnFrom(parts, pass, taken);
    pass.tallies.add(measured);
    const place = { epoch, step, ...(steps !== undefined && { steps }) };
    const spent = { ...learner.spent };
    context.report({ type: "step", ...place, loss: measured.loss, learningRate, ...pass.speed(), spent });
    ended = await parts.after(step + 1, pass.tallies);
    if (ended !== undefined) break;
  }
  return { ...pass.result(), ended };
}

async function learnFrom(
  { learner, epoch, context }: TrainParts,
  pass: Pass,
  taken: Taken,
): Promise<Measured> {
  const { example, batch, columns } = taken;
  try {
    const learning = learner.learn(example, epoch);
    pass.ahead();
    const measured = await learning;
    if (Number.isFinite(measured.loss)) return measured;
    throw await divergedError(context.runDir, measured.loss, batch, columns, example);
  } catch (error) {
    throw inStep(error, batch);
  }
}

/** Measures the split as it is; every sample counts the same. `after` is told the samples so far, and may end it. */
export async function measureSplit(
  parts: PassParts,
  after?: (samples: number) => boolean,
): Promise<PassResult> {
  const { built, gallery, feed } = parts;
  gallery?.begin();
  const pass = new Pass(parts);
  let held: Held | undefined;
  const look =
    gallery &&
    ((...[batch, columns]: Parameters<typeof holdOf>) => {
      held = holdOf(batch, columns);
    });
  for await (const { example, batch } of pass.examples(false, look)) {
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
  if (pass.tallies.countsNothing) throw nothingCounts(built.parts.ignored);
  return pass.result();
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
