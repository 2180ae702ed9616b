/** A comparison in a terminal: a table of the runs, and what differs in their specs. */
import { count, duration, figure } from "../view/format.js";
import { type TextTable, tableLines } from "../view/table.js";
import type { Colors } from "../view/terminal.js";
import { cut, folded } from "../view/width.js";
import { type ComparedRun, type Comparison, type Measure, winners } from "./compared.js";
import { differences, valueText } from "./differences.js";

/** So many differences are listed; a page has all. */
const mostDifferences = 12;
const longestValue = 60;

export function comparisonText(comparison: Comparison, width: number, colors: Colors): string[] {
  const [head, ...rows] = tableLines(runsText(comparison), width);
  const found = differences(comparison.runs.map(({ run }) => run.spec));
  const names = comparison.runs.map((_, i) => String(i + 1));
  const listed = found
    .slice(0, mostDifferences)
    .map(({ path, values }) => `  ${path}: ${valuesText(values, names)}`);
  const more = found.length - listed.length;
  return [
    colors.dim(head),
    ...rows,
    colors.dim(
      `${validates(comparison) ? "of validation: " : "of training: "}the best, and its epoch; * the best of all runs`,
    ),
    "",
    ...(found.length === 0 ? ["specs: the same"] : ["specs differ in"]),
    ...listed.map((line) => folded(line, width)),
    ...(more > 0 ? [colors.dim(`  … and ${count(more)} more`)] : []),
  ];
}

/** The best value of each measure with its epoch, a star behind the best of all runs. */
export function runsText(comparison: Comparison): TextTable {
  const { runs } = comparison;
  const isShown = ({ split }: Measure) => split === "validation" || !validates(comparison);
  const places = comparison.measures.flatMap((measure, i) => (isShown(measure) ? [i] : []));
  const best = winners(comparison);
  return {
    columns: [
      { head: "run" },
      { head: "status" },
      { head: "epochs", align: "right" },
      { head: "time", align: "right" },
      ...places.map((i) => ({ head: `${comparison.measures[i].metric}  `, align: "right" as const })),
    ],
    rows: runs.map((each, row) => [
      `${row + 1} ${each.run.name}`,
      each.run.standing,
      count(each.epochs),
      each.run.seconds === undefined ? "–" : duration(each.run.seconds),
      ...places.map((i) => resultText(each, i) + (best[i] === each ? " *" : "  ")),
    ]),
  };
}

function validates({ measures }: Comparison): boolean {
  return measures.some(({ split }) => split === "validation");
}

function resultText({ results }: ComparedRun, i: number): string {
  const best = results[i]?.best;
  if (best === undefined) return results[i] === undefined ? "–" : figure(results[i].last);
  return `${figure(best.value)} @${best.epoch + 1}`;
}

/** Each value with the numbers of the runs that have it. */
function valuesText(values: readonly unknown[], names: readonly string[]): string {
  const having = new Map<string, string[]>();
  for (const [i, value] of values.entries()) {
    const text = cut(valueText(value), longestValue);
    having.set(text, [...(having.get(text) ?? []), names[i]]);
  }
  return [...having].map(([text, runs]) => `${text} (${runs.join(" ")})`).join(" · ");
}
