/** The contracts of a check: a trainer asked what it would train, and whether it could. */
import type { Batch } from "./batch.js";
import type { FitContext, InputForm } from "./training.js";

/** What a trainer is given that shall only say whether it could train. */
export interface CheckContext extends Pick<FitContext, "model" | "facts" | "inverses" | "seed"> {
  /** Any batch of the training split; the caller releases it when the check has returned. */
  readonly batch: Batch;
  /** The same of the validation split, if there is one. */
  readonly validation?: Batch;
  /** Batches that an epoch has in this process; Infinity where it never ends, undefined where nobody knows. */
  readonly steps: number | undefined;
}

/** What a trainer says of a line that it could train. */
export interface CheckResult {
  readonly device: string;
  /** Why that device. */
  readonly reason: string;
  /** A table of the model's layers. */
  readonly summary: string;
  readonly parameters: number;
  /** One for each input of the model, in their order. */
  readonly inputs: readonly InputForm[];
  /** What the model's answers are compared with. */
  readonly target?: InputForm;
  /** What the model gives for one sample; null where an extent varies. */
  readonly output?: {
    readonly shape: readonly (number | null)[];
    readonly gives: "probabilities" | "logits" | "numbers";
  };
  /** From the first to the last. */
  readonly layers?: readonly LayerForm[];
  readonly memory?: MemoryEstimate;
}

/** A layer of a model. */
export interface LayerForm {
  readonly name: string;
  readonly type: string;
  /** Of its output for one sample; null where an extent varies. */
  readonly shape: readonly (number | null)[];
  readonly parameters: number;
  /** Those of them that training changes. */
  readonly trainable: number;
  /** Its place in the spec, where that states it. */
  readonly path?: readonly (string | number)[];
}

/** What a training step holds on the device at least, in bytes; the working memory of its operations comes on top. */
export interface MemoryEstimate {
  readonly weights: number;
  readonly gradients: number;
  /** What the optimizer remembers, averages of the weights and gradients that wait. */
  readonly optimizer: number;
  /** Inputs and targets. */
  readonly batch: number;
  /** The outputs of all layers, which the backward pass needs. */
  readonly activations: number;
  /** Samples of the batch that this is an estimate for. */
  readonly samples: number;
}
