/** Some samples of a split, read once and held, to be passed through a line again and again. */
import type { Dataset } from "../../contracts/dataset.js";
import { fieldTypesOf } from "../../data/field-types.js";
import { isSampleFault } from "../../data/sample-fault.js";
import type { SplitOf } from "../sources.js";
import { splitStream } from "../streams/split.js";
import type { StagesRequest } from "./stages.js";

/** Samples of each source by their index in it, and those of all sources together. */
export interface Held {
  readonly sources: readonly { readonly dataset: Dataset; readonly indices: readonly number[] }[];
  readonly joined: readonly number[];
}

export function holdSamples(request: StagesRequest): Promise<Held> | Held {
  const { of } = request;
  return of.source.style === "map" ? heldOf(request) : heldOfStream(request);
}

function heldOf({ of, samples }: StagesRequest): Held {
  const { source, part } = of as Extract<SplitOf, { readonly source: { readonly style: "map" } }>;
  const length = part.indices?.length ?? source.dataset.length;
  const joined = spread(length, samples).map((place) => part.indices?.[place] ?? place);
  let start = 0;
  const sources = source.sources.map(({ dataset }) => {
    const end = start + dataset.length;
    const from = start;
    start = end;
    const indices = joined.filter((index) => index >= from && index < end).map((index) => index - from);
    return { dataset: remembering(dataset), indices };
  });
  return { sources, joined };
}

/** So many of `length` places, evenly spread, the first and the last among them. */
function spread(length: number, samples: number): number[] {
  const many = Math.min(length, samples);
  const places = Array.from({ length: many }, (_, i) =>
    Math.round((i * (length - 1)) / Math.max(1, many - 1)),
  );
  return [...new Set(places)];
}

/** The same, reading each sample once. */
function remembering(dataset: Dataset): Dataset {
  const read = new Map<number, unknown>();
  return {
    length: dataset.length,
    facts: dataset.facts,
    fields: fieldTypesOf(dataset),
    key: dataset.key?.bind(dataset),
    origin: dataset.origin?.bind(dataset),
    get(index, context) {
      if (!read.has(index)) read.set(index, dataset.get(index, context));
      return read.get(index);
    },
  };
}

async function heldOfStream({ of, spec, context, options, samples }: StagesRequest): Promise<Held> {
  const { source, part } = of as Extract<SplitOf, { readonly source: { readonly style: "stream" } }>;
  const rule = { part: part.hash, excluded: source.excluded, measured: true };
  const each = Math.max(1, Math.ceil(samples / source.sources.length));
  const { registry } = options;
  const sources = [];
  for (const [place, { dataset, entry }] of source.sources.entries()) {
    const alone = { dataset, transforms: [], limit: entry.limit, place };
    const request = { registry, sources: [alone], transforms: [], split: part.split, context, rule };
    const read = await firstOf(await splitStream(request), each, spec.loader.onError !== "fail");
    sources.push({ dataset: inHand(read, dataset), indices: [...read.keys()] });
  }
  let start = 0;
  const joined = sources.flatMap(({ indices }) => {
    const from = start;
    start += indices.length;
    return indices.map((index) => from + index);
  });
  return { sources, joined };
}

type Read = { readonly value: unknown } | { readonly error: unknown };

async function firstOf(
  stream: Awaited<ReturnType<typeof splitStream>>,
  count: number,
  passesOver: boolean,
): Promise<Read[]> {
  const pass = stream.iterate({ epoch: 0, shard: { id: 0, count: 1 } });
  const read: Read[] = [];
  try {
    while (read.length < count) {
      const result = await pass.next();
      if (result.done === true) break;
      const deferred = result.value as { materialize(): unknown };
      read.push({ value: await deferred.materialize() });
    }
  } catch (error) {
    if (!passesOver || !isSampleFault(error)) read.push({ error });
  } finally {
    await pass.return?.();
  }
  return read;
}

function inHand(read: readonly Read[], { facts, fields }: Pick<Dataset, "facts" | "fields">): Dataset {
  return {
    length: read.length,
    facts,
    fields,
    get(index) {
      const each = read[index];
      if ("error" in each) throw each.error;
      return each.value;
    },
  };
}
