/** The line of a spec up to where transforms are fitted, made again in a worker: it gives what was seen of each block. */
import type { Logger } from "../../contracts/logger.js";
import type { Recipe, WorkerLine } from "../../contracts/recipe.js";
import type { Dataset } from "../../contracts/dataset.js";
import { collateBlock, FitBlocks, type Learner } from "../../data/fit/blocks.js";
import type { PluginContext } from "../../plugin/contexts.js";
import type { Registry } from "../../plugin/registry.js";
import { pathText } from "../../spec/parse.js";
import type { Use } from "../../spec/use.js";
import { buildDataset, type LineArgs } from "../recipe.js";

/** A transform that is to be fitted, and where it stands. */
export interface Learning extends Use {
  readonly path: readonly (string | number)[];
}

interface FitArgs {
  readonly line: LineArgs;
  readonly learning: readonly Learning[];
  readonly leavesOut: boolean;
}

export function fitRecipe(args: FitArgs): Recipe {
  return { module: import.meta.url, export: "buildFit", args };
}

/** The `RecipeFunction` of `fitRecipe`. */
export async function buildFit(
  { line, learning, leavesOut }: FitArgs,
  { logger }: { readonly logger: Logger },
): Promise<WorkerLine> {
  const built = await buildDataset(line, logger);
  const { registry, context, dataset } = built;
  const learners = learnersOf(registry, learning, dataset, context);
  return {
    dataset: new FitBlocks(dataset, learners, { leavesOut }),
    collate: collateBlock,
    close: () => built.close(),
  };
}

/** The learners for samples of `dataset`. */
export function learnersOf(
  registry: Registry,
  learning: readonly Learning[],
  { facts = {}, fields = {} }: Pick<Dataset, "facts" | "fields">,
  context: PluginContext,
): Learner[] {
  return learning.map(({ path, use, with: options }) => {
    const plugin = registry.get("transform", use);
    return {
      place: `${pathText(path)} ${use}`,
      begin() {
        const fitter = plugin.fit?.(options, { ...context, facts, fields });
        if (fitter === undefined)
          throw new TypeError(`${use} must always give a fitter for the same options`);
        return fitter;
      },
    };
  });
}
