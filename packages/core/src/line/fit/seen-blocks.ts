/** What is seen of blocks of samples, by as many workers as a spec's loader has. */
import { gatherValues, groupOfOne } from "../../contracts/group.js";
import type { NdArray } from "../../contracts/ndarray.js";
import type { Recipe } from "../../contracts/recipe.js";
import {
  blockLength,
  blockName,
  collateBlock,
  type FitBlocks,
  type LeftOut,
  type SeenBlock,
  seenIn,
} from "../../data/fit/blocks.js";
import { MillraceError } from "../../errors.js";
import type { EpochBad } from "../../loader/bad/epoch-bad.js";
import { DataLoader } from "../../loader/data-loader.js";
import { everyOf } from "../../loader/shard.js";
import type { Spec } from "../../spec/schema.js";
import type { Bad } from "../../workers/wire/protocol.js";
import { sharesOf } from "../shares.js";
import type { FitRequest } from "./part.js";

/** True where a spec's loader passes over bad samples: then nothing is learned from them. */
export function leavesOutBad({ loader }: Spec): boolean {
  return (loader.onError ?? "fail") !== "fail";
}

/** What was seen of the samples from `start` to before `end`. */
interface Seen extends SeenBlock {
  readonly start: number;
  readonly end: number;
}

interface Blocks {
  /** Samples of all blocks. */
  readonly samples: number;
  /** Counts the bad ones among them. */
  readonly counted: EpochBad;
  /** By which a worker makes the same blocks. */
  readonly recipe: Recipe;
}

/**
 * What was seen of each block, in order, by as many workers as the spec's loader has, and where several processes train
 * together, by all of them: each sees every size-th block, and they tell each other. Nothing is left alive.
 */
export async function* seenBlocks(
  request: Pick<FitRequest, "spec" | "options">,
  blocks: FitBlocks,
  parts: Blocks,
): AsyncGenerator<Seen, void> {
  const { counted } = parts;
  try {
    for await (const seen of inOrder(ownBlocks(request, blocks, parts), request.options)) {
      counted.add(seen.end - seen.start, seen.leftOut.map(badOf));
      yield seen;
    }
    const fault = counted.fault();
    if (fault !== undefined) throw fault;
  } catch (error) {
    throw withoutBlock(error);
  }
}

async function* inOrder(
  own: AsyncGenerator<Seen, void>,
  { group = groupOfOne }: Pick<FitRequest["options"], "group">,
): AsyncGenerator<Seen, void> {
  if (group.size === 1) {
    yield* own;
    return;
  }
  const seen: Seen[] = [];
  for await (const block of own) seen.push(block);
  const all = await gatherValues(group, seen);
  yield* all.flat().sort((a, b) => a.start - b.start);
}

async function* ownBlocks(
  { spec, options }: Pick<FitRequest, "spec" | "options">,
  blocks: FitBlocks,
  { samples, recipe }: Blocks,
): AsyncGenerator<Seen, void> {
  const { batchSize, numWorkers, prefetchFactor, timeout = 0, workerMemory } = spec.loader;
  const { rank, size } = options.group ?? groupOfOne;
  const own = everyOf([...Array(blocks.length).keys()], { rank, size });
  const workers = own.length < 2 ? 0 : numWorkers === "auto" ? numWorkers : Math.min(numWorkers, own.length);
  const loader = new DataLoader<Uint8Array, NdArray>(blocks, {
    batchSize: null,
    ...(size > 1 && { sampler: own, cores: sharesOf(options.group).cores }),
    collate: collateBlock,
    numWorkers: workers,
    ...(workers !== 0 && { prefetchFactor, workerMemory }),
    // The limit for a batch, for as many of them as a block has samples.
    ...(workers !== 0 && { timeout: timeout * Math.ceil(blockLength / (batchSize ?? 1)) }),
    recipe,
    seed: spec.seed,
    logger: options.logger,
  });
  try {
    for await (const batch of loader) {
      const seen = seenIn(batch.data.data as Uint8Array);
      batch.release();
      const start = batch.indices[0] * blockLength;
      yield { ...seen, start, end: Math.min(start + blockLength, samples) };
    }
  } finally {
    await loader.close();
  }
}

function badOf({ index, error }: LeftOut): Bad {
  const [stage = "reading"] = error.where;
  return { index, stage, code: error.code, reason: error.message, error };
}

/** The sample at fault is named; a block is none, and no epoch has begun. */
export function withoutBlock(error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error;
  const where = error.where.filter((place) => !place.endsWith(`(${blockName})`) && place !== "epoch 0");
  const { code, message, hint, details, cause, path, faults } = error;
  return new MillraceError(code, message, { hint, details, cause, path, faults, where });
}
