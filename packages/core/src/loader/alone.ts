/** Batches that are made alone, in this thread: one of an epoch without those before it, or one of samples that are named. */
import type { Batch } from "../contracts/batch.js";
import type { Dataset } from "../contracts/dataset.js";
import { heapAllocator } from "../data/collate.js";
import { MillraceError } from "../errors.js";
import { Progress } from "../workers/making/progress.js";
import { makeBatch } from "../workers/making/salvage.js";
import { errorOf, toldOf } from "./bad/bad-samples.js";
import type { LoaderParts, Started } from "./open-epoch.js";
import { type EpochOrder, statedLength } from "./order.js";
import type { DataLoaderOptions } from "./options.js";
import type { Identity } from "./resume/identity.js";
import { settleBy } from "./shared-types.js";
import { shareOf } from "./shard.js";

/** What batches are made alone with. */
export interface Alone {
  readonly parts: LoaderParts;
  readonly identity: Identity;
  readonly seed: number;
  /** This process's share of each batch. */
  readonly shard: DataLoaderOptions["shard"];
  /** The iteration that started last. */
  readonly latest: Started | undefined;
}

/** @throws MillraceError LOADER_OPTION where that batch cannot be known; the first error of one of which nothing is left. */
export async function batchAt<B>(alone: Alone, epoch: number, step: number): Promise<Batch<B>> {
  checkCount("an epoch", epoch);
  checkCount("a step", step);
  const { parts, identity } = alone;
  const map = requireMap(parts, "has no batches by number: batchAt");
  const latest = alone.latest?.position.epoch === epoch ? alone.latest : undefined;
  if (parts.style.order.generators.length > 0 && latest === undefined) {
    throw new MillraceError(
      "LOADER_OPTION",
      `with a generator only the epoch under way has a known order, was ${epoch}`,
      {
        hint: "Use `seed` instead of `generator`: then any epoch can be asked for.",
      },
    );
  }
  const request = { epoch, saved: latest?.generator, drawSeed: false, from: step };
  return identity.inOrderOf(request, async (batches) => {
    const reading = indicesAt(parts, shareOf(batches, alone.shard), epoch, step);
    // Without a wait in between where there is nothing to wait for: what is drawn is drawn at once.
    const indices = reading instanceof Promise ? await reading : reading;
    // Of a batch that several processes share, this one may have nothing.
    const isShared = (alone.shard?.size ?? 1) > 1;
    if (isShared && typeof indices === "object" && indices.length === 0)
      return { data: {} as B, indices, epoch, step, release: () => undefined };
    return made<B>(alone, map, indices, { epoch, step });
  });
}

/** @throws MillraceError LOADER_OPTION for a stream, DATASET_INDEX for an index that is not there. */
export async function batchOf<B>(alone: Alone, indices: readonly number[], epoch: number): Promise<Batch<B>> {
  checkCount("an epoch", epoch);
  const map = requireMap(alone.parts, "has no samples by index: batchOf");
  for (const index of indices) {
    if (Number.isSafeInteger(index) && index >= 0 && index < map.length) continue;
    throw new MillraceError(
      "DATASET_INDEX",
      `an index must be a whole number from 0 to ${map.length - 1}, was ${index}`,
    );
  }
  return made<B>(alone, map, indices, { epoch, step: 0 });
}

function requireMap({ style: { map } }: LoaderParts, what: string): Dataset {
  if (map !== undefined) return map;
  throw new MillraceError("LOADER_OPTION", `a stream ${what} needs a map-style dataset`);
}

type Item = readonly number[] | number;

function indicesAt(
  { style: { order } }: LoaderParts,
  batches: EpochOrder | undefined,
  epoch: number,
  step: number,
): Item | Promise<Item> {
  const length = statedLength(order);
  const take = (): Item => {
    const item = step >= (length ?? Infinity) ? undefined : batches?.next();
    batches?.return();
    if (item !== undefined && item.done !== true) return item.value;
    const has = length === undefined ? "fewer batches than that" : `${length} batches`;
    throw new MillraceError(
      "LOADER_OPTION",
      `epoch ${epoch} has ${has}, counted from 0; there is no ${step}`,
    );
  };
  return batches?.prepare()?.then(take) ?? take();
}

async function made<B>(
  alone: Alone,
  dataset: Dataset,
  indices: Item,
  place: Pick<Batch, "epoch" | "step">,
): Promise<Batch<B>> {
  const { parts, seed } = alone;
  const { bad, makers, types } = parts;
  const { epoch, step } = place;
  const progress = new Progress();
  const making = { dataset, collate: makers.collate, epoch, seed, progress, tolerance: bad?.tolerance };
  progress.enter(epoch);
  const { data, salvaged } = await makeBatch(making, indices, heapAllocator).finally(() =>
    progress.leave(epoch),
  );
  if (salvaged?.empty) throw errorOf(salvaged.bad, `nothing is left of batch ${step} of epoch ${epoch}`);
  const left = salvaged?.indices ?? indices;
  const told = typeof left === "number" ? [left] : left;
  if (!types.areSettled && types.decides(data)) await settleByFirst(alone, dataset, place);
  return {
    data: types.apply(data, told) as B,
    indices: told,
    ...(salvaged && { bad: toldOf(salvaged.bad) }),
    epoch,
    step,
    release: () => undefined,
  };
}

/** The first batch of all decides the types of what nobody declares, for a batch that is asked for before it too. */
async function settleByFirst(alone: Alone, dataset: Dataset, { epoch, step }: Pick<Batch, "epoch" | "step">) {
  const isShare = (alone.shard?.size ?? 1) > 1;
  if (epoch === 0 && step === 0 && !isShare) return;
  await settleBy(alone.parts, alone.seed, dataset, { epoch: 0, step: 0 });
}

export function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  throw new MillraceError("LOADER_OPTION", `${name} must be a whole number, counted from 0, was ${shown}`);
}
