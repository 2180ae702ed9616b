/** One pass over the training samples, in which one transform or several learn. */
import type { NdArray } from "../../contracts/ndarray.js";
import type { FittedState } from "../../contracts/transform.js";
import { blockLength, blockName, collateBlock, FitBlocks, partialsOf } from "../../data/fit/blocks.js";
import { MergeTree } from "../../data/fit/merge.js";
import { shareState } from "../../data/fit/state.js";
import { MillraceError } from "../../errors.js";
import { DataLoader } from "../../loader/data-loader.js";
import { pathText } from "../../spec/parse.js";
import { inOptionsAt } from "../placed.js";
import { sampleFault } from "../sample-fault.js";
import type { FittedTransform } from "./fitted.js";
import type { FitPart, FitRequest } from "./part.js";
import { fitRecipe, learnersOf, type Learning } from "./recipe.js";

/** What is told while transforms are fitted. */
export type FitEvent =
  | {
      readonly type: "fitting";
      /** Which learn in this pass: "standardize". */
      readonly names: readonly string[];
      /** Samples seen so far, and all there are. */
      readonly samples: number;
      readonly of: number;
    }
  | {
      readonly type: "fitted";
      readonly name: string;
      /** Where it stands in the spec. */
      readonly place: string;
      /** Training samples that it was fitted on. */
      readonly samples: number;
      /** What the pass took; none where the state was kept from an earlier run. */
      readonly seconds?: number;
    };

/**
 * What each of `learning` learns of the part's samples, by as many workers as the spec's loader has: the same for any
 * number. Nothing is left alive.
 */
export async function fitPass(
  request: FitRequest,
  { dataset, args }: FitPart,
  learning: readonly Learning[],
): Promise<FittedTransform[]> {
  const { spec, context, options } = request;
  const started = performance.now();
  const learners = learnersOf(options.registry, learning, dataset, context);
  const blocks = new FitBlocks(dataset, learners);
  const { batchSize, numWorkers, prefetchFactor, timeout = 0, workerMemory } = spec.loader;
  const workers =
    blocks.length < 2 ? 0 : numWorkers === "auto" ? numWorkers : Math.min(numWorkers, blocks.length);
  const loader = new DataLoader<Uint8Array, NdArray>(blocks, {
    batchSize: null,
    collate: collateBlock,
    numWorkers: workers,
    ...(workers !== 0 && { prefetchFactor, workerMemory }),
    // The limit for a batch, for as many of them as a block has samples.
    ...(workers !== 0 && { timeout: timeout * Math.ceil(blockLength / (batchSize ?? 1)) }),
    recipe: fitRecipe({ line: args, learning }),
    seed: spec.seed,
    logger: options.logger,
  });
  const names = learning.map(({ use }) => use);
  const tree = new MergeTree(() => learners.map((learner) => learner.begin()));
  try {
    const of = dataset.length;
    options.report?.({ type: "fitting", names, samples: 0, of });
    for await (const batch of loader) {
      tree.add(partialsOf(batch.data.data as Uint8Array));
      batch.release();
      options.report?.({ type: "fitting", names, samples: Math.min((batch.step + 1) * blockLength, of), of });
    }
  } catch (error) {
    throw sampleFault(withoutBlock(error), spec, learning[0].path);
  } finally {
    await loader.close();
  }
  const fitters = tree.finish();
  const seconds = (performance.now() - started) / 1000;
  return Promise.all(
    learning.map(async ({ path, use, with: given }, i): Promise<FittedTransform> => {
      const state: FittedState = await inOptionsAt(path, () => shareState(fitters[i].state()));
      options.report?.({
        type: "fitted",
        name: use,
        place: pathText(path),
        samples: dataset.length,
        seconds,
      });
      return { path, use, with: given, samples: dataset.length, state };
    }),
  );
}

/** The sample at fault is named; a block is none, and no epoch has begun. */
function withoutBlock(error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error;
  const where = error.where.filter((place) => !place.endsWith(`(${blockName})`) && place !== "epoch 0");
  const { code, message, hint, details, cause, path, faults } = error;
  return new MillraceError(code, message, { hint, details, cause, path, faults, where });
}
