/** A comparison as JSON. */
import { compared, type Comparison, type NamedRun } from "./compared.js";
import { type Difference, differences } from "./differences.js";

export interface ComparedRecord {
  readonly runs: readonly object[];
  /** By path; `values` are in the order of the runs, null where a spec has nothing there. */
  readonly differences: readonly Difference[];
}

export function comparisonRecord(
  runs: readonly NamedRun[],
  comparison: Comparison = compared(runs),
): ComparedRecord {
  const { measures } = comparison;
  return {
    runs: comparison.runs.map(({ run, results, ...pace }) => {
      const { name, folder, standing, error, startedAt, seconds, resumedFrom, device, parameters } = run;
      const metrics: Record<string, Record<string, object>> = {};
      for (const [i, { split, metric }] of measures.entries()) {
        const result = results[i];
        if (result === undefined) continue;
        metrics[split] ??= {};
        metrics[split][metric] = result;
      }
      const about = {
        name,
        folder,
        status: standing,
        error,
        startedAt,
        seconds,
        resumedFrom,
        device,
        parameters,
      };
      return { ...about, ...pace, metrics };
    }),
    differences: differences(runs.map(({ spec }) => spec)).map(({ path, values }) => ({
      path,
      values: values.map((value) => value ?? null),
    })),
  };
}
