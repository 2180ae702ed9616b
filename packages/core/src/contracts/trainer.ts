/** The trainer contract: the end of the line. */
import type {
  DeviceInfo,
  EvaluateContext,
  EvaluateResult,
  ExportContext,
  ExportFormat,
  ExportResult,
  Predictor,
  TrainedContext,
} from "./after-training.js";
import type { CheckContext, CheckResult } from "./checking.js";
import type { FitContext, FitResult } from "./training.js";

/** Fits a model to batches, and takes up again what it has fitted; closed once, by whoever opened it. */
export interface Trainer {
  fit(context: FitContext): Promise<FitResult>;
  /** Whether `fit` knows what to do with a `group` of several processes. */
  readonly takesGroup?: boolean;
  /**
   * Builds the model and runs one batch forward, through loss and metrics, without training: `fit` refuses the same, in
   * the same words, before its first step. Raises a MillraceError that lists every fault that could be found (`faults`,
   * or the error itself is the only one); the `path` of each is that from a spec's root, such as
   * `["model", "with", "layers", 2, "units"]`, and absent where the fault lies in the data.
   */
  check?(context: CheckContext): Promise<CheckResult>;
  /**
   * Whether `fit` can go on from there: raises what it would raise of a checkpoint that is not there or not of a run with this
   * seed. Asked before there is anything of the new run.
   */
  checkResume?(context: Required<Pick<FitContext, "resumeFrom" | "seed">>): Promise<void>;
  /** Measures a model that `fit` saved. */
  evaluate?(context: EvaluateContext): Promise<EvaluateResult>;
  /** Opens a model that `fit` saved, to be asked about batches. */
  predict?(context: TrainedContext): Promise<Predictor>;
  /** Writes a model that `fit` saved in forms that other programs read. */
  export?(context: ExportContext): Promise<ExportResult>;
  /** The forms that `export` can write. */
  readonly exportFormats?: readonly ExportFormat[];
  /** What could compute on this machine, best first, and what is missing for the others. */
  listDevices?(): Promise<readonly DeviceInfo[]>;
  close?(): void | Promise<void>;
}
