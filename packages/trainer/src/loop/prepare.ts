/** What stands between a spec and the first step: `check` says whether it holds, and `fit` goes through the same door. */
import type { CheckContext, CheckResult, FitContext, InputForm } from "@millrace/core/spec";
import { MillraceError } from "@millrace/core";
import { type ChosenDevice, chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { type Columns, columnsOf, formsOf, inputsOf, sampleShape } from "../feeding/columns.js";
import type { Together } from "../group/together.js";
import { estimateMemory } from "../measuring/memory.js";
import { layerForms, summarize } from "../measuring/summary.js";
import { checkMonitor } from "../monitors/monitor.js";
import type { TrainerOptions } from "../options.js";
import { statisticsFaults } from "../models/batch-statistics.js";
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
  readonly columns: Columns;
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
  together?: Together,
): Promise<Prepared> {
  const { batch, validation, steps } = batches;
  const faults = new Faults([...earlier, ...monitorFaults(options), ...lengthFaults(options, steps)]);
  const columns = await faults.of(() => columnsOf(batch, options));
  // What is wrong with a target says nothing of the model's inputs, and so of the model.
  const inputs = columns?.inputs ?? (await faults.of(() => inputsOf(batch, options)));
  const session =
    inputs && (await faults.of(() => openSession(engine, options, context, { inputs }, steps, together)));
  try {
    if (session !== undefined && inputs !== undefined) {
      const fits = faults.count;
      if (columns?.samples === 1)
        for (const fault of statisticsFaults(engine, session.parts)) faults.add(fault);
      for (const fault of vocabularyFaults(session.parts, inputs, context.facts)) faults.add(fault);
      await faults.of(() => checkOutputs(session.parts, options, context.facts));
      if (columns !== undefined) await faults.of(() => session.weighing.weigh(batch, columns.target, true));
      // A batch would only meet again what is wrong with the model.
      if (columns !== undefined && faults.count === fits) {
        await faults.of(() => rehearse(session, options, batch, columns));
        if (validation !== undefined)
          await faults.of(() => rehearse(session, options, validation, columnsOf(validation, options)));
      }
    }
  } catch (error) {
    session?.close();
    throw error;
  }
  if (faults.count === 0 && session && columns) return { session, inputs: formsOf(columns.inputs), columns };
  session?.close();
  throw faults.error();
}

/** Faults as they are found, each once. */
class Faults {
  readonly #found: MillraceError[];

  constructor(earlier: readonly MillraceError[]) {
    this.#found = [...earlier];
  }

  get count(): number {
    return this.#found.length;
  }

  add(fault: MillraceError): void {
    const isKnown = this.#found.some(
      ({ message, path }) => message === fault.message && String(path) === String(fault.path),
    );
    if (!isKnown) this.#found.push(fault);
  }

  /** What `act` gives; undefined where it raises a fault. */
  async of<T>(act: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      this.add(faultOf(error));
      return undefined;
    }
  }

  error(): MillraceError {
    return MillraceError.several(this.#found, "this cannot be trained:");
  }
}

/** See the trainer contract of @millrace/core. */
export async function check(options: TrainerOptions, context: CheckContext): Promise<CheckResult> {
  const engine = await loadEngine();
  const { chosen, fault } = await openDevice(engine, options);
  const prepared = await prepare(engine, options, context, context, fault ? [fault] : []);
  const { session, inputs, columns } = prepared;
  try {
    const { device, reason } = chosen;
    const { model, forward } = session.parts;
    const layers = layerForms(model);
    const { target } = columns;
    return {
      device,
      reason,
      inputs,
      ...summarize(model),
      target: { name: options.target ?? "label", shape: sampleShape(target), dtype: target.dtype },
      output: { shape: model.outputs[0].shape.slice(1), gives: forward.gives },
      layers,
      memory: estimateMemory(layers, options, columns),
    };
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
