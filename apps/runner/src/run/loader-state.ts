/** loader.json: what tells a run's batches from all others, so that they are known to be the same when they are made again. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import type { DataLoader } from "@millrace/core/dataloader";
import { writeWhole } from "./directory.js";
import { parseObject } from "./run-folder.js";

const loaderName = "loader.json";

/** Keeps where the training loader stands before training. */
export async function keepLoaderState(runDir: string, loader: DataLoader): Promise<void> {
  let state: unknown;
  try {
    state = loader.state();
  } catch (error) {
    // An order that cannot be made is the training's to refuse.
    if (error instanceof MillraceError) return;
    throw error;
  }
  await writeWhole(join(runDir, loaderName), `${JSON.stringify(state)}\n`);
}

/**
 * Makes sure that this loader gives the batches of the run in `folder`; runs of before this was kept are taken at their word.
 * @throws MillraceError STATE_MISMATCH that says what differs: the data, their order, or the options.
 */
export async function requireSameBatches(folder: string, loader: DataLoader): Promise<void> {
  const path = join(folder, loaderName);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const state = parseObject(text, path);
  try {
    loader.resume(state);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== "STATE_MISMATCH") throw error;
    const { details } = error;
    throw new MillraceError("STATE_MISMATCH", "the batches are no longer those of the run:", {
      details: details.length > 0 ? details : [error.message],
      hint: "Bring the data back as they were, and leave out --set of what decides the batches.",
    });
  }
}
