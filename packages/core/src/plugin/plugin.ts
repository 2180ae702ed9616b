/** The plugin API: one `define…` per kind. A plugin is a plain object; its schema is the type of its options. */
import type { z } from "zod";
import type { Collate } from "../contracts/collate.js";
import type { Dataset, DatasetFacts, FieldTypes } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import type { Sampler } from "../contracts/sampler.js";
import type { Trainer } from "../contracts/trainer.js";
import type { ModelDefinition } from "../contracts/training.js";
import type {
  Fitter,
  FittedState,
  Inverse,
  Touched,
  Transform,
  TransformForms,
} from "../contracts/transform.js";
import type {
  CollateCreateContext,
  InputsContext,
  PluginContext,
  SamplerContext,
  SourceContext,
  TransformCreateContext,
  TransformPlace,
} from "./contexts.js";
import type { GroupPlugin } from "./group.js";
import type { SourceInputs } from "./inputs.js";
import type { Keeping } from "./keeping.js";
import type { AnyService, Needs, Resolved } from "./service.js";

/** What each kind's `create` receives and returns. */
export interface Kinds {
  source: { context: SourceContext; value: Dataset | IterableDataset };
  transform: { context: TransformCreateContext<FittedState | undefined>; value: Transform | TransformForms };
  sampler: { context: SamplerContext; value: Sampler };
  batchSampler: { context: SamplerContext; value: Sampler<readonly number[]> };
  collate: { context: CollateCreateContext; value: Collate };
  model: { context: PluginContext; value: ModelDefinition };
  trainer: { context: PluginContext; value: Trainer };
}

/** The kinds that a spec refers to with `use`. */
export type PluginKind = keyof Kinds;

/** The kinds that a spec refers to with `use`. */
export const pluginKinds = [
  "source",
  "transform",
  "sampler",
  "batchSampler",
  "collate",
  "model",
  "trainer",
] as const satisfies readonly PluginKind[];

interface Definition<
  K extends PluginKind,
  S extends z.ZodType,
  N extends Needs,
  V,
  C extends object = Kinds[K]["context"],
> {
  /** The word after `use` in a spec: lower case with hyphens. */
  readonly name: string;
  /** One line for listings. */
  readonly summary: string;
  /** A `z.strictObject`; describe every field, for listings, docs and editors. */
  readonly options: S;
  /** The services that `create` receives, under the names given here. */
  readonly needs?: N;
  create(options: z.output<S>, context: C & Resolved<N>): V | Promise<V>;
}

/** A plugin of kind K, whatever its options and needs. */
export interface Plugin<K extends PluginKind = PluginKind, V = Kinds[K]["value"]> {
  readonly kind: K;
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType;
  readonly needs?: Needs;
  /** Transforms only: takes and returns samples with deferred fields. */
  readonly deferred?: boolean;
  /** Transforms and collate functions: draws random numbers or looks at the epoch; no cache may stand behind such a transform. */
  readonly random?: boolean;
  /** Transforms only: keeps what the transforms before it make. */
  readonly keeps?: Keeping;
  /** Transforms only: see `defineTransform`. */
  readonly fitsOptions?: boolean;
  /** Transforms only: see `defineTransform`. */
  fit?(options: unknown, place: TransformPlace): Fitter<never> | undefined;
  /** Transforms only: see `defineTransform`. */
  touches?(options: unknown, fields: FieldTypes): Touched | undefined;
  /** Transforms only: see `defineTransform`. */
  fields?(fields: FieldTypes, options: unknown, fitted: FittedState | undefined): FieldTypes;
  /** Transforms only: see `defineTransform`. */
  facts?(
    facts: DatasetFacts,
    options: unknown,
    fitted: FittedState | undefined,
    fields: FieldTypes,
  ): DatasetFacts;
  /** Transforms only: see `defineTransform`. */
  inverse?(field: string, options: unknown, fitted: FittedState | undefined): Inverse | undefined;
  /** Sources only: see `defineSource`. */
  inputs?(
    options: unknown,
    context: InputsContext,
  ): SourceInputs | undefined | Promise<SourceInputs | undefined>;
  create(options: unknown, context: Kinds[K]["context"]): V | Promise<V>;
}

/** What a module may default-export, alone or in an array. */
export type Registrable = Plugin | AnyService | GroupPlugin;

type None = Record<never, never>;

function plugin<K extends PluginKind>(kind: K, definition: object): Plugin<K> {
  return { ...definition, kind } as unknown as Plugin<K>;
}

interface SourceExtras<S extends z.ZodType, N extends Needs> {
  /** How a trained model is asked about samples of a person's own; without it, or where it gives none, lines of JSON Lines are samples as they stand. */
  inputs?(
    options: z.output<S>,
    context: InputsContext & Resolved<N>,
  ): SourceInputs | undefined | Promise<SourceInputs | undefined>;
}

/** Opens a dataset: files, a database, memory, data made on the fly. */
export function defineSource<S extends z.ZodType, N extends Needs = None, T = unknown>(
  definition: Definition<"source", S, N, Dataset<T>> & SourceExtras<S, N>,
): Plugin<"source", Dataset>;
/** Opens a stream, whose samples come one after the other, or either: as its options say. */
export function defineSource<S extends z.ZodType, N extends Needs = None, T = unknown>(
  definition: Definition<"source", S, N, Dataset<T> | IterableDataset<T>> & SourceExtras<S, N>,
): Plugin<"source">;
export function defineSource(definition: object): Plugin<"source"> {
  return plugin("source", definition);
}

/**
 * One sample in, one sample out. `create` gives a function, or several forms of it. A transform with `fit` learns from the
 * training split before any sample is loaded, and `create` is given what it learned.
 */
export function defineTransform<
  S extends z.ZodType,
  N extends Needs = None,
  In = never,
  Out = unknown,
  F extends FittedState | undefined = undefined,
>(
  definition: Definition<
    "transform",
    S,
    N,
    Transform<In, Out> | TransformForms<In, Out>,
    TransformCreateContext<F>
  > & {
    /** True if the transform takes samples whose fields may be `Deferred`; otherwise they are materialized first. */
    readonly deferred?: boolean;
    /** True if the transform draws random numbers or looks at the epoch: it must stand behind a cache, not before it. */
    readonly random?: boolean;
    /** How it keeps what the transforms before it make; `create` is then for single samples, such as those of a prediction. */
    readonly keeps?: Keeping;
    /**
     * Begins to learn: a fitter of no samples yet; undefined where these options leave nothing to be learned. It sees the
     * samples of the training split as the transforms before it leave them, none of which may be random. Called many
     * times, in every thread that takes part: it must always give the same.
     */
    fit?(options: z.output<S>, place: TransformPlace): Fitter<In, unknown, NonNullable<F>> | undefined;
    /**
     * True where what `fit` learns follows from the options alone, such as from a file that they name: no pass is made over
     * the samples, and what was learned is kept with the run but not for other runs.
     */
    readonly fitsOptions?: boolean;
    /**
     * The fields that it reads and writes with these options, where that is known beforehand: fits behind it that read
     * none of what it writes are made in the same pass over the samples. `fit` of one that states it depends on nothing
     * else of a sample, nor on facts that others add. Undefined, and without it, for any field.
     */
    touches?(options: z.output<S>, fields: FieldTypes): Touched | undefined;
    /** What it makes of the types of fields, where it changes one or adds a number; without it they stay as they are. */
    fields?(fields: FieldTypes, options: z.output<S>, fitted: F): FieldTypes;
    /**
     * What it makes of the facts: the same with others added, such as a vocabulary's size. Plain JSON. `fields` are the types
     * of fields before it, as far as they are known.
     */
    facts?(facts: DatasetFacts, options: z.output<S>, fitted: F, fields: FieldTypes): DatasetFacts;
    /**
     * How values of `field` after the transform become what they were before it, so that a model trained on scaled targets
     * predicts in their own unit. Undefined where it does not touch the field; without it, no field can be led back.
     */
    inverse?(field: string, options: z.output<S>, fitted: F): Inverse | undefined;
  },
): Plugin<"transform"> {
  return plugin("transform", definition);
}

/** Which indices an epoch visits, and in which order. */
export function defineSampler<S extends z.ZodType, N extends Needs = None>(
  definition: Definition<"sampler", S, N, Sampler>,
): Plugin<"sampler"> {
  return plugin("sampler", definition);
}

/**
 * Which indices an epoch visits, already in batches, for training; the splits that are measured are read in order,
 * `batchSize` samples at a time if the batch sampler says it, else about as many as its batches have.
 */
export function defineBatchSampler<S extends z.ZodType, N extends Needs = None>(
  definition: Definition<"batchSampler", S, N, Sampler<readonly number[]>>,
): Plugin<"batchSampler"> {
  return plugin("batchSampler", definition);
}

/** Samples in, one batch out. */
export function defineCollate<S extends z.ZodType, N extends Needs = None, T = never, B = unknown>(
  definition: Definition<"collate", S, N, Collate<T, B>> & {
    /** True if it draws random numbers or looks at the epoch: the same samples may come as another batch in another epoch. */
    readonly random?: boolean;
  },
): Plugin<"collate"> {
  return plugin("collate", definition);
}

/** Describes a model, to be built by the engine that the trainer chooses. */
export function defineModel<S extends z.ZodType, N extends Needs = None>(
  definition: Definition<"model", S, N, ModelDefinition>,
): Plugin<"model"> {
  return plugin("model", definition);
}

/** Fits a model to batches. */
export function defineTrainer<S extends z.ZodType, N extends Needs = None>(
  definition: Definition<"trainer", S, N, Trainer>,
): Plugin<"trainer"> {
  return plugin("trainer", definition);
}
