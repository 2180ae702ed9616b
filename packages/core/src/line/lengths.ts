/** The lengths of a split's samples, for batches by length: read in one pass by the loader's workers, and kept for later runs. */
import { createHash } from "node:crypto";
import type { Dataset } from "../contracts/dataset.js";
import type { LengthsFrom } from "../contracts/lengths.js";
import type { Logger } from "../contracts/logger.js";
import type { Recipe, WorkerLine } from "../contracts/recipe.js";
import type { FittedState, Fitter } from "../contracts/transform.js";
import { columnLengths, fieldWithLength, requireLength } from "../data/columns.js";
import { collateBlock, FitBlocks, type Learner } from "../data/fit/blocks.js";
import { isSampleFault } from "../data/sample-fault.js";
import { EpochBad } from "../loader/bad/epoch-bad.js";
import type { FitRequest } from "./fit/part.js";
import type { Learning } from "./fit/recipe.js";
import { leavesOutBad, seenBlocks } from "./fit/seen-blocks.js";
import { FitStore } from "./fit/store.js";
import { buildDataset, type LineArgs } from "./recipe.js";

/** Samples whose lengths are asked for, and by what a worker makes the same. */
export interface LengthsRequest extends FitRequest {
  readonly dataset: Dataset;
  readonly args: LineArgs;
}

/** One length per sample. A bad sample that the loader passes over has length 0. */
export async function lengthsIn(request: LengthsRequest, from: LengthsFrom): Promise<ArrayLike<number>> {
  const { dataset, spec, args } = request;
  const known = await columnLengths(dataset, from);
  if (known !== undefined || dataset.length === 0) return known ?? [];
  const field = from.field ?? fieldWithLength(await firstSample(dataset, leavesOutBad(spec)));
  const store = new FitStore(request, { transforms: spec.transforms, split: args.split });
  const learning = keptAs(request, field);
  const kept = await store.find(learning);
  if (kept !== undefined) return (kept.state as { readonly lengths: Float64Array }).lengths;
  const { lengths, samples } = await readLengths(request, {
    line: args,
    field,
    leavesOut: leavesOutBad(spec),
  });
  await store.keep({ ...learning, samples, state: { lengths } });
  return lengths;
}

/** What the lengths are kept as: the state of a transform behind the last, of these samples in this order. */
function keptAs({ spec, args }: LengthsRequest, field: string): Learning {
  const { indices, split } = args;
  const order = indices && createHash("sha256").update(indices).digest("hex");
  const { onError } = spec.loader;
  const path = ["transforms", spec.transforms.length];
  return { use: "lengths", with: { field, split, onError, ...(order && { order }) }, path };
}

async function firstSample(dataset: Dataset, passesOver: boolean): Promise<unknown> {
  for (let index = 0; ; index++) {
    try {
      return await dataset.get(index, { epoch: 0, fixed: true });
    } catch (error) {
      if (!passesOver || !isSampleFault(error) || index + 1 === dataset.length) throw error;
    }
  }
}

async function readLengths(
  request: LengthsRequest,
  args: LengthsArgs,
): Promise<{ readonly lengths: Float64Array; readonly samples: number }> {
  const { dataset, options, spec } = request;
  const { leavesOut } = args;
  const blocks = new FitBlocks(dataset, [lengthLearner(args.field)], { leavesOut });
  const of = dataset.length;
  const counted = new EpochBad(0, { maxRatio: spec.loader.maxRatio }, of);
  const lengths = new Float64Array(of);
  const started = performance.now();
  const recipe: Recipe = { module: import.meta.url, export: "buildLengths", args };
  options.report?.({ type: "fitting", names: ["lengths"], samples: 0, of });
  for await (const { partials, leftOut, start, end } of seenBlocks(request, blocks, {
    samples: of,
    counted,
    recipe,
  })) {
    const bad = new Set(leftOut.map(({ index }) => index));
    const seen = partials[0] as Float64Array;
    for (let index = start, next = 0; index < end; index++)
      if (!bad.has(index)) lengths[index] = seen[next++];
    options.report?.({ type: "fitting", names: ["lengths"], samples: end, of });
  }
  const samples = of - counted.save().bad;
  const seconds = (performance.now() - started) / 1000;
  options.report?.({ type: "fitted", name: "lengths", place: "loader.batchSampler", samples, seconds });
  return { lengths, samples };
}

interface LengthsArgs {
  readonly line: LineArgs;
  readonly field: string;
  readonly leavesOut: boolean;
}

/** The `RecipeFunction` of the pass in a worker. */
export async function buildLengths(
  { line, field, leavesOut }: LengthsArgs,
  { logger }: { readonly logger: Logger },
): Promise<WorkerLine> {
  const built = await buildDataset(line, logger);
  return {
    dataset: new FitBlocks(built.dataset, [lengthLearner(field)], { leavesOut }),
    collate: collateBlock,
    close: () => built.close(),
  };
}

function lengthLearner(field: string): Learner {
  return { place: "loader.batchSampler", begin: () => new Lengths(field) };
}

/** Notes the length of a field of each sample. */
class Lengths implements Fitter<unknown, Float64Array> {
  readonly #field: string;
  readonly #lengths: number[] = [];

  constructor(field: string) {
    this.#field = field;
  }

  add(sample: unknown): void {
    this.#lengths.push(requireLength(sample, this.#field, () => "a sample"));
  }

  partial(): Float64Array {
    return Float64Array.from(this.#lengths);
  }

  merge(partial: Float64Array): void {
    for (const length of partial) this.#lengths.push(length);
  }

  state(): FittedState {
    return { lengths: this.partial() };
  }
}
