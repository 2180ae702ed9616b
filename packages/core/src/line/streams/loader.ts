/** The loader of one split of a stream. */
import { agreeOn } from "../../contracts/agreement.js";
import { groupOfOne, type ProcessGroup } from "../../contracts/group.js";
import { DataLoader } from "../../loader/loader.js";
import type { Spec } from "../../spec/schema.js";
import { openCollate } from "../dataset.js";
import { type LoaderRequest, onErrorOf } from "../loader.js";
import { lineRecipe, sourceArgs } from "../recipe.js";
import { sharesOf } from "../shares.js";
import { type OpenedStream, requireEnd, type StreamPart } from "./open.js";
import { splitStream, type StreamRule } from "./split.js";

/** What `openStreamLoader` makes a loader of. */
export interface StreamLoaderRequest extends Omit<LoaderRequest, "source" | "indices"> {
  readonly source: OpenedStream;
  readonly part: StreamPart;
}

/** A stream is dealt to the workers of all ranks: with unlike numbers samples would be missed, and others come twice. */
async function agreeOnWorkers(
  { loader: { numWorkers } }: Spec,
  group: ProcessGroup = groupOfOne,
): Promise<void> {
  await agreeOn(group, { loader: { numWorkers } }, "Give every rank of a stream as many workers.");
}

export async function openStreamLoader(request: StreamLoaderRequest): Promise<DataLoader> {
  const { spec, source, part, split, purpose, context, options } = request;
  const { registry, modules, logger } = options;
  const measured = purpose === "measure";
  await agreeOnWorkers(spec, options.group);
  if (measured) requireEnd(source, `the ${split} split`);
  const seenAs = measured && split === "train" ? "validation" : split;
  const { transforms } = spec;
  const { sampler: _, batchSampler: __, collate, shuffle, shuffleWindow, ...plain } = spec.loader;
  const window = shuffle && !measured ? shuffleWindow : undefined;
  const rule: StreamRule = { part: part.hash, excluded: source.excluded, window, measured };
  const { fitted } = source;
  const sources = source.sources.map(({ entry, dataset }) => {
    const { transforms: own, limit, weight } = entry;
    return { dataset, transforms: own, limit, weight };
  });
  const parts = { registry, sources, transforms, split: seenAs, context, fitted, rule };
  const dataset = await splitStream(parts);
  return new DataLoader(dataset, {
    ...plain,
    ...(measured && { dropLast: false }),
    persistentWorkers: plain.persistentWorkers ?? plain.numWorkers !== 0,
    collate: await openCollate(registry, collate, dataset, context),
    ...onErrorOf(request),
    ...sharesOf(options.group),
    seed: spec.seed,
    recipe: lineRecipe({
      modules,
      baseUrl: context.baseUrl.href,
      seed: spec.seed,
      sources: source.sources.map((each) => ({
        ...sourceArgs(each),
        limit: each.entry.limit,
        weight: each.entry.weight,
      })),
      transforms,
      collate,
      split: seenAs,
      fitted,
      stream: rule,
    }),
    logger,
  });
}
