/** What plugins are told when they are made. */
import type { Dataset, DatasetFacts, FieldTypes } from "../contracts/dataset.js";
import type { LengthsFrom } from "../contracts/lengths.js";

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

/** What a source's `inputs` receives beside its options and services. */
export interface InputsContext extends PluginContext {
  /** What was known of the data that the model was trained on. */
  readonly facts: DatasetFacts;
}

/** What is known at a transform's place: what the source says, and what the transforms before it make of that. */
export interface TransformPlace extends PluginContext {
  readonly facts: DatasetFacts;
  /** The types of fields, as far as they are known. */
  readonly fields: FieldTypes;
}

/** What a transform's `create` receives beside its options and services. */
export interface TransformCreateContext<F = never> extends TransformPlace {
  /** What it learned from the training split; only where its definition has `fit`, and that gave a fitter. */
  readonly fitted: F;
}

export interface SamplerContext extends PluginContext {
  /** The split that is sampled, after its transforms; `column` is what weighting and stratifying read. */
  readonly dataset: Dataset;
  /** Where the spec has `sources`: which of them each sample of the split is from, by position in the spec. */
  readonly sourceOf?: ArrayLike<number>;
  /**
   * One length per sample of the split. Where no column has them, each sample is read once, by the loader's workers, and
   * what was found is kept for later runs. @throws MillraceError COLUMN_UNKNOWN or OPTION_INVALID.
   */
  readonly lengths: (from: LengthsFrom) => Promise<ArrayLike<number>>;
}

export interface CollateCreateContext extends PluginContext {
  readonly facts: DatasetFacts;
}
