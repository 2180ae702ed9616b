/** The columns of numbers that need no type: the features side by side, and the label. */
import { losesDigits, MillraceError } from "@millrace/core";
import { GrowingRows } from "../memory/growing.js";
import { type ClassCodes, classCodes } from "./classes.js";
import type { OnRow } from "./scan.js";

const largestFloat32 = 3.4028234663852886e38;

export interface Part<T> {
  readonly push: OnRow;
  finish(): T;
}

export function featureColumns(
  path: string,
  features: readonly string[],
  placeOf: ReadonlyMap<string, number>,
  read: (text: string) => number,
): Part<{ readonly values: Float32Array }> {
  const places = Int32Array.from(features, (name) => placeOf.get(name) ?? -1);
  if (places.length === 0) return { push: () => undefined, finish: () => ({ values: new Float32Array(0) }) };
  const rows = new GrowingRows(Float32Array, places.length);
  return {
    push(values, line) {
      const start = rows.next();
      const { block } = rows;
      for (let i = 0; i < places.length; i++) {
        const text = values[places[i]];
        const number = read(text);
        // Written so that NaN fails too.
        if (!(Math.abs(number) <= largestFloat32)) throw notNumber(path, features[i], text, line);
        block[start + i] = number;
      }
    },
    finish: () => ({ values: rows.shared() }),
  };
}

export function labelColumn(
  path: string,
  { label, labelType }: { readonly label?: string; readonly labelType: "class" | "number" },
  placeOf: ReadonlyMap<string, number>,
  read: (text: string) => number,
): Part<{ readonly targets?: Float64Array; readonly classes?: ClassCodes }> {
  if (label === undefined) return { push: () => undefined, finish: () => ({}) };
  const place = placeOf.get(label) ?? -1;
  if (labelType === "class") {
    const classes = classCodes(path, label);
    return {
      push: (values, line) => classes.push(values[place], line),
      finish: () => ({ classes: classes.finish() }),
    };
  }
  const targets = new GrowingRows(Float64Array, 1);
  return {
    push(values, line) {
      const at = targets.next();
      targets.block[at] = target(path, label, values[place], line, read);
    },
    finish: () => ({ targets: targets.shared() }),
  };
}

function target(
  path: string,
  name: string,
  text: string,
  line: number,
  read: (text: string) => number,
): number {
  const number = read(text);
  if (!(Math.abs(number) <= largestFloat32)) throw notNumber(path, name, text, line);
  if (!losesDigits(text, number)) return number;
  throw new MillraceError(
    "FILE_FORMAT",
    `column "${name}" must hold numbers that fit into 64 bits, but of ${text.trim()} digits would be lost`,
    { where: [`${path}:${line}`], hint: "Is it an identifier, not a quantity? Scale it down otherwise." },
  );
}

/** What to do about a number such as 1.234,5 or 3,5; undefined for other texts. */
export function decimalHint(text: string): string | undefined {
  if (!/^\s*[+-]?\d+(?:\.\d{3})*,\d+\s*$/.test(text)) return undefined;
  const groups = text.includes(".") ? ' and `thousands` to "."' : "";
  return `If numbers have a decimal comma, set \`decimal\` to ","${groups}.`;
}

function notNumber(path: string, name: string, value: string, line: number): MillraceError {
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  return new MillraceError(
    "FILE_FORMAT",
    `column "${name}" must hold finite float32 numbers, was ${JSON.stringify(shown)}`,
    {
      where: [`${path}:${line}`],
      hint: decimalHint(value) ?? "Correct the value, or choose columns with `features` and `label`.",
    },
  );
}
