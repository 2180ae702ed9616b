/** What the values of one column are found to be, value by value. */
import { decimal, missingTexts, numberReader, readBool } from "@millrace/core";
import { dateFormats, isAmbiguous } from "./dates.js";

export type ColumnKind = "number" | "bool" | "date" | "text" | "vector" | "other" | "empty";

/** A column, as far as it was looked at. */
export interface ColumnFindings {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly rows: number;
  /** Rows without a value. */
  readonly missing: number;
  /** Words that stand for a missing value here, such as "?", beside those that every source knows. */
  readonly missingWords: readonly string[];
  /** How often each different value comes, by its text; not beyond `mostCounted` of them. */
  readonly counts: ReadonlyMap<string, number>;
  /** True where no value comes twice. */
  readonly isUnique: boolean;
  /** Of numbers: all of them, in the order of the rows. */
  readonly numbers: readonly number[];
  readonly isWhole: boolean;
  /** Of dates in texts: the format, undefined for ISO 8601. */
  readonly format?: string;
  /** Of dates: whether the day might as well be the month. */
  readonly isAmbiguous: boolean;
  /** Of dates: whether some have a time of day. */
  readonly hasTime: boolean;
  /** Of texts: words in each, on average. */
  readonly words: number;
  /** Of vectors: how many numbers they all have. */
  readonly width?: number;
}

export interface ColumnCounter {
  add(value: unknown): void;
  finish(): ColumnFindings;
}

/** Beyond so many different values a column is no category in any case. */
export const mostCounted = 20_000;

/** Words that many tables write for a missing value and no source takes for one. */
const suspects = new Set(["?", "-", "--", "."]);

/** `mark`: the decimal mark of numbers in texts. */
export function columnCounter(name: string, mark: "." | "," = "."): ColumnCounter {
  const isMissingText = missingTexts();
  const number = mark === "." ? decimal : numberReader({ decimal: mark });
  const counts = new Map<string, number>();
  const words = new Set<string>();
  const kinds = new Set<ColumnKind>();
  const numbers: number[] = [];
  let [rows, missing, wordCount, texts] = [0, 0, 0, 0];
  let [allNumbers, allFlags, isUnique] = [true, true, true];
  let dates = dateFormats();
  let sample: string[] = [];
  let hasTime = false;
  let width: number | undefined;

  const addText = (text: string): void => {
    kinds.add("text");
    texts++;
    if (allNumbers) {
      const value = number(text);
      if (Number.isNaN(value)) allNumbers = false;
      else numbers.push(value);
    }
    allFlags &&= readBool(text) !== undefined;
    if (dates.length > 0) {
      dates = dates.filter(({ read }) => !Number.isNaN(read(text)));
      hasTime ||= /\d:\d\d/.test(text);
    }
    if (sample.length < 2000) sample.push(text);
    wordCount += text.split(/\s+/, 60).length;
  };

  return {
    add(value) {
      rows++;
      const isMissing =
        value === null ||
        value === undefined ||
        (typeof value === "number" && Number.isNaN(value)) ||
        (typeof value === "string" && (isMissingText(value) || suspects.has(value.trim())));
      if (isMissing) {
        missing++;
        if (typeof value === "string" && value.trim() !== "") words.add(value.trim());
        return;
      }
      const text = textOf(value);
      const before = counts.get(text);
      if (before !== undefined) isUnique = false;
      if (before !== undefined || counts.size < mostCounted) counts.set(text, (before ?? 0) + 1);
      if (typeof value === "string") addText(value);
      else if (typeof value === "boolean") kinds.add("bool");
      else if (typeof value === "number" || typeof value === "bigint") {
        kinds.add("number");
        numbers.push(Number(value));
      } else if (isVector(value) && (width ?? value.length) === value.length) {
        kinds.add("vector");
        width = value.length;
      } else kinds.add("other");
    },
    finish() {
      const kind = kindOf();
      const [date] = dates;
      const isDate = kind === "date";
      return {
        name,
        kind,
        rows,
        missing,
        missingWords: [...words],
        counts,
        isUnique,
        numbers: kind === "number" ? numbers : [],
        isWhole: kind === "number" && numbers.every(Number.isInteger),
        ...(isDate && date?.format !== undefined && { format: date.format }),
        isAmbiguous: isDate && isAmbiguous(date?.format, sample),
        hasTime: isDate && hasTime,
        words: texts === 0 ? 0 : wordCount / texts,
        ...(width !== undefined && { width }),
      };
    },
  };

  function kindOf(): ColumnKind {
    if (kinds.size === 0) return "empty";
    if (kinds.size > 1) return "other";
    const [only] = kinds;
    if (only !== "text") return only;
    if (allNumbers) return "number";
    if (allFlags && counts.size === 2) return "bool";
    return dates.length > 0 ? "date" : "text";
  }
}

/** By which values are counted: lists and objects are not told apart. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const isPlain = typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
  return isPlain ? `${value}` : "";
}

function isVector(value: unknown): value is readonly number[] {
  if (ArrayBuffer.isView(value)) return !(value instanceof Uint8Array) && "length" in value;
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "number");
}
