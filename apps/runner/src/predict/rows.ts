/** Answers as lines of CSV or JSON Lines. */
import { MillraceError } from "@millrace/core";
import type { Answer } from "./asking.js";

export interface RowOptions {
  readonly labels?: readonly string[];
  /** How many labels are told, the most probable first; all of them if not given. */
  readonly top?: number;
}

/** Makes the lines of a file, each with its end. */
export interface Rows {
  of(name: string, answer: Answer): string;
}

interface Share {
  readonly label: string;
  readonly probability: number;
}

/** `{"input","label","probability","probabilities"}`, `{"input","labels","probabilities"}` or `{"input","value"}`. */
export function jsonRows({ labels, top }: RowOptions): Rows {
  return {
    of(name, answer) {
      return `${JSON.stringify({ input: name, ...answerFields(answer, { labels, top }) })}\n`;
    },
  };
}

/** What a line of JSON Lines says beside the input. */
export function answerFields(answer: Answer, { labels, top }: RowOptions): object {
  const { kind, shape, values } = answer;
  if (shape.length > 1) return { outputs: nested(kind === "numbers" ? values : values.map(rounded), shape) };
  if (kind === "numbers") return values.length === 1 ? { value: values[0] } : { values };
  const shares = sharesOf(answer, labels);
  const probabilities = Object.fromEntries(
    shares.slice(0, top).map((each) => [each.label, each.probability]),
  );
  if (kind === "labels") return { ...shares[0], probabilities };
  return {
    labels: shares.filter(({ probability }) => probability > 0.5).map(({ label }) => label),
    probabilities,
  };
}

/** A header, then a row for each input; every label has a column of its own, unless only the first few are told. */
export function csvRows({ labels, top }: RowOptions): Rows {
  let header: readonly string[] | undefined;
  return {
    of(name, answer) {
      if (answer.shape.length > 1) {
        throw new MillraceError("INPUT_INVALID", "CSV cannot hold an answer for each place of a sequence", {
          hint: "Take --format jsonl.",
        });
      }
      const cells = cellsOf(answer, labels, top);
      const row = [name, ...cells.map(([, value]) => value)];
      if (header !== undefined) return line(row);
      header = ["input", ...cells.map(([column]) => column)];
      return line(header) + line(row);
    },
  };
}

/** `{"input","continuation"}`, or a row of the two. */
export function continuationRows(format: "csv" | "jsonl"): {
  of(name: string, continuation: string): string;
} {
  if (format === "jsonl")
    return { of: (name, continuation) => `${JSON.stringify({ input: name, continuation })}\n` };
  let header = line(["input", "continuation"]);
  return {
    of(name, continuation) {
      const row = header + line([name, continuation]);
      header = "";
      return row;
    },
  };
}

function cellsOf(
  answer: Answer,
  labels: readonly string[] | undefined,
  top: number | undefined,
): (readonly [string, string | number])[] {
  const { kind, values } = answer;
  if (kind === "numbers") {
    return values.map((value, i) => [values.length === 1 ? "value" : `value_${i}`, value] as const);
  }
  const shares = sharesOf(answer, labels);
  if (top !== undefined) {
    return shares
      .slice(0, top)
      .flatMap(({ label, probability }, i) => [
        [`label_${i + 1}`, label] as const,
        [`probability_${i + 1}`, probability] as const,
      ]);
  }
  const columns = values.map((value, i) => [labels?.[i] ?? `${i}`, rounded(value)] as const);
  if (kind === "flags") return columns;
  return [["label", shares[0].label], ["probability", shares[0].probability], ...columns];
}

/** The most probable first. */
function sharesOf({ values }: Answer, labels: readonly string[] | undefined): Share[] {
  return values
    .map((value, i) => ({ label: labels?.[i] ?? `${i}`, probability: rounded(value) }))
    .sort((a, b) => b.probability - a.probability);
}

/** What float32 knows of a probability. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function nested(values: readonly number[], [extent, ...rest]: readonly number[]): unknown {
  if (rest.length === 0) return values;
  const size = values.length / extent;
  return Array.from({ length: extent }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}

/** RFC 4180: a value with a comma, a quote or a line end is quoted. */
function line(values: readonly (string | number)[]): string {
  const cells = values.map((value) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${cells.join(",")}\n`;
}
