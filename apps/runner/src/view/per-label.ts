/** What a confusion matrix says of each label. */
import type { MetricTable } from "@millrace/core/spec";

export interface LabelResult {
  readonly label: string;
  /** Samples that have it. */
  readonly samples: number;
  /** Of the samples that were given it, the share that has it; undefined where none was. */
  readonly precision?: number;
  /** Of the samples that have it, the share that was given it; undefined where none has. */
  readonly recall?: number;
}

export interface Confusion {
  readonly truth: string;
  readonly predicted: string;
  readonly samples: number;
  /** Of all samples with that true label. */
  readonly share: number;
}

export function perLabel({ rowNames, rows }: MetricTable): LabelResult[] {
  return rowNames.map((label, i) => {
    const samples = sum(rows[i]);
    const given = sum(rows.map((row) => row[i]));
    return {
      label,
      samples,
      ...(given > 0 && { precision: rows[i][i] / given }),
      ...(samples > 0 && { recall: rows[i][i] / samples }),
    };
  });
}

/** The confusions that happened, the most frequent first. */
export function confusions({ rowNames, columnNames, rows }: MetricTable): Confusion[] {
  return rows
    .flatMap((row, i) =>
      row.map((samples, j) => ({
        truth: rowNames[i],
        predicted: columnNames[j],
        samples: i === j ? 0 : samples,
        share: samples / Math.max(1, sum(row)),
      })),
    )
    .filter(({ samples }) => samples > 0)
    .sort((a, b) => b.samples - a.samples);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
