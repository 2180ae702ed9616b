/** Which column is to be told, and whether as a class or as a number. */
import { didYouMean, MillraceError } from "@millrace/core";
import type { ColumnFindings } from "./column.js";

export interface Target {
  readonly column: ColumnFindings;
  readonly task: Task;
  /** Why this column, and why this task, in words for a person. */
  readonly reasons: readonly string[];
}

export type Task = "classification" | "regression";

/** What people call the column that is to be told, the surest first. */
const usualNames = [
  /^(target|label|labels|class|y|outcome|response)$/,
  /(^|_)(target|label|class|outcome)$/,
  /^(species|category|survived|churn|churned|exited|default|diagnosis|sentiment|spam|fraud|is_fraud|quality|grade|rating|score|income)$/,
  /^(returned|cancell?ed|converted|clicked|bought|purchased|approved|accepted|passed|failed|won|died)$/,
  /(^|_)(price|cost|salary|sales|revenue|amount|demand|consumption|count|value)$/,
];

/** More different whole numbers than this are told as numbers. */
const mostNumberClasses = 20;
const mostTextClasses = 100;

export interface TargetAsked {
  readonly target?: string | undefined;
  readonly task?: Task | undefined;
}

/** Columns that may be told, the likeliest first. */
export function targetCandidates(
  columns: readonly ColumnFindings[],
  keys: readonly string[],
): ColumnFindings[] {
  const possible = columns.filter((column) => !keys.includes(column.name) && taskOf(column) !== undefined);
  const rank = ({ name, missing }: ColumnFindings) => {
    const at = usualNames.findIndex((pattern) => pattern.test(plainName(name)));
    // An answer is rarely blank.
    return at === -1 ? usualNames.length + (missing > 0 ? 1 : 0) : at;
  };
  // The last column is the usual place of the answer; the sort keeps the order of equals.
  return possible.toReversed().toSorted((a, b) => rank(a) - rank(b));
}

/** @throws MillraceError TABLE_INVALID, OPTION_INVALID */
export function chooseTarget(
  columns: readonly ColumnFindings[],
  keys: readonly string[],
  { target, task }: TargetAsked,
): Target {
  const names = columns.map(({ name }) => name);
  const candidates = targetCandidates(columns, keys);
  const column = target === undefined ? candidates[0] : columns.find(({ name }) => name === target);
  if (column === undefined && target !== undefined) {
    throw new MillraceError("OPTION_INVALID", `there is no column "${target}"${didYouMean(target, names)}`, {
      hint: `Name one of: ${names.join(", ")}.`,
    });
  }
  if (column === undefined) {
    throw new MillraceError(
      "TABLE_INVALID",
      "no column can be told from the others: all are blank, the same, or names of rows",
      {
        hint: "Name the one that is meant with --target.",
      },
    );
  }
  const decided = task ?? taskOf(column);
  if (decided === undefined || (decided === "regression" && column.kind !== "number")) {
    const what =
      column.kind === "empty"
        ? "has no values"
        : `holds ${column.counts.size} different values of type ${column.kind}`;
    throw new MillraceError(
      "OPTION_INVALID",
      `"${column.name}" cannot be told as ${task ?? "a class or a number"}: it ${what}`,
      {
        hint: `Choose another --target, such as ${candidates[0]?.name ?? "a column of numbers"}, or another --task.`,
      },
    );
  }
  return {
    column,
    task: decided,
    reasons: [whyColumn(column, names, target), whyTask(column, decided, task)],
  };
}

function taskOf({ kind, counts, isWhole, numbers, rows, missing }: ColumnFindings): Task | undefined {
  const known = rows - missing;
  if (counts.size < 2 || known < rows / 2) return undefined;
  if (kind === "bool") return "classification";
  if (kind === "text")
    return counts.size <= Math.min(mostTextClasses, known / 2) ? "classification" : undefined;
  if (kind !== "number") return undefined;
  const few = isWhole && counts.size <= Math.min(mostNumberClasses, known / 5);
  return few && isDense(numbers, counts.size) ? "classification" : "regression";
}

/** Grades and codes leave few numbers out; amounts leave gaps. */
function isDense(numbers: readonly number[], distinct: number): boolean {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of numbers) {
    if (number < least) least = number;
    if (number > most) most = number;
  }
  return most - least < 2 * distinct;
}

function whyColumn({ name }: ColumnFindings, names: readonly string[], target: string | undefined): string {
  if (target !== undefined) return `"${name}" is told, as --target says`;
  const isUsual = usualNames.some((pattern) => pattern.test(plainName(name)));
  const why = isUsual ? "by its name" : names.at(-1) === name ? "the last column" : "the last that can be";
  return `"${name}" is told: ${why} (--target names another)`;
}

function whyTask({ kind, counts }: ColumnFindings, task: Task, asked: Task | undefined): string {
  if (asked !== undefined) return `${task}, as --task says`;
  if (task === "regression") return "regression: numbers that are no classes";
  const what = kind === "number" ? "whole numbers" : kind === "bool" ? "values" : "words";
  const other = kind === "number" ? " (--task regression takes them for numbers)" : "";
  return `classification: ${counts.size} different ${what}${other}`;
}

function plainName(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_");
}

/** How well one does who never looks at the other columns. */
export interface Baseline {
  readonly text: string;
  readonly metric: "accuracy" | "meanAbsoluteError";
  readonly value: number;
}

export function baselineOf({ column, task }: Target): Baseline {
  if (task === "classification") {
    const known = column.rows - column.missing;
    const [[name, count]] = [...column.counts].toSorted(([, a], [, b]) => b - a);
    const value = count / known;
    return {
      text: `always saying "${name}" is right for ${(100 * value).toFixed(1)} %`,
      metric: "accuracy",
      value,
    };
  }
  const sorted = Float64Array.from(column.numbers).sort();
  const middle = sorted[Math.floor(sorted.length / 2)];
  const value = sorted.reduce((sum, number) => sum + Math.abs(number - middle), 0) / sorted.length;
  const shown = (number: number) => Number(number.toPrecision(4));
  return {
    text: `always saying ${shown(middle)} is ${shown(value)} off on average`,
    metric: "meanAbsoluteError",
    value,
  };
}
