/** The contracts of training: batches in, a model to be built and fitted, and what a run reports. */
import type { Batch } from "./batch.js";
import type { DatasetFacts } from "./dataset.js";
import type { ProcessGroup } from "./group.js";
import type { DType } from "./ndarray.js";
import type { Inverse } from "./transform.js";

/** One split as the trainer sees it: the batches of any epoch, in order. */
export interface BatchSource {
  /** What the batches' indices count in, where it is known; samples are named by it. */
  readonly dataset?: unknown;
  /** Samples an epoch yields in this process; Infinity where it never ends. @throws MillraceError LENGTH_UNKNOWN */
  readonly samples: number;
  /** The same of batches. `knownLength` gives undefined instead of throwing. @throws MillraceError LENGTH_UNKNOWN */
  readonly length: number;
  batches(epoch: number): AsyncIterable<Batch>;
  /** Where the latest iteration stands, as small JSON: after the batches that were handed out. */
  state?(): unknown;
  /** Makes the next `batches(epoch)` of the epoch in which `state` was taken go on where it was taken. */
  resume?(state: unknown): unknown;
}

/** What the data looks like to a model. */
export interface ModelInput extends DatasetFacts {
  /** Shape of one sample's input, without the batch axis; of the first, where there are several. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** All inputs in their order, where they are named in a list: a model takes them by name. */
  readonly inputs?: readonly InputForm[];
}

/** A model that is described but not built: building needs the engine that the trainer has chosen. */
export interface ModelDefinition {
  /** The engine that can build it, such as "tfjs". */
  readonly engine: string;
  /** `engine` is the loaded library; the result, or what it promises, is that library's model. */
  build(engine: unknown, input: ModelInput, seed: number): unknown;
}

/** The form of one of a sample's inputs, without the batch axis. */
export interface InputForm {
  /** The key in a batch under which it stands. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * How values of a field in a batch become what the source gave, where transforms have changed it: undefined where none that
 * can be led back did.
 */
export type Inverses = (field: string) => Inverse | undefined;

/** Names to values: `{ loss: 0.12, accuracy: 0.97 }`. */
export type Metrics = Readonly<Record<string, number>>;

/** What one epoch came to. */
export interface EpochResult {
  /** From 0. */
  readonly epoch: number;
  readonly train: Metrics;
  readonly validation?: Metrics;
  /** Wall time of the training part, in seconds. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Share of that time, 0 to 1, in which the step waited for data. */
  readonly dataWait: number;
  /** Share of that time, 0 to 1, in which batches were copied to the device; the rest is the step itself. */
  readonly upload?: number;
  /** Share of that time, 0 to 1, in which gradients were added up with those of other processes, waiting for them included. */
  readonly allreduce?: number;
  /** Samples that could not be made and were passed over (`loader.onError`), where there may be any. */
  readonly bad?: { readonly train: number; readonly validation?: number };
}

/** What a model is given of one sample, without the batch axis. */
export interface SampleInput {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: ArrayLike<number>;
}

/** One sample of the validation split, as the trained model sees it. */
export interface Prediction {
  /** The sample's index in its source. */
  readonly index: number;
  /** What a person calls it, where the source has keys. */
  readonly key?: string;
  /** Its index in the split: of `samples`. */
  readonly position: number;
  /** The input of the model for this sample, as the loader gave it; the first, where there are several. */
  readonly input: SampleInput;
  /** All of them by name, in their order, where there are several. */
  readonly inputs?: readonly (SampleInput & Pick<InputForm, "name">)[];
  /** The true value: a label index, or the number to be predicted. */
  readonly target: number;
  /** The label index of the highest probability, or the number that was predicted. */
  readonly predicted: number;
  /** Probability of the predicted label, where the model classifies. */
  readonly confidence?: number;
  /** The loss of this sample alone. */
  readonly loss?: number;
}

/** What a trainer tells while it runs. */
export type TrainEvent =
  | {
      readonly type: "device";
      readonly device: string;
      readonly reason: string;
      readonly skipped: readonly string[];
    }
  | {
      readonly type: "model";
      readonly summary: string;
      readonly parameters: number;
      /** Where training goes on, if it does not start anew. */
      readonly resumed?: Resumed;
      /** What one sample looks like to the model, one form for each input; what is done after training needs them. */
      readonly inputs?: readonly InputForm[];
      /** What the source calls the target, where metrics and predictions are led back to its unit, and the loss is not. */
      readonly restored?: string;
    }
  | {
      readonly type: "step";
      readonly epoch: number;
      readonly step: number;
      /** Batches of the epoch, where that is known and there is an end to them. */
      readonly steps?: number;
      readonly loss: number;
      readonly samplesPerSecond: number;
      /** Step size of the update that this step belongs to. */
      readonly learningRate?: number;
      /** Share of wall time in this epoch so far, 0 to 1, in which the step waited for data. */
      readonly dataWait: number;
      /** The same in which batches were copied to the device. */
      readonly upload?: number;
      /**
       * Milliseconds of this thread since training began by what they went to, where the trainer can tell. On a device that
       * computes beside this thread, its work shows where its results are awaited.
       */
      readonly spent?: Readonly<Record<string, number>>;
    }
  | ({ readonly type: "epoch" } & EpochResult)
  | { readonly type: "saved"; readonly path: string };

/** Where a resumed run goes on. */
export interface Resumed {
  /** The checkpoint that was read. */
  readonly path: string;
  /** The epoch and the batch in it that come next, from 0. */
  readonly epoch: number;
  readonly step: number;
  /** Checkpoints that could not be used, each with the reason. */
  readonly skipped: readonly string[];
}

/** A result that is no single number, such as a confusion matrix: one row for each true label. */
export interface MetricTable {
  readonly name: string;
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** Why a training run came to its end. */
export type EndOfTraining = "epochs" | "maxSteps" | "maxTime" | "earlyStopping" | "signal";

/** What a trainer is given. */
export interface FitContext {
  readonly train: BatchSource;
  readonly validation?: BatchSource;
  readonly model: ModelDefinition;
  readonly facts: DatasetFacts;
  /** The way back for targets; none by default. */
  readonly inverses?: Inverses;
  readonly seed: number;
  /** An existing directory of this run's own. */
  readonly runDir: string;
  /** When it aborts, the trainer finishes the step it is in, saves the model and returns with `stopped: true`. */
  readonly signal: AbortSignal;
  /** A checkpoint, or the directory of a run whose latest one is taken: training goes on where it was written. */
  readonly resumeFrom?: string;
  /**
   * The processes that train together; this one alone by default. Each is given its share of every batch, calls `fit` with
   * the same of all else, and comes to the same; rank 0 alone writes to `runDir`.
   */
  readonly group?: ProcessGroup;
  report(event: TrainEvent): void;
}

/** What a trainer returns. */
export interface FitResult {
  readonly device: string;
  readonly epochs: readonly EpochResult[];
  /** The last epoch's validation metrics, or its training metrics where there is no validation split. */
  readonly metrics: Metrics;
  /** Where the model was saved, relative to the run directory. */
  readonly modelPath: string;
  readonly stopped: boolean;
  readonly endedBy?: EndOfTraining;
  /** Tables of the last validation pass, or training pass where there is no validation split. */
  readonly tables?: readonly MetricTable[];
  /**
   * Where training can go on, relative to the run directory; absent where no checkpoint was written. `resumeFrom` takes
   * the run directory or this file.
   */
  readonly checkpoint?: string;
  /**
   * Validation samples (training samples where there is no such split) chosen at random, at most 60, and what the model
   * says of them.
   */
  readonly predictions: readonly Prediction[];
  /** The samples of that whole split with the highest loss, the highest first. */
  readonly worst?: readonly Prediction[];
}
