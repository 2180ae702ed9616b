/** What a run has measured so far, read of its metrics.jsonl while it is written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepPoint } from "../run/history.js";
import { type MetricsLine, metricsName } from "../run/metrics-file.js";

export interface Standing {
  /** The watched metric after each epoch: of validation where there is one. NaN where it was no number. */
  readonly values: readonly number[];
  readonly step?: StepPoint;
}

/** Nothing where there is no file yet. */
export function standingOf(runDir: string, metric: string): Standing {
  const lines = linesIn(join(runDir, metricsName));
  const epochs = lines.filter((line) => line.type === "epoch");
  const values = epochs.flatMap(({ validation, train }) => {
    const value = (validation ?? train)[metric] as number | null | undefined;
    return value === undefined ? [] : [value ?? Number.NaN];
  });
  const step = lines.findLast((line) => line.type === "step");
  return { values, ...(step && { step }) };
}

/** The last line may be half written. */
function linesIn(path: string): MetricsLine[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as MetricsLine];
    } catch {
      return [];
    }
  });
}
