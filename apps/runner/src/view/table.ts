/** A table in a terminal: columns as wide as their cells, and no more of them than there is room for. */
import { cut, cutMiddle, padded, widthOf } from "./width.js";

export interface TextColumn {
  readonly head: string;
  readonly align?: "left" | "right";
}

export interface TextTable {
  readonly columns: readonly TextColumn[];
  readonly rows: readonly (readonly string[])[];
}

const gap = "  ";
const narrowestFirst = 24;

/**
 * Lines of at most `width` characters. The first column is shortened in the middle, where names of runs say least; what
 * still does not fit is left out from the right.
 */
export function tableLines({ columns, rows }: TextTable, width: number): string[] {
  const all = [columns.map(({ head }) => head), ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => widthOf(row[i]))));
  const taken = (count: number) =>
    widths.slice(0, count).reduce((sum, each) => sum + each + gap.length, -gap.length);
  widths[0] = Math.min(widths[0], Math.max(narrowestFirst, width - (taken(columns.length) - widths[0])));
  let shown = columns.length;
  while (shown > 1 && taken(shown) > width) shown--;
  return all.map((row) =>
    columns
      .slice(0, shown)
      .map(({ align: side = "left" }, i) =>
        padded(i === 0 ? cutMiddle(row[i], widths[i]) : cut(row[i], widths[i]), widths[i], side),
      )
      .join(gap)
      .trimEnd(),
  );
}
