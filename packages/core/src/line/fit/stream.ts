/** One pass over a stream in which transforms learn: its training part, as the transforms before them leave it. */
import {
  goesOn,
  type IterableDataset,
  type SampleStream,
  type StreamResult,
} from "../../contracts/iterable.js";
import { blockLength, FitBlocks, type Learner, seenIn } from "../../data/fit/blocks.js";
import { MergeTree } from "../../data/fit/merge.js";
import { isSampleFault } from "../../data/sample-fault.js";
import { materialize } from "../../data/datasets/deferred.js";
import { MillraceError } from "../../errors.js";
import { pathText } from "../../spec/parse.js";
import { sampleFault } from "../sample-fault.js";
import { type OpenedStream, requireEnd } from "../streams/open.js";
import { splitStream } from "../streams/split.js";
import type { FittedTransform } from "./fitted.js";
import type { FitPart, FitRequest, Way } from "./part.js";
import { learnedBy } from "./pass.js";
import { withoutBlock } from "./seen-blocks.js";
import { type Learning, learnersOf } from "./recipe.js";

export interface StreamFitRequest extends Omit<FitRequest, "opened"> {
  readonly opened: OpenedStream;
}

/** Samples of a stream before a position. */
export interface StreamPart extends FitPart {
  learn(learning: readonly Learning[]): Promise<FittedTransform[]>;
}

/** @throws MillraceError LENGTH_UNKNOWN for a source that never ends. */
export async function streamPartBefore(
  request: StreamFitRequest,
  way: Way,
  position: number,
): Promise<StreamPart> {
  const { spec, opened, context, options } = request;
  const { place } = way;
  const chosen = place === undefined ? opened.sources : [opened.sources[place]];
  requireEnd({ ...opened, sources: chosen }, `what ${way.transforms[position].use} is fitted on`);
  const before = way.transforms.slice(0, position);
  const sources = chosen.map(({ entry, dataset }, at) => {
    const own = place === undefined ? entry.transforms : before;
    return { dataset, transforms: own, limit: entry.limit, place: place ?? at };
  });
  const part = opened.parts.find(({ split }) => split === "train")?.hash;
  const stream = await splitStream({
    registry: options.registry,
    sources,
    transforms: place === undefined ? before : [],
    split: "train",
    context,
    fitted: opened.fitted,
    rule: { part, excluded: opened.excluded, measured: true },
    fixed: true,
  });
  const learn = async (learning: readonly Learning[]): Promise<FittedTransform[]> => {
    const learners = learnersOf(options.registry, learning, stream, context);
    try {
      return await fitStream(stream, learning, learners, request);
    } catch (error) {
      throw sampleFault(withoutBlock(error), spec, learning[0].path);
    }
  };
  return { dataset: stream, learn };
}

/** The samples of one shard, in their order: how many workers the loader has changes nothing. */
async function fitStream(
  stream: IterableDataset,
  learning: readonly Learning[],
  learners: readonly Learner[],
  { spec, options: { report, logger } }: StreamFitRequest,
): Promise<FittedTransform[]> {
  const leavesOut = spec.loader.onError !== undefined && spec.loader.onError !== "fail";
  const started = performance.now();
  const names = learning.map(({ use }) => use);
  const tree = new MergeTree(() => learners.map((learner) => learner.begin()));
  const { length, fields = {} } = stream;
  const told = { type: "fitting", names, ...(length !== undefined && { of: length }) } as const;
  report?.({ ...told, samples: 0 });
  const pass = stream.iterate({ epoch: 0, shard: { id: 0, count: 1 } });
  let samples = 0;
  let leftOut = 0;
  try {
    for (let done = false; !done; ) {
      const block: unknown[] = [];
      while (!done && block.length < blockLength) {
        try {
          const number = samples + leftOut + block.length;
          const result = await read(pass, number);
          if (result.done) done = true;
          else block.push(result.value);
        } catch (error) {
          if (!leavesOut || !isSampleFault(error) || goesOn(pass) === false || ++leftOut > mostLeftOut)
            throw error;
        }
      }
      if (block.length === 0) break;
      const held = { length: block.length, fields, get: (index: number) => block[index] };
      const { partials, leftOut: refused } = seenIn(
        await new FitBlocks(held, learners, { leavesOut }).get(0, { epoch: 0 }),
      );
      tree.add(partials);
      leftOut += refused.length;
      samples += block.length - refused.length;
      report?.({ ...told, samples });
    }
  } finally {
    await pass.return?.();
  }
  if (samples === 0) throw empty(learning[0]);
  if (leftOut > 0) logger?.warn({ leftOut }, `nothing was learned from ${leftOut} bad samples`);
  return learnedBy(learning, tree.finish(), { samples, leftOut, started, report });
}

/** Bad samples of a pass; a stream may give errors for ever. */
const mostLeftOut = 100_000;

async function read(pass: SampleStream, number: number): Promise<StreamResult<unknown>> {
  let name = `sample ${number}`;
  try {
    const result = await pass.next();
    if (result.done) return result;
    if (typeof result.key === "string") name += ` (${result.key})`;
    return { ...result, value: await materialize(result.value) };
  } catch (error) {
    throw MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read", { where: [name] });
  }
}

function empty({ use, path }: Learning): MillraceError {
  return new MillraceError(
    "SPLIT_INVALID",
    `${use} at ${pathText(path)} must be fitted on training samples, but the stream has none in the training split`,
    { hint: "Give the training split a larger share, or leave the transform out.", path },
  );
}
