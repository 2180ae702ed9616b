/** One split's stream, from sources that were opened: its part of their samples, seen through its transforms. */
import type { Dataset, Deferred, FetchContext } from "../../contracts/dataset.js";
import {
  type IterableDataset,
  isStreamLike,
  type SourceDataset,
  type StreamContext,
} from "../../contracts/iterable.js";
import { ChainDataset } from "../../data/datasets/chain.js";
import { type HashPart, hashPartStream } from "../../data/streams/hash-part.js";
import { limitStream } from "../../data/streams/limit.js";
import { filterStream, mapStream } from "../../data/streams/map.js";
import { mixStreams } from "../../data/streams/mix.js";
import { eitherFields } from "../../data/field-types.js";
import { describeStream } from "../../data/streams/options.js";
import type { Passed } from "../../data/streams/pass.js";
import { shuffleStream } from "../../data/streams/shuffle.js";
import { streamOf } from "../../data/streams/stream-of.js";
import type { TransformUse } from "../../spec/use.js";
import { splitDataset, type SplitRequest } from "../dataset.js";

/** A source that was opened, and what is done with its samples alone. */
export interface StreamSource {
  readonly dataset: SourceDataset;
  readonly transforms: readonly TransformUse[];
  readonly limit?: number | undefined;
  readonly weight?: number | undefined;
  /** Which of the spec's sources it is; by default the position among those given. */
  readonly place?: number | undefined;
}

/** How a split's samples are chosen and ordered, as plain data. */
export interface StreamRule {
  /** The split's part; all samples without it. */
  readonly part?: HashPart | undefined;
  /** Keys of samples that are left out. */
  readonly excluded?: readonly string[] | undefined;
  /** Samples that are mixed among each other; in their own order without it. */
  readonly window?: number | undefined;
  /** True where every epoch is to be the same: sources give their first pass, one after the other. */
  readonly measured: boolean;
}

export interface StreamRequest
  extends Pick<SplitRequest, "context" | "fitted" | "registry" | "split" | "transforms"> {
  readonly sources: readonly StreamSource[];
  readonly rule: StreamRule;
  /** True where no transform may draw random numbers. */
  readonly fixed?: true;
}

/** A sample as it comes, and the position of its source among those given. */
interface Sourced {
  readonly at: number;
  readonly sample: unknown;
}

/**
 * The sources' samples as one stream. Each is limited, then divided; all are joined, or mixed by their weights; a window
 * mixes them as they come, and only then do they pass transforms, whose random numbers are those at (seed, epoch, the
 * sample's own address, position): the same for any number of workers where the source has keys, or deals in turn.
 *
 * A sample is made when it is asked for (`Deferred`), so that one that fails has been read, and has a name.
 */
export async function splitStream(request: StreamRequest): Promise<IterableDataset> {
  const { sources, rule, context, fixed } = request;
  const { seed } = context;
  const parts = sources.map((source, at) => partOf(source, at, rule));
  const order = joined(parts, sources, rule, seed);
  const mixed = rule.window === undefined ? order : shuffleStream(order, { windowSize: rule.window, seed });
  const chains = await Promise.all(sources.map((source, at) => openChain(request, source, at)));
  const pass = (passed: Passed<Sourced>, { epoch, progress }: StreamContext): Deferred => {
    const { value, address } = passed;
    const given = { epoch, ...(progress && { progress }), ...(fixed && { fixed }) };
    return { materialize: () => chains[value.at].pass(value.sample, address, given) };
  };
  const fields = chains.map(({ chain }) => chain.fields ?? {});
  return mapStream(mixed, pass, {
    length: mixed.length,
    lengthOf: (shard) => mixed.lengthOf?.(shard),
    description: mixed.description,
    facts: chains[0].chain.facts,
    fields: fields.reduce(eitherFields),
  });
}

/** How many samples of a source an epoch has, of all splits; Infinity if it never ends, undefined where it does not say. */
export function limitedLength({ dataset, limit = Infinity }: Pick<StreamSource, "dataset" | "limit">) {
  return dataset.length === undefined ? undefined : Math.min(dataset.length, limit);
}

function partOf({ dataset, limit }: StreamSource, at: number, { part, measured, excluded }: StreamRule) {
  const all = isStreamLike(dataset) ? dataset : streamOf(dataset);
  const whole = excluded === undefined ? all : withoutKeys(all, new Set(excluded));
  const limited = limit === undefined ? whole : limitStream(whole, limit);
  const read = measured ? firstPass(limited) : limited;
  const own = part === undefined ? read : hashPartStream(read, part);
  return mapStream(own, ({ value }): Sourced => ({ at, sample: value }));
}

/** Before all else, so that the rest is that of a stream which never had these samples. */
function withoutKeys<S>(stream: IterableDataset<S>, keys: ReadonlySet<string>): IterableDataset<S> {
  const description = `${describeStream(stream)} without ${keys.size} samples`;
  return filterStream(stream, ({ key }) => key === undefined || !keys.has(String(key)), description);
}

/** The stream of epoch 0 in every epoch. */
function firstPass<S>(stream: IterableDataset<S>): IterableDataset<S> {
  return {
    length: stream.length,
    lengthOf: (shard) => stream.lengthOf?.(shard),
    description: `the first pass of ${describeStream(stream)}`,
    facts: stream.facts,
    fields: stream.fields,
    iterate: (context) => stream.iterate({ ...context, epoch: 0 }),
  };
}

function joined(
  parts: readonly IterableDataset<Sourced>[],
  sources: readonly StreamSource[],
  { measured }: StreamRule,
  seed: number,
): IterableDataset<Sourced> {
  if (parts.length === 1) return parts[0];
  if (measured || sources.every(({ weight }) => weight === undefined)) return new ChainDataset(parts);
  return mixStreams(parts, { weights: sources.map(({ weight = 1 }) => weight), seed });
}

/** The transforms of one source and those of the spec, for one sample at a time. */
async function openChain(
  request: StreamRequest,
  { dataset, transforms: own, place }: StreamSource,
  at: number,
) {
  const { registry, transforms, split, context, fitted } = request;
  let held: unknown;
  const hand: Dataset = { length: 0, facts: dataset.facts, fields: dataset.fields, get: () => held };
  const sources = [{ dataset: hand, transforms: own, place: place ?? at }];
  const chain = await splitDataset({ registry, sources, transforms, split, context, fitted });
  return {
    chain,
    pass(sample: unknown, address: number, given: FetchContext): unknown {
      held = sample;
      // The hand is emptied before the call returns, whatever of it has to be waited for.
      return chain.get(address, given);
    },
  };
}
