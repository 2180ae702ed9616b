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
import type { FitContext, FitResult } from "./training.js";

/** Fits a model to batches, and takes up again what it has fitted; closed once, by whoever opened it. */
export interface Trainer {
  fit(context: FitContext): Promise<FitResult>;
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
