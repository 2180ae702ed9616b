/** Fields as a table for a terminal: type, range, blanks, and a histogram as small as a word. */
import { figure, count } from "../view/format.js";
import type { Colors } from "../view/terminal.js";
import { cut, padded, widthOf } from "../view/width.js";
import type { FieldStatistics } from "./statistics.js";

const blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Heights from 0 to the greatest; nothing at all is a space. */
export function barsOf(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  return counts
    .map((value) => (value === 0 ? " " : blocks[Math.ceil((value / most) * blocks.length) - 1]))
    .join("");
}

export function fieldTable(all: readonly FieldStatistics[], columns: number, colors: Colors): string[] {
  const head = ["field", "type", "least", "mean", "greatest", "blanks", "histogram"];
  const rows = all.map((each) => [
    each.name,
    `${each.type}${each.shape.length === 0 ? "" : ` [${each.shape.join(", ")}]`}`,
    ...(each.least === undefined
      ? ["", "", ""]
      : [each.least, each.mean ?? 0, each.greatest ?? 0].map(short)),
    each.blanks === 0 ? "" : count(each.blanks),
    each.histogram === undefined ? "" : `▕${barsOf(each.histogram)}▏`,
  ]);
  const last = head.length - 1;
  const widths = head.map((word, i) => Math.max(widthOf(word), ...rows.map((row) => widthOf(row[i]))));
  widths[0] = Math.min(widths[0], 36);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) =>
        padded(i === 0 ? cut(cell, widths[0]) : cell, widths[i], i >= 2 && i < last ? "right" : "left"),
      )
      .join("  ")
      .trimEnd();
  const lines = [colors.dim(`  ${line(head)}`), ...rows.map((row) => `  ${line(row)}`)];
  const texts = all.flatMap(({ name, examples, different }) =>
    examples === undefined
      ? []
      : [
          `  ${name}: ${count(different ?? 0)} different, such as ${examples.map((text) => JSON.stringify(text)).join(", ")}`,
        ],
  );
  return [...lines, ...texts.map((text) => colors.dim(cut(text, columns)))];
}

/** Whole numbers stay whole. */
function short(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? count(value) : figure(value);
}
