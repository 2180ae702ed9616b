/** What a trainer is given to open the model of a run. */
import type { TrainedContext, TrainedLine } from "@millrace/core/spec";
import type { RunFacts, RunFolder } from "./run-folder.js";

export type TrainedOptions = Pick<TrainedContext, "weights" | "seed" | "signal" | "report">;

export function trainedContext(
  { folder, record }: Pick<RunFolder, "folder" | "record">,
  { inputs }: Pick<RunFacts, "inputs">,
  options: TrainedOptions,
): (line: TrainedLine) => TrainedContext {
  return ({ model, facts, inverses }) => ({
    runDir: folder,
    ...(record.modelPath !== undefined && { modelPath: record.modelPath }),
    model,
    facts,
    inverses,
    inputs,
    ...options,
  });
}
