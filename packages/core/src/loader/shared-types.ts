/** Element types of batches that several processes share: those of one process that has all of the first. */
import type { Batch } from "../contracts/batch.js";
import type { Dataset } from "../contracts/dataset.js";
import { heapAllocator } from "../data/collate.js";
import type { Fetched } from "../workers/main-end/requests.js";
import { Progress } from "../workers/making/progress.js";
import { makeBatch } from "../workers/making/salvage.js";
import type { LoaderParts } from "./open-epoch.js";

type Place = Pick<Batch, "epoch" | "step">;

/** What is done about a share that would decide types by itself, be it empty: what it lacks may look unlike it. */
export function settlerOf(parts: LoaderParts, seed: number, dataset: Dataset, place: Place) {
  return ({ data, release }: Fetched): Promise<void> | undefined => {
    const { types } = parts;
    if (types.areSettled || (data !== undefined && !types.decides(data))) return undefined;
    return settleBy(parts, seed, dataset, place).catch((error: unknown) => {
      release();
      throw error;
    });
  };
}

/** Makes a whole batch in this thread, by which types are settled. */
export async function settleBy(
  { bad, makers, style, types }: LoaderParts,
  seed: number,
  dataset: Dataset,
  { epoch, step }: Place,
): Promise<void> {
  if (style.order.generators.length > 0) return;
  const first = style.order.open(epoch, step);
  await first?.prepare();
  const item = first?.next();
  first?.return();
  if (item === undefined || item.done === true) return;
  const progress = new Progress();
  const making = { dataset, collate: makers.collate, epoch, seed, progress };
  progress.enter(epoch);
  try {
    const whole = await makeBatch({ ...making, tolerance: bad?.tolerance }, item.value, heapAllocator);
    if (whole.salvaged?.empty !== true) types.apply(whole.data, []);
  } catch {
    // A loader whose first batch cannot be made has no types to follow.
  } finally {
    progress.leave(epoch);
  }
}
