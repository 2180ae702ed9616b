/** A confusion matrix for a terminal: the whole where it fits, else each label's share and the most frequent confusions. */
import type { MetricTable } from "@millrace/core/spec";
import { count, percent } from "./format.js";
import { confusions, perLabel } from "./per-label.js";
import type { Colors } from "./terminal.js";
import { cut, padded, widthOf } from "./width.js";

const longestName = 12;
const mostConfusions = 10;

/** Lines, indented by two. */
export function confusionText(table: MetricTable, columns: number, colors: Colors): string[] {
  const whole = matrix(table, colors);
  return whole.width <= columns ? whole.lines : summary(table, colors);
}

function matrix(table: MetricTable, { bold, dim }: Colors): { lines: string[]; width: number } {
  const { rows } = table;
  const shortened = (name: string) => cut(name, longestName);
  const names = table.columnNames.map(shortened);
  const labels = perLabel(table);
  const first = Math.max(...table.rowNames.map((name) => widthOf(shortened(name))), "precision".length);
  const widths = names.map((name, j) =>
    Math.max(widthOf(name), 4, ...rows.map((row) => count(row[j]).length)),
  );
  const cells = (texts: readonly string[]) =>
    texts.map((text, j) => padded(text, widths[j], "right")).join("  ");
  const share = (value: number | undefined) => (value === undefined ? "–" : percent(value));
  const head = `  ${"true".padEnd(first)}  ${cells(names)}  recall`;
  const body = rows.map((row, i) => {
    const numbers = row.map((value, j) => {
      const text = (value === 0 ? "·" : count(value)).padStart(widths[j]);
      return i === j ? bold(text) : value === 0 ? dim(text) : text;
    });
    const name = padded(shortened(table.rowNames[i]), first);
    return `  ${name}  ${numbers.join("  ")}  ${share(labels[i].recall).padStart(6)}`;
  });
  const foot = `  ${"precision".padEnd(first)}  ${cells(labels.map(({ precision }) => share(precision)))}`;
  return {
    lines: [dim("  rows are the true labels, columns the predicted"), dim(head), ...body, dim(foot)],
    width: widthOf(head),
  };
}

function summary(table: MetricTable, { dim }: Colors): string[] {
  const found = confusions(table);
  const width = Math.max(...found.slice(0, mostConfusions).map(({ samples }) => count(samples).length), 1);
  const lines = found
    .slice(0, mostConfusions)
    .map(
      ({ truth, predicted, samples, share }) =>
        `  ${count(samples).padStart(width)} of ${truth} taken for ${predicted} (${percent(share)})`,
    );
  const more = found.length - lines.length;
  const worst = perLabel(table)
    .filter(({ recall }) => recall !== undefined && recall < 1)
    .sort((a, b) => (a.recall ?? 1) - (b.recall ?? 1))
    .slice(0, 5)
    .map(({ label, recall = 0 }) => `${label} ${percent(recall)}`);
  return [
    dim(`  the most frequent confusions of ${count(table.rowNames.length)} labels`),
    ...(lines.length > 0 ? lines : ["  none"]),
    ...(more > 0 ? [dim(`  and ${count(more)} more`)] : []),
    ...(worst.length > 0 ? [`  lowest recall: ${worst.join(", ")}`] : []),
  ];
}
