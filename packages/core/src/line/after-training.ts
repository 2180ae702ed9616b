/** The line of a run that is over: one of its splits to be measured, or inputs of a person's own to be judged. */
import type { Dataset, DatasetFacts, FieldTypes } from "../contracts/dataset.js";
import type { SplitName } from "../contracts/split.js";
import type { Trainer } from "../contracts/trainer.js";
import type { Inverses, ModelDefinition } from "../contracts/training.js";
import { heapAllocator } from "../data/collate/stack.js";
import { fieldTypesOf } from "../data/field-types.js";
import type { DataLoader } from "../loader/loader.js";
import { batchContext } from "../workers/making/batch-context.js";
import type { SourceInputs } from "../plugin/inputs.js";
import type { PluginContext } from "../plugin/contexts.js";
import type { Registry } from "../plugin/registry.js";
import type { Spec } from "../spec/schema.js";
import { type SourceEntry, sourcesOf } from "../spec/sources.js";
import { openCollate, splitDataset } from "./dataset.js";
import { statesOf } from "./fit/fitted.js";
import { closeOnce, factsOf, type LineOptions, openModelAndTrainer } from "./line.js";
import { inversesOf } from "./inverses.js";
import { openSplit } from "./open-loader.js";
import { openSources, splitsOf } from "./sources.js";
import { noSplit } from "./split.js";

/** What both have; `close` ends everything, in reverse order of opening, once. */
export interface TrainedLine {
  readonly facts: DatasetFacts;
  readonly model: ModelDefinition;
  readonly trainer: Trainer;
  /** The way back from what the trainer sees of a field to what the source gives. */
  readonly inverses: Inverses;
  close(): Promise<void>;
}

export interface EvaluationLine extends TrainedLine {
  /** Every sample of the split once, in order, without transforms that are for training only. */
  readonly loader: DataLoader;
  /** The split's samples before any transform; those of a stream come once. */
  readonly samples?: Dataset;
}

/** Opens one split to be measured. @throws MillraceError SPLIT_INVALID if the spec has no such split. */
export async function openEvaluation(
  spec: Spec,
  split: SplitName,
  options: LineOptions,
): Promise<EvaluationLine> {
  return opening(spec, options, async (context, closers) => {
    const opened = await openSources(spec, options, context, closers);
    const splits = splitsOf(opened);
    const found = splits.find(({ part }) => part.split === split);
    if (found !== undefined) {
      const { loader, samples } = await openSplit(found, { spec, purpose: "measure", context, options });
      closers.push(() => loader.close());
      return { facts: factsOf(loader), loader, ...(samples && { samples }) };
    }
    throw noSplit(
      split,
      splits.map(({ part }) => part.split),
    );
  });
}

/** Turns loose samples into batches as the run's own line does. */
export interface PredictionLine extends TrainedLine {
  /** How the run's source makes samples of a person's inputs, if it knows how. */
  readonly inputs?: SourceInputs;
  /** A sample as validation would see it. */
  transform(sample: unknown): Promise<unknown>;
  collate(samples: readonly unknown[]): Promise<unknown>;
}

/** Opens everything but the data. `facts` are what the run's source said. */
export async function openPrediction(
  spec: Spec,
  facts: DatasetFacts,
  options: LineOptions,
): Promise<PredictionLine> {
  const { registry } = options;
  return opening(spec, options, async (context) => {
    const loose = new LooseDataset(facts);
    const asked = askedSource(spec, registry);
    const { use, with: given, transforms: own } = asked;
    const place = Math.max(0, sourcesOf(spec).indexOf(asked));
    const { transforms } = spec;
    const seen = await splitDataset({
      registry,
      sources: [{ dataset: loose, transforms: own, place }],
      transforms,
      split: "validation",
      context,
      fitted: statesOf(spec, options.fitted ?? []),
    });
    const collate = await openCollate(registry, spec.loader.collate, seen, context);
    const inputs = await registry.inputs(use, given, { ...context, facts });
    return {
      facts: seen.facts ?? facts,
      ...(inputs && { inputs }),
      transform: async (sample) => seen.get(loose.hold(sample), { epoch: 0, loose: true }),
      collate: async (samples) => {
        const drawing = { epoch: 0, seed: spec.seed };
        const given = { ...batchContext(drawing, (entry) => entry), loose: true } as const;
        return collate(samples, heapAllocator, fieldTypesOf(seen), given);
      },
    };
  });
}

/** The source that a person's inputs are taken for: the first that knows how to make samples of any, or the first. */
export function askedSource(spec: Spec, registry: Registry): SourceEntry {
  const entries = sourcesOf(spec);
  return entries.find((entry) => registry.get("source", entry.use).inputs !== undefined) ?? entries[0];
}

/** Holds samples until they are asked for, each under the number of its turn. */
class LooseDataset implements Dataset {
  readonly facts: DatasetFacts;
  readonly fields: FieldTypes;
  #count = 0;
  readonly #held = new Map<number, unknown>();

  constructor(facts: DatasetFacts) {
    this.facts = facts;
    this.fields = facts.fields ?? {};
  }

  get length(): number {
    return this.#count;
  }

  hold(sample: unknown): number {
    this.#held.set(this.#count, sample);
    return this.#count++;
  }

  get(index: number): unknown {
    const sample = this.#held.get(index);
    this.#held.delete(index);
    return sample;
  }
}

async function opening<T extends object>(
  spec: Spec,
  { registry, url, fitted = [] }: LineOptions,
  open: (context: PluginContext, closers: (() => void | Promise<void>)[]) => Promise<T>,
): Promise<T & Pick<TrainedLine, "model" | "trainer" | "inverses" | "close">> {
  const context: PluginContext = { baseUrl: new URL("./", url), seed: spec.seed };
  const closers: (() => void | Promise<void>)[] = [];
  const close = closeOnce(closers);
  try {
    const opened = await open(context, closers);
    const { model, trainer } = await openModelAndTrainer(spec, registry, context);
    closers.push(() => trainer.close?.());
    const inverses = inversesOf(spec, registry, statesOf(spec, fitted));
    return { ...opened, model, trainer, inverses, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
