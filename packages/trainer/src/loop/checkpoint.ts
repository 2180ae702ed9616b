/** What a checkpoint holds, and how one is found again. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { decodeTensors, MillraceError, readWhole } from "@millrace/core";
import type { EpochResult } from "@millrace/core/spec";
import type { Arrays, LearnerState } from "./learned.js";
import type { Place } from "../feeding/place.js";
import type { TalliesState } from "../measuring/tallies.js";

export const checkpointFolder = "checkpoints";
export const lastName = "last.safetensors";
export const previousName = "previous.safetensors";
export const bestName = "best.safetensors";

/** Everything beside the arrays, as JSON. */
export interface RunState {
  readonly version: 1;
  readonly seed: number;
  /** Where training goes on. */
  readonly place: Place;
  readonly learner: LearnerState;
  readonly earlyStopping: unknown;
  readonly best: unknown;
  /** What was measured in the epoch so far. */
  readonly tallies: TalliesState | null;
  readonly epochs: readonly EpochResult[];
  /** Time spent on training so far. */
  readonly seconds: number;
}

export interface Checkpoint {
  readonly path: string;
  readonly state: RunState;
  readonly arrays: Arrays;
}

export interface Found extends Checkpoint {
  /** Newer checkpoints that cannot be used, each with the reason. */
  readonly skipped: readonly string[];
}

/** Raises FILE_NOT_FOUND, FILE_FORMAT or STATE_MISMATCH. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { state, arrays } = decodeTensors(await readWhole(path), path, "checkpoint");
  const { version } = state as Partial<RunState>;
  if (version !== 1) {
    throw new MillraceError(
      "STATE_MISMATCH",
      `${path} must be a checkpoint of version 1, was ${String(version)}`,
    );
  }
  return { path, state: state as RunState, arrays };
}

/**
 * The checkpoint at `from`; where that is a run's folder, its last one, or the one before where the last is damaged.
 * Raises FILE_NOT_FOUND where there is none, and FILE_FORMAT, naming each, where none can be used.
 */
export async function findCheckpoint(from: string): Promise<Found> {
  const info = await stat(from).catch(() => undefined);
  if (info?.isDirectory() !== true) return { ...(await readCheckpoint(from)), skipped: [] };
  const folder = basename(from) === checkpointFolder ? from : join(from, checkpointFolder);
  const skipped: string[] = [];
  let missing = 0;
  for (const name of [lastName, previousName]) {
    try {
      return { ...(await readCheckpoint(join(folder, name))), skipped };
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      if (error.code === "FILE_NOT_FOUND") missing++;
      else skipped.push(error.message);
    }
  }
  if (missing === 2) {
    throw new MillraceError("FILE_NOT_FOUND", `${from} must hold a checkpoint, but ${folder} has none`, {
      hint: "Name the folder of a run of the tfjs trainer, or a checkpoint file; a run that ended before its first one begins anew.",
    });
  }
  throw new MillraceError("FILE_FORMAT", `${from} has no checkpoint that can be used`, {
    details: skipped,
    hint: `Take ${join(folder, bestName)} if it is there, or start a new run.`,
  });
}

/** Where `path` would keep the best of its run. */
export function bestBeside(path: string): string {
  return join(dirname(path), bestName);
}
