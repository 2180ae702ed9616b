/** A split's samples as they are behind each stage of the line, looked at before any batch is made. */
import type { Dataset } from "../../contracts/dataset.js";
import type { SplitName } from "../../contracts/split.js";
import { fieldTypesOf } from "../../data/field-types.js";
import { isSampleFault } from "../../data/sample-fault.js";
import { nameOf } from "../../data/sample-name.js";
import { MillraceError } from "../../errors.js";
import type { PluginContext } from "../../plugin/contexts.js";
import type { Spec } from "../../spec/schema.js";
import { isFor, type TransformUse } from "../../spec/use.js";
import { type SplitSource, splitDataset } from "../dataset.js";
import type { LineOptions } from "../line.js";
import { sampleFault } from "../sample-fault.js";
import type { SplitOf } from "../sources.js";
import { type FieldForm, formsOf } from "./forms.js";
import { type Held, holdSamples } from "./held.js";

type Path = readonly (string | number)[];

/** What samples look like behind a source or a transform. */
export interface Stage {
  /** Where it stands in the spec: `["source"]`, `["sources", 0, "transforms", 1]`, `["transforms", 2]`. */
  readonly path: Path;
  readonly use: string;
  /** The splits that it is for, where it is not for all. */
  readonly only?: NonNullable<TransformUse["only"]>;
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
    const at: Path = isOwn
      ? ["validationSource"]
      : spec.sources === undefined
        ? ["source"]
        : ["sources", place];
    await looking.look({ path: at, use: entry.use }, { place, count: 0 });
    for (const [i, { use, only }] of entry.transforms.entries())
      await looking.look({ path: [...at, "transforms", i], use, only }, { place, count: i + 1 });
  }
  for (const [i, { use, only }] of spec.transforms.entries())
    await looking.look({ path: ["transforms", i], use, only }, { count: i + 1 });
  return { split, stages: looking.stages, faults: looking.faults };
}

type About = Pick<Stage, "path" | "use"> & Pick<TransformUse, "only">;

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
    const passed = isFor({ only }, split);
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

  async #sampleOf(
    dataset: Dataset,
    index: number,
    path: Path,
    name: string,
  ): Promise<{ value: unknown } | undefined> {
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
