/** One pass over the training samples, in which one transform or several learn. */
import type { FittedState, Fitter } from "../../contracts/transform.js";
import { FitBlocks } from "../../data/fit/blocks.js";
import { MergeTree } from "../../data/fit/merge.js";
import { shareState } from "../../data/fit/state.js";
import { EpochBad } from "../../loader/bad/epoch-bad.js";
import { pathText } from "../../spec/parse.js";
import { inOptionsAt } from "../placed.js";
import { sampleFault } from "../sample-fault.js";
import type { LineOptions } from "../line.js";
import type { FittedTransform } from "./fitted.js";
import type { FitRequest, MapPart } from "./part.js";
import { fitRecipe, learnersOf, type Learning } from "./recipe.js";
import { leavesOutBad, seenBlocks } from "./seen-blocks.js";

/** What is told while transforms are fitted. */
export type FitEvent =
  | {
      readonly type: "fitting";
      /** Which learn in this pass: "standardize". */
      readonly names: readonly string[];
      /** Samples seen so far, and all there are; a stream may not say how many. */
      readonly samples: number;
      readonly of?: number;
    }
  | {
      readonly type: "fitted";
      readonly name: string;
      /** Where it stands in the spec. */
      readonly place: string;
      /** Training samples that it was fitted on. */
      readonly samples: number;
      /** Bad samples that nothing was learned from, where the loader's `onError` passes over them. */
      readonly leftOut?: number;
      /** What the pass took; none where the state was kept from an earlier run. */
      readonly seconds?: number;
    };

/**
 * What each of `learning` learns of the part's samples, by as many workers as the spec's loader has: the same for any
 * number. Nothing is left alive.
 */
export async function fitPass(
  request: FitRequest,
  { dataset, args }: MapPart,
  learning: readonly Learning[],
): Promise<FittedTransform[]> {
  const { spec, context, options } = request;
  const started = performance.now();
  const learners = learnersOf(options.registry, learning, dataset, context);
  const leavesOut = leavesOutBad(spec);
  const blocks = new FitBlocks(dataset, learners, { leavesOut });
  const names = learning.map(({ use }) => use);
  const tree = new MergeTree(() => learners.map((learner) => learner.begin()));
  const counted = new EpochBad(0, { maxRatio: spec.loader.maxRatio }, dataset.length);
  try {
    const of = dataset.length;
    options.report?.({ type: "fitting", names, samples: 0, of });
    for await (const { partials, end } of seenBlocks(request, blocks, {
      samples: of,
      counted,
      recipe: fitRecipe({ line: args, learning, leavesOut }),
    })) {
      tree.add(partials);
      options.report?.({ type: "fitting", names, samples: end, of });
    }
  } catch (error) {
    throw sampleFault(error, spec, learning[0].path);
  }
  const { bad, first } = counted.save();
  if (first !== undefined) {
    const text = `nothing was learned from ${bad} bad samples; the first: ${first.message}`;
    options.logger?.warn({ bad, where: first.where }, text);
  }
  const samples = dataset.length - bad;
  return learnedBy(learning, tree.finish(), { samples, leftOut: bad, started, report: options.report });
}

/** What fitters have learned of so many samples, told. */
export function learnedBy(
  learning: readonly Learning[],
  fitters: readonly Fitter[],
  {
    samples,
    leftOut = 0,
    started,
    report,
  }: Pick<LineOptions, "report"> & {
    readonly samples: number;
    /** Bad samples that nothing was learned from. */
    readonly leftOut?: number;
    readonly started: number;
  },
): Promise<FittedTransform[]> {
  const seconds = (performance.now() - started) / 1000;
  return Promise.all(
    learning.map(async ({ path, use, with: given }, i): Promise<FittedTransform> => {
      const state: FittedState = await inOptionsAt(path, () => shareState(fitters[i].state()));
      report?.({
        type: "fitted",
        name: use,
        place: pathText(path),
        samples,
        seconds,
        ...(leftOut > 0 && { leftOut }),
      });
      return { path, use, with: given, samples, state };
    }),
  );
}
