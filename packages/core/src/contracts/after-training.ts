/** The contracts for what comes after training: a run's model measured, asked, and written for other programs. */
import type { Batch } from "./batch.js";
import type { DatasetFacts } from "./dataset.js";
import type {
  BatchSource,
  InputForm,
  Inverses,
  Metrics,
  MetricTable,
  ModelDefinition,
  Prediction,
  TrainEvent,
} from "./training.js";

/** Which weights of a run: those of the model it saved, or those of a checkpoint. */
export const weightsChoices = ["final", "best", "last"] as const;
export type WeightsChoice = (typeof weightsChoices)[number];

/** A model that a run of this trainer has fitted. */
export interface TrainedContext {
  /** The run's directory, an absolute path. */
  readonly runDir: string;
  /** Where the run saved its model, relative to `runDir`; absent if it ended before it could. */
  readonly modelPath?: string;
  /** `final` are the weights of the last checkpoint where the run saved no model. */
  readonly weights: WeightsChoice;
  readonly model: ModelDefinition;
  readonly facts: DatasetFacts;
  /** The way back for targets: see `FitContext`. */
  readonly inverses?: Inverses;
  /** What the run's `model` event said of its inputs. */
  readonly inputs: readonly InputForm[];
  readonly seed: number;
  readonly signal: AbortSignal;
  report(event: AfterEvent): void;
}

/** Which weights were taken. */
export interface TakenWeights {
  readonly choice: WeightsChoice;
  /** The file they come from, relative to the run's directory. */
  readonly path: string;
  /** Whole epochs they were trained for, where that is known. */
  readonly epochs?: number;
}

/** What a trainer tells while it evaluates or predicts. */
export type AfterEvent =
  | Extract<TrainEvent, { readonly type: "device" }>
  | ({ readonly type: "weights" } & TakenWeights)
  | { readonly type: "progress"; readonly samples: number; readonly of?: number };

export interface EvaluateContext extends TrainedContext {
  readonly batches: BatchSource;
}

export interface EvaluateResult {
  readonly device: string;
  readonly weights: TakenWeights;
  readonly samples: number;
  readonly metrics: Metrics;
  readonly tables: readonly MetricTable[];
  readonly seconds: number;
  /** Samples with the highest loss, the highest first. */
  readonly worst: readonly Prediction[];
  /** What the source calls the target, where all numbers but losses are led back to its unit. */
  readonly restored?: string;
}

/**
 * What a model says of some samples: `labels`, one probability for each of labels that exclude each other; `flags`, one
 * probability for each of labels that do not; `numbers`, plain values.
 */
export interface Answers {
  readonly kind: "labels" | "flags" | "numbers";
  /** [samples, …]; the last axis is that of the labels. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: ArrayLike<number>;
  /** How far apart numbers must be for the model to tell them apart, one for each of `data`; if not given, as float32 numbers are. */
  readonly resolution?: ArrayLike<number>;
}

/** Which part of the answers is wanted. */
export interface AnswerOptions {
  /** Of a model that answers at every step of a sequence: this step's answers alone, `Answers.shape` without the axis of steps. */
  readonly step?: number;
}

/** A model that is open; closed once, by whoever opened it. */
export interface Predictor {
  readonly device: string;
  readonly weights: TakenWeights;
  /** The shape of the answer for one sample; null where an extent varies. */
  readonly outputShape: readonly (number | null)[];
  /** The most steps that a sequence may have, where the model has a limit. */
  readonly maxSteps?: number;
  /** The batch needs no targets, and may be released when this returns. @throws MillraceError INPUT_INVALID for a step that is not there. */
  answer(batch: Batch, options?: AnswerOptions): Promise<Answers>;
  close(): void | Promise<void>;
}

export interface ExportFormat {
  readonly name: string;
  readonly summary: string;
}

/** What an input passes on its way to the model: what the source makes of it, then what validation sees of the transforms. */
export interface InputSteps {
  /** `about` is what the source's `inputs` say of themselves. */
  readonly source: { readonly use: string; readonly about?: Readonly<Record<string, unknown>> };
  /** In order; those for training only, and caches, are left out. `fitted` is the file with what one learned. */
  readonly transforms: readonly {
    readonly use: string;
    readonly with: unknown;
    readonly fitted?: string;
  }[];
}

export interface ExportContext extends TrainedContext {
  /** What the programs of the export have to do to an input; preprocessing.json beside them has the same. */
  readonly steps: InputSteps;
  /** An existing directory. */
  readonly folder: string;
  /** Names out of the trainer's `exportFormats`. */
  readonly formats: readonly string[];
}

export interface ExportResult {
  readonly weights: TakenWeights;
  /** What was written, relative to `folder`. */
  readonly files: readonly { readonly path: string; readonly about: string }[];
  /** Forms that this model cannot take, and why. */
  readonly skipped: readonly { readonly format: string; readonly reason: string }[];
  readonly output: ExportOutput;
  /** Programs that load it: what to install, and the text of each. */
  readonly examples: readonly ExportExample[];
}

/** What comes out of an exported model. */
export interface ExportOutput {
  readonly kind: Answers["kind"];
  /** What the exported model itself gives: logits still have to pass a softmax, or a sigmoid where they are flags. */
  readonly gives: "probabilities" | "logits" | "numbers";
  /** For one sample; null where an extent varies. */
  readonly shape: readonly (number | null)[];
  /**
   * Where transforms had changed the target: whether the exported model gives what the source has (`own`), or what it was
   * trained on, because the way back is nothing that a model can do.
   */
  readonly unit?: "own" | "trained";
}

export interface ExportExample {
  readonly file: string;
  readonly language: string;
  /** Where it runs, such as "Node" or "a browser". */
  readonly place: string;
  readonly needs?: string;
  readonly text: string;
  /** Files that the program imports, beside it. */
  readonly parts?: readonly { readonly file: string; readonly about: string; readonly text: string }[];
}

/** One device that a trainer knows. */
export interface DeviceInfo {
  readonly name: string;
  readonly available: boolean;
  /** What it is, or why it is not there. */
  readonly detail: string;
  /** The command, or the step, that would add it. */
  readonly hint?: string;
}
