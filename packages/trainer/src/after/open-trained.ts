/** Opens a model that a run has trained: built again from its definition, with the weights that the run left. */
import { access } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { MillraceError, type NdArray } from "@millrace/core";
import type { TakenWeights, TrainedContext } from "@millrace/core/spec";
import {
  bestName,
  type Checkpoint,
  checkpointFolder,
  findCheckpoint,
  readCheckpoint,
} from "../loop/checkpoint.js";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";
import type { Columns } from "../feeding/columns.js";
import { type BuiltModel, openSession, type Session } from "../loop/session.js";
import type { TrainerOptions } from "../options.js";
import { restoreWeights } from "../files/model-files.js";

export interface OpenTrained {
  readonly built: BuiltModel;
  readonly device: string;
  readonly weights: TakenWeights;
  /** Frees every tensor. */
  close(): void;
}

/** Raises FILE_NOT_FOUND, FILE_FORMAT or STATE_MISMATCH where the weights cannot be had. */
export async function openTrained(options: TrainerOptions, context: TrainedContext): Promise<OpenTrained> {
  const engine = await loadEngine();
  const chosen = await chooseDevice(engine, options.device);
  context.report({ type: "device", ...chosen });
  const session = await openSession(engine, options, context, formOf(context), 1);
  try {
    const weights = await takeWeights(session, context);
    session.noise.restore();
    context.report({ type: "weights", ...weights });
    return { built: session, weights, device: chosen.device, close: () => session.close() };
  } catch (error) {
    session.close();
    throw error;
  }
}

/** A batch that is nothing but its form, from which the model is built. */
function formOf({ inputs: forms }: TrainedContext): Columns {
  const inputs = forms.map(({ name, shape, dtype }) => {
    const array: NdArray = { dtype, shape: [1, ...shape], data: new Float32Array(0) };
    return { name, array };
  });
  return { inputs, target: inputs[0].array, samples: 1 };
}

async function takeWeights(session: Session, context: TrainedContext): Promise<TakenWeights> {
  const { weights: choice, runDir, modelPath } = context;
  if (choice === "final" && modelPath !== undefined) {
    await restoreWeights(session.parts.engine, session.parts.model, resolve(runDir, modelPath)).catch(
      (error: unknown) => {
        throw error instanceof MillraceError && error.code === "FILE_NOT_FOUND" ? notSaved(error) : error;
      },
    );
    return { choice, path: modelPath };
  }
  const taken = choice === "best" ? "best" : "last";
  const found = taken === "best" ? await bestOf(runDir) : await findCheckpoint(runDir);
  await session.learner.restore(found.state.learner, found.arrays);
  // Where averages of the weights are kept, they are what is validated and saved.
  session.learner.settle();
  const path = relative(runDir, found.path).replaceAll("\\", "/");
  return { choice: taken, path, epochs: found.state.place.epoch };
}

function notSaved(cause: MillraceError): MillraceError {
  return new MillraceError(cause.code, cause.message, {
    hint: "Take the weights of a checkpoint, the last or the best, or train again.",
    cause,
  });
}

async function bestOf(runDir: string): Promise<Checkpoint> {
  const path = join(runDir, checkpointFolder, bestName);
  await access(path).catch((cause: unknown) => {
    throw new MillraceError("FILE_NOT_FOUND", `${runDir} must hold the best checkpoint, but has none`, {
      hint: "Take the weights of the last checkpoint, or the final ones.",
      cause,
    });
  });
  return readCheckpoint(path);
}
