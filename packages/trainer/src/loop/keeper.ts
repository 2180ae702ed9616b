/** Writes the checkpoints of a run: the last one, the one before it, and the best. */
import { access, copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { encodeTensors, writeWhole } from "@millrace/core";
import type { Arrays } from "./learned.js";
import {
  bestBeside,
  bestName,
  type Checkpoint,
  checkpointFolder,
  lastName,
  previousName,
  type RunState,
  readCheckpoint,
} from "./checkpoint.js";

export class Keeper {
  readonly #folder: string;

  constructor(runDir: string) {
    this.#folder = join(runDir, checkpointFolder);
  }

  /** Whenever the process is killed, there is a whole checkpoint: this one or the one before. */
  async keepLast(state: RunState, arrays: Arrays): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const last = join(this.#folder, lastName);
    const before = () => rename(last, join(this.#folder, previousName)).catch(ignoreMissing);
    await writeWhole(last, encodeTensors({ state, arrays }), { before });
  }

  async keepBest(state: RunState, arrays: Arrays): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeWhole(join(this.#folder, bestName), encodeTensors({ state, arrays }));
  }

  /** Takes over the best checkpoint of the run that is resumed, if that was another one. */
  async inheritBest(resumed: string): Promise<void> {
    const own = join(this.#folder, bestName);
    const exists = await access(own).then(
      () => true,
      () => false,
    );
    if (exists) return;
    await mkdir(this.#folder, { recursive: true });
    await copyFile(bestBeside(resumed), own).catch(ignoreMissing);
  }

  best(): Promise<Checkpoint> {
    return readCheckpoint(join(this.#folder, bestName));
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
