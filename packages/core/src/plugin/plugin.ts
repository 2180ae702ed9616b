/** The plugin API: one `define…` per kind. A plugin is a plain object; its schema is the type of its options. */
import type { z } from "zod";
import type { Collate } from "../contracts/collate.js";
import type { Dataset, DatasetFacts, FieldTypes } from "../contracts/dataset.js";
import type { Logger } from "../contracts/logger.js";
import type { Sampler } from "../contracts/sampler.js";
import type { Trainer } from "../contracts/trainer.js";
import type { ModelDefinition } from "../contracts/training.js";
import type { Transform } from "../contracts/transform.js";
import type { MillraceError } from "../errors.js";
import type { AnyService, Needs, Resolved } from "./service.js";

/** What every plugin's `create` receives beside its options and the services it needs. */
export interface PluginContext {
  /** Where relative paths in the spec start: the folder of the spec file, with a trailing slash. */
  readonly baseUrl: URL;
  /** The run's seed. */
  readonly seed: number;
}

/** What a source's `create` receives beside its options and services. */
export interface SourceContext extends PluginContext {
  /**
   * What is known already and must be followed, when the source is opened beside another (the validation source follows
   * the training source), or after training (all follow the run). A class that is not among `facts.labels` is
   * LABEL_UNKNOWN; label indices are theirs.
   */
  readonly facts?: DatasetFacts;
  /** In a worker: what `share()` of the main thread's opening gave. Take it; do not look at the storage again. */
  readonly shared?: unknown;
}

/** What a source's `inputs` receives beside its options. */
export interface InputsContext extends PluginContext {
  /** What was known of the data that the model was trained on. */
  readonly facts: DatasetFacts;
}

/** A sample without its label, made of something that a person named. */
export interface LooseSample {
  /** What the person calls it: a path, "wine.csv:17". */
  readonly name: string;
  readonly sample: unknown;
}

/** An input that cannot be a sample, and why. */
export interface LooseFault {
  readonly name: string;
  readonly error: MillraceError;
}

/** How inputs that lie outside of a source become samples like its own, to be predicted. */
export interface SourceInputs {
  /** Endings of the files that `read` takes, in lower case with the dot; folders are searched for them. */
  readonly endings: readonly string[];
  /** The samples of one file, in order. One that cannot be made is a fault in its place; throws where the whole file is at fault. */
  read(path: string): AsyncIterable<LooseSample | LooseFault>;
  /**
   * A sample of values by name, as a line of JSON Lines states them; relative paths start at `folder`. Errors:
   * INPUT_INVALID.
   */
  fromValues?(values: Readonly<Record<string, unknown>>, folder: string): unknown;
  /** What `read` does, as plain data, for programs that have to do it themselves: the order of columns, the colours. */
  readonly about?: Readonly<Record<string, unknown>>;
}

export interface TransformCreateContext extends PluginContext {
  readonly facts: DatasetFacts;
}

export interface SamplerContext extends PluginContext {
  /** The split that is sampled, after its transforms; `column` is what weighting and stratifying read. */
  readonly dataset: Dataset;
  /** Where the spec has `sources`: which of them each sample of the split is from, by position in the spec. */
  readonly sourceOf?: ArrayLike<number>;
}

export interface CollateCreateContext extends PluginContext {
  readonly facts: DatasetFacts;
}

/** What each kind's `create` receives and returns. */
export interface Kinds {
  source: { context: SourceContext; value: Dataset };
  transform: { context: TransformCreateContext; value: Transform };
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

interface Definition<K extends PluginKind, S extends z.ZodType, N extends Needs, V> {
  /** The word after `use` in a spec: lower case with hyphens. */
  readonly name: string;
  /** One line for listings. */
  readonly summary: string;
  /** A `z.strictObject`; describe every field, for listings, docs and editors. */
  readonly options: S;
  /** The services that `create` receives, under the names given here. */
  readonly needs?: N;
  create(options: z.output<S>, context: Kinds[K]["context"] & Resolved<N>): V | Promise<V>;
}

/** A plugin of kind K, whatever its options and needs. */
export interface Plugin<K extends PluginKind = PluginKind> {
  readonly kind: K;
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType;
  readonly needs?: Needs;
  /** Transforms only: takes and returns samples with deferred fields. */
  readonly deferred?: boolean;
  /** Transforms only: draws random numbers or looks at the epoch, so that no cache may stand behind it. */
  readonly random?: boolean;
  /** Transforms only: keeps what the transforms before it make. */
  readonly keeps?: Keeping;
  /** Transforms only: see `defineTransform`. */
  fields?(fields: FieldTypes, options: unknown): FieldTypes;
  /** Sources only: see `defineSource`. */
  inputs?(options: unknown, context: InputsContext): SourceInputs | Promise<SourceInputs>;
  create(options: unknown, context: Kinds[K]["context"]): Kinds[K]["value"] | Promise<Kinds[K]["value"]>;
}

/** What a transform that keeps samples is told when its place is opened. */
export interface KeepContext {
  /** Samples of the source. */
  readonly length: number;
  /** Where relative paths in the spec start. */
  readonly baseUrl: URL;
  readonly logger?: Logger;
  /**
   * All that the samples before it depend on, as plain JSON: the source and its fingerprint, the transforms before it,
   * versions. For what outlives the run. @throws MillraceError CACHE_KEY where the source cannot say when it changes.
   */
  readonly content: () => Promise<object>;
}

/**
 * How a transform keeps what the transforms before it make, so that it is made once and not in every epoch: on disk, in
 * shared memory, in a service of one's own. Transforms that draw random numbers stand behind it, not before it.
 */
export interface Keeping<H = unknown> {
  /** True if what is kept outlives the run with these options, so that everything it depends on must be known. */
  outlives(options: unknown): boolean;
  /**
   * Makes the place where samples are kept: in the main thread, once for all splits whose samples have passed the same.
   * The handle goes to workers: plain data and shared memory.
   */
  open(options: unknown, context: KeepContext): H | Promise<H>;
  /**
   * In every thread: `dataset`, which gives the samples as they come, as one that keeps them at `handle`. Samples are
   * known by their index; `close` of the result ends what it opened, not `dataset`.
   */
  keep(dataset: Dataset, handle: H, logger?: Logger): Dataset;
}

/** What a module may default-export, alone or in an array. */
export type Registrable = Plugin | AnyService;

type None = Record<never, never>;

function plugin<K extends PluginKind>(kind: K, definition: object): Plugin<K> {
  return { ...definition, kind } as unknown as Plugin<K>;
}

/** Opens a dataset: files, a database, memory, data made on the fly. */
export function defineSource<S extends z.ZodType, N extends Needs = None, T = unknown>(
  definition: Definition<"source", S, N, Dataset<T>> & {
    /**
     * How a trained model is asked about samples that are not in the dataset. Nothing of it is opened: only its options
     * and its facts are there. Without it, lines of JSON Lines are samples as they stand.
     */
    inputs?(options: z.output<S>, context: InputsContext): SourceInputs | Promise<SourceInputs>;
  },
): Plugin<"source"> {
  return plugin("source", definition);
}

/** One sample in, one sample out. */
export function defineTransform<S extends z.ZodType, N extends Needs = None, In = never, Out = unknown>(
  definition: Definition<"transform", S, N, Transform<In, Out>> & {
    /** True if the transform takes samples whose fields may be `Deferred`; otherwise they are materialized first. */
    readonly deferred?: boolean;
    /** True if the transform draws random numbers or looks at the epoch: it must stand behind a cache, not before it. */
    readonly random?: boolean;
    /** How it keeps what the transforms before it make; `create` is then for single samples, such as those of a prediction. */
    readonly keeps?: Keeping;
    /** What it makes of the types of fields, where it changes one or adds a number; without it they stay as they are. */
    fields?(fields: FieldTypes, options: z.output<S>): FieldTypes;
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
  definition: Definition<"collate", S, N, Collate<T, B>>,
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
