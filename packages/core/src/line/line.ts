/** The line of a spec, assembled: a loader for each split, the model's definition, the trainer. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { ProcessGroup } from "../contracts/group.js";
import type { Logger } from "../contracts/logger.js";
import type { SplitName } from "../contracts/split.js";
import type { Trainer } from "../contracts/trainer.js";
import type { Inverses, ModelDefinition } from "../contracts/training.js";
import type { QuarantineEntry } from "../data/quarantine.js";
import { MillraceError } from "../errors.js";
import type { DataLoader } from "../loader/loader.js";
import type { PluginModule } from "../plugin/load.js";
import type { PluginContext } from "../plugin/contexts.js";
import type { Registry } from "../plugin/registry.js";
import type { Spec } from "../spec/schema.js";
import { fitTransforms } from "./fit/fit.js";
import type { FitEvent } from "./fit/pass.js";
import { type FittedTransform, statesOf } from "./fit/fitted.js";
import { inversesOf } from "./inverses.js";
import { openSplit } from "./open-loader.js";
import { inOptionsAt, otherwiseAt } from "./placed.js";
import { type Stages, stagesOf } from "./plan/stages.js";
import { type Opened, openSources, splitsOf } from "./sources.js";
import { noSplit } from "./split.js";
import { checkTrainer, tellOfCaches } from "./shares.js";
import type { OpenedStream } from "./streams/open.js";

export interface LineOptions {
  readonly registry: Registry;
  readonly modules: readonly PluginModule[];
  /** The spec's file: relative paths start beside it. */
  readonly url: URL;
  readonly logger?: Logger;
  /** What an earlier run learned of its data, which this one goes on with: sources follow it. */
  readonly facts?: DatasetFacts;
  /** Called with each bad sample that the loaders pass over, once; by it a spec's `onError: "quarantine"` is written. */
  readonly onBadSample?: (sample: QuarantineEntry) => void;
  /** What an earlier run's transforms have learned: then nothing is fitted. */
  readonly fitted?: readonly FittedTransform[];
  /** Where states are kept for later runs of the same spec on the same data; nowhere by default. */
  readonly fittedFolder?: string;
  /** The processes that train together; this one alone by default. All open the same spec, and each loads its share. */
  readonly group?: ProcessGroup;
  /** Told how fitting goes on. */
  readonly report?: (event: FitEvent) => void;
}

/** An open line; `close` ends its workers, sources and trainer, in reverse order of opening, once. */
export interface Line {
  readonly spec: Spec;
  /** What is known of the training samples behind all transforms. */
  readonly facts: DatasetFacts;
  /** What the source alone says: what it follows when it is opened again. */
  readonly sourceFacts: DatasetFacts;
  /** What transforms have learned from the training split, in the order of the spec. */
  readonly fitted: readonly FittedTransform[];
  readonly loaders: Readonly<Partial<Record<SplitName, DataLoader>>> & { readonly train: DataLoader };
  /** The samples of each split as its source gives them, before any transform; those of a stream come once. */
  readonly samples: Readonly<Partial<Record<SplitName, Dataset>>>;
  readonly model: ModelDefinition;
  readonly trainer: Trainer;
  /** The way back from what the trainer sees of a field to what the source gives. */
  readonly inverses: Inverses;
  /** What some samples of a split look like behind each stage; the first ones of a stream. @throws MillraceError SPLIT_INVALID */
  look(split: SplitName, samples: number): Promise<Stages>;
  close(): Promise<void>;
}

/** Opens everything a spec names. What was opened before a fault is closed again. */
export async function openLine(spec: Spec, options: LineOptions): Promise<Line> {
  const { registry, url } = options;
  const context: PluginContext = { baseUrl: new URL("./", url), seed: spec.seed };
  const closers: (() => void | Promise<void>)[] = [];
  const close = closeOnce(closers);
  try {
    const { opened, fitted } = await openData(spec, options, context, closers);
    const loaders: Partial<Record<SplitName, DataLoader>> = {};
    const samples: Partial<Record<SplitName, Dataset>> = {};
    for (const each of splitsOf(opened)) {
      const { split } = each.part;
      const purpose = split === "train" ? "train" : "measure";
      const made = await otherwiseAt(["loader"], () => openSplit(each, { spec, purpose, context, options }));
      closers.push(() => made.loader.close());
      loaders[split] = made.loader;
      if (made.samples !== undefined) samples[split] = made.samples;
    }
    const { train } = loaders;
    if (train === undefined)
      throw new MillraceError("SPLIT_INVALID", "the train split must have samples, has none", {
        path: ["split", "train"],
        hint: "Give it a share above 0.",
      });
    const { model, trainer } = await openModelAndTrainer(spec, registry, context);
    closers.push(() => trainer.close?.());
    checkTrainer(spec, trainer, options.group);
    return {
      spec,
      facts: factsOf(train),
      sourceFacts: sourceFacts(opened[0]),
      fitted,
      loaders: { ...loaders, train },
      samples,
      model,
      trainer,
      inverses: inversesOf(spec, registry, statesOf(spec, fitted)),
      look: async (split, samples) => {
        const of = splitsOf(opened).find(({ part }) => part.split === split);
        if (of === undefined) throw noSplit(split, Object.keys(loaders));
        return stagesOf({ spec, of, context, options, samples });
      },
      close,
    };
  } catch (error) {
    // The first fault is the one to tell.
    await close().catch(() => undefined);
    throw error;
  }
}

/** The sources, and what transforms learn of them. Where they are at fault, the model and the trainer are looked at too. */
async function openData(
  spec: Spec,
  options: LineOptions,
  context: PluginContext,
  closers: (() => void | Promise<void>)[],
) {
  try {
    const opened = await openSources(spec, options, context, closers);
    tellOfCaches(spec, options);
    const fitted = options.fitted ?? (await fitTransforms({ spec, opened: opened[0], context, options }));
    return { opened, fitted };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const end = await openModelAndTrainer(spec, options.registry, context).catch((other: unknown) => other);
    if (end instanceof MillraceError) throw MillraceError.several([error, end], "this cannot be opened:");
    if ("trainer" in (end as object)) await (end as Pick<Line, "trainer">).trainer.close?.();
    throw error;
  }
}

/** What is known of a loader's samples behind all transforms. */
export function factsOf({ dataset }: DataLoader): DatasetFacts {
  return (dataset as Dataset).facts ?? {};
}

/** What a source has to follow when it is opened again, and what it has to be taken for where its data is gone. */
function sourceFacts(opened: Opened | OpenedStream): DatasetFacts {
  const { facts = {}, fields } = opened.style === "map" ? opened.dataset : opened.sources[0].dataset;
  return facts.fields !== undefined || fields === undefined ? facts : { ...facts, fields };
}

/** The model's definition, and the trainer; whoever opens them closes the trainer. */
export async function openModelAndTrainer(
  spec: Spec,
  registry: Registry,
  context: PluginContext,
): Promise<Pick<Line, "model" | "trainer">> {
  const model = await inOptionsAt(["model", "with"], () =>
    registry.create("model", spec.model.use, spec.model.with, context),
  );
  const trainer = await inOptionsAt(["trainer", "with"], () =>
    registry.create("trainer", spec.trainer.use, spec.trainer.with, context),
  );
  return { model, trainer };
}

export function closeOnce(closers: (() => void | Promise<void>)[]): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= (async () => {
      const errors: unknown[] = [];
      for (const closer of closers.splice(0).reverse()) {
        try {
          await closer();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length === 1) throw errors[0];
      if (errors.length === 0) return;
      const named = errors.filter((error) => error instanceof MillraceError);
      const head = "closing failed:";
      throw named.length === errors.length
        ? MillraceError.several(named, head)
        : new AggregateError(errors, head);
    })();
    return closing;
  };
}
