/** What stands between a spec and the first step: `check` says whether it holds, and `fit` goes through the same door. */
import type { CheckContext, CheckResult, FitContext, InputForm } from "@millrace/core/spec";
import { MillraceError } from "@millrace/core";
import { type ChosenDevice, chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { columnsOf, formsOf } from "../feeding/columns.js";
import { summarize } from "../measuring/summary.js";
import { checkMonitor } from "../monitors/monitor.js";
import type { TrainerOptions } from "../options.js";
import { checkOutputs } from "../models/outputs.js";
import { vocabularyFaults } from "../models/vocabulary.js";
import { lengthFaults } from "./lengths.js";
import { rehearse } from "./rehearse.js";
import { openSession, metricsOf, type Session } from "./session.js";

export interface Device {
  readonly chosen: ChosenDevice;
  /** Why it is not the one that was asked for, but the one to look for other faults with. */
  readonly fault?: MillraceError;
}

/** The device that was asked for; where it cannot be had, the cpu and the reason. */
export async function openDevice(engine: Engine, { device }: TrainerOptions): Promise<Device> {
  try {
    return { chosen: await chooseDevice(engine, device) };
  } catch (error) {
    const fault = faultOf(error).within("trainer", "with", "device");
    return { chosen: await chooseDevice(engine, "cpu"), fault };
  }
}

export interface Prepared {
  readonly session: Session;
  readonly inputs: readonly InputForm[];
}

/**
 * Builds the model for batches like this one, and runs it forward through loss and metrics. Every fault that is found
 * is in the one error that is raised, `earlier` ones first; `steps` are the batches of an epoch.
 */
export async function prepare(
  engine: Engine,
  options: TrainerOptions,
  context: Pick<FitContext, "model" | "facts" | "inverses" | "seed">,
  batches: Pick<CheckContext, "batch" | "validation" | "steps">,
  earlier: readonly MillraceError[],
): Promise<Prepared> {
  const faults = [...earlier, ...monitorFaults(options), ...lengthFaults(options, batches.steps)];
  let session: Session | undefined;
  try {
    const columns = columnsOf(batches.batch, options);
    session = await openSession(engine, options, context, columns, batches.steps);
    faults.push(...vocabularyFaults(session.parts, columns.inputs, context.facts));
    checkOutputs(session.parts, options, context.facts);
    session.weighing.weigh(batches.batch, columns.target, true);
    await rehearse(session, options, batches.batch, columns);
    if (batches.validation !== undefined) {
      await rehearse(session, options, batches.validation, columnsOf(batches.validation, options));
    }
    if (faults.length === 0) return { session, inputs: formsOf(columns.inputs) };
  } catch (error) {
    faults.push(faultOf(error));
  }
  session?.close();
  throw MillraceError.several(faults, "this cannot be trained:");
}

/** See the trainer contract of @millrace/core. */
export async function check(options: TrainerOptions, context: CheckContext): Promise<CheckResult> {
  const engine = await loadEngine();
  const { chosen, fault } = await openDevice(engine, options);
  const { session, inputs } = await prepare(engine, options, context, context, fault ? [fault] : []);
  try {
    const { device, reason } = chosen;
    return { device, reason, inputs, ...summarize(session.parts.model) };
  } finally {
    session.close();
  }
}

function monitorFaults(options: TrainerOptions): MillraceError[] {
  const { earlyStopping, checkpoints, schedule } = options;
  const best = checkpoints === false || checkpoints.best === false ? undefined : checkpoints.best;
  const plateau = schedule?.type === "plateau" ? schedule : undefined;
  const watched = [
    [earlyStopping, "earlyStopping"],
    [best, "checkpoints", "best"],
    [plateau, "schedule"],
  ] as const;
  return watched.flatMap(([monitor, ...option]) => {
    if (monitor === undefined) return [];
    const fault = checkMonitor(monitor, metricsOf(options), option.join("."));
    return fault === undefined ? [] : [fault.within("trainer", "with", ...option, "monitor")];
  });
}

function faultOf(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  throw error;
}
