/** A split's samples as they are behind each stage of the line, looked at before any batch is made. */
import type { Dataset } from "../../contracts/dataset.js";
import type { SplitName } from "../../contracts/split.js";
import { fieldTypesOf } from "../../data/field-types.js";
import { isSampleFault } from "../../data/sample-fault.js";
import { nameOf } from "../../data/sample-name.js";
import { MillraceError } from "../../errors.js";
import type { PluginContext } from "../../plugin/contexts.js";
import type { Spec } from "../../spec/schema.js";
import { type SplitSource, splitDataset } from "../dataset.js";
import type { LineOptions } from "../line.js";
import { sampleFault } from "../sample-fault.js";
import type { SplitOf } from "../sources.js";
import { splitStream } from "../streams/split.js";
import { type FieldForm, formsOf } from "./forms.js";

type Path = readonly (string | number)[];

/** What samples look like behind a source or a transform. */
export interface Stage {
  /** Where it stands in the spec: `["source"]`, `["sources", 0, "transforms", 1]`, `["transforms", 2]`. */
  readonly path: Path;
  readonly use: string;
  /** The split that it is for, where it is for one alone. */
  readonly only?: SplitName;
  /** False where the samples of this split do not pass it. */
  readonly passed: boolean;
  readonly fields: readonly FieldForm[];
  /** Samples that were looked at. */
  readonly looked: number;
}

export interface Stages {
  readonly split: SplitName;
  readonly stages: readonly Stage[];
  /** What samples showed to be wrong, with its place in the spec. Behind it nothing is known. */
  readonly faults: readonly MillraceError[];
}

/** What stages are looked at with. */
export interface StagesRequest {
  readonly spec: Spec;
  readonly of: SplitOf;
  readonly context: PluginContext;
  readonly options: LineOptions;
  /** How many samples, spread over the split; the first ones of a stream. */
  readonly samples: number;
}

/** Reads some samples once, and passes them through the line, one transform further each time. */
export async function stagesOf(request: StagesRequest): Promise<Stages> {
  const { of, spec } = request;
  const { split } = of.part;
  const held = await holdSamples(request);
  const looking = new Looking(request, held);
  const isOwn = split === "validation" && spec.validationSource !== undefined;
  for (const [place, { entry }] of of.source.sources.entries()) {
    const at: Path = isOwn ? ["validationSource"] : spec.sources === undefined ? ["source"] : ["sources", place];
    await looking.look({ path: at, use: entry.use }, { place, count: 0 });
    for (const [i, { use, only }] of entry.transforms.entries())
      await looking.look({ path: [...at, "transforms", i], use, only }, { place, count: i + 1 });
  }
  for (const [i, { use, only }] of spec.transforms.entries())
    await looking.look({ path: ["transforms", i], use, only }, { count: i + 1 });
  return { split, stages: looking.stages, faults: looking.faults };
}

/** Samples of each source by their index in it, and those of all sources together. */
interface Held {
  readonly sources: readonly { readonly dataset: Dataset; readonly indices: readonly number[] }[];
  readonly joined: readonly number[];
}

function holdSamples(request: StagesRequest): Promise<Held> | Held {
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
  const places = Array.from({ length: many }, (_, i) => Math.round((i * (length - 1)) / Math.max(1, many - 1)));
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

type About = Pick<Stage, "path" | "use"> & { readonly only?: SplitName | undefined };

/** How far samples go: of one source alone, through so many of its own transforms; else of all, and of the spec's. */
interface Reach {
  readonly place?: number;
  readonly count: number;
}

class Looking {
  readonly stages: Stage[] = [];
  readonly faults: MillraceError[] = [];
  readonly #request: StagesRequest;
  readonly #held: Held;
  /** Samples that failed at a stage before, by the text of their place. */
  readonly #failed = new Set<string>();

  constructor(request: StagesRequest, held: Held) {
    this.#request = request;
    this.#held = held;
  }

  async look({ path, use, only }: About, reach: Reach): Promise<void> {
    const { split } = this.#request.of.part;
    const passed = only === undefined || only === split;
    const about = { path, use, ...(only && { only }), passed };
    const before = this.stages.at(-1);
    if (!passed && before !== undefined) {
      this.stages.push({ ...before, ...about });
      return;
    }
    const dataset = await this.#datasetAt(reach);
    const indices = reach.place === undefined ? this.#held.joined : this.#held.sources[reach.place].indices;
    const samples: unknown[] = [];
    for (const index of indices) {
      const sample = await this.#sampleOf(dataset, index, path, `${reach.place ?? "all"} ${index}`);
      if (sample !== undefined) samples.push(sample.value);
    }
    const fields = formsOf(samples, fieldTypesOf(dataset));
    this.stages.push({ ...about, fields, looked: samples.length });
  }

  async #sampleOf(dataset: Dataset, index: number, path: Path, name: string): Promise<{ value: unknown } | undefined> {
    if (this.#failed.has(name)) return undefined;
    try {
      return { value: await dataset.get(index, { epoch: 0 }) };
    } catch (error) {
      const { spec } = this.#request;
      const isSamples = isSampleFault(error);
      if (!isSamples && !(error instanceof MillraceError)) throw error;
      this.#failed.add(name);
      if (isSamples && spec.loader.onError !== "fail") return undefined;
      const where = [nameOf(dataset, index), "epoch 0"];
      const named = MillraceError.from(error, "SAMPLE_FAILED", "a sample cannot be read", { where });
      this.faults.push(sampleFault(named, spec, path) as MillraceError);
      return undefined;
    }
  }

  #datasetAt({ place, count }: Reach): Promise<Dataset> {
    const { of, spec, context, options } = this.#request;
    const { registry } = options;
    const { split } = of.part;
    const all = of.source.sources.map(({ entry }, at): SplitSource => {
      const { dataset } = this.#held.sources[at];
      const transforms = at === place ? entry.transforms.slice(0, count) : entry.transforms;
      return { dataset, transforms, place: at };
    });
    const sources = place === undefined ? all : [all[place]];
    const transforms = place === undefined ? spec.transforms.slice(0, count) : [];
    return splitDataset({ registry, sources, transforms, split, context, fitted: of.source.fitted });
  }
}
