/** What each sample of a table passes through, until it is one vector, and perhaps indices beside it. */
import type { ColumnRole } from "../survey/roles.js";
import { noted } from "./commented.js";

export interface FieldRole extends ColumnRole {
  /** The field's name in samples. */
  readonly field: string;
}

export interface TableFields {
  readonly roles: readonly FieldRole[];
  /** True where the source itself makes the vector: numbers alone, and none of them missing. */
  readonly isPlain: boolean;
  readonly standardizeLabel: boolean;
}

const ownUnit = "what is told comes back in its own unit";

export function tableTransforms({ roles, isPlain, standardizeLabel }: TableFields): unknown[] {
  if (isPlain) {
    const fields = standardizeLabel ? ["features", "label"] : "features";
    return [noted({ use: "standardize", with: { fields } }, standardizeLabel ? ownUnit : undefined)];
  }
  const by = (...wanted: readonly FieldRole["role"][]) => roles.filter(({ role }) => wanted.includes(role));
  const blank = (list: readonly FieldRole[]) => namesOf(list.filter(({ column }) => column.missing > 0));
  const numbers = by("number", "vector");
  const words = by("one-hot", "embedding");
  const dates = by("date");
  const scaled = [...namesOf(numbers), ...namesOf(dates), ...(standardizeLabel ? ["label"] : [])];
  const flagged = blank(numbers).map((name) => `${name}_missing`);
  const vector = [...namesOf(numbers), ...flagged, ...namesOf(by("bool", "date", "one-hot"))];
  return [
    ...use(
      "fill-missing",
      blank(numbers),
      { strategy: "median", indicator: true },
      "a flag says where the value was missing",
    ),
    ...use("fill-missing", blank([...by("bool"), ...dates]), { strategy: "most-frequent" }),
    ...use("fill-missing", blank(words), { strategy: "constant", value: "unknown" }),
    ...dates.flatMap(({ field, column }) =>
      use("date-parts", [field], { cyclic: cyclicOf(column.hasTime), parts: ["days", "isWeekend"] }),
    ),
    ...use("standardize", scaled, {}, standardizeLabel ? ownUnit : undefined),
    ...use("one-hot", namesOf(by("one-hot")), { unknown: "ignore" }),
    ...use(
      "label-index",
      namesOf(by("embedding")),
      { unknown: { class: "other" } },
      "more categories than a one for each is good for: their indices, from which the model learns a vector each",
    ),
    ...use("concat", vector, {}),
  ];
}

function use(name: string, fields: readonly string[], options: object, note?: string): unknown[] {
  if (fields.length === 0) return [];
  return [noted({ use: name, with: { fields, ...options } }, note)];
}

/** `dayOfYear` and `dayOfWeek` have no end at which they break off. */
function cyclicOf(hasTime: boolean): string[] {
  return [...(hasTime ? ["hour"] : []), "dayOfWeek", "dayOfYear"];
}

function namesOf(roles: readonly FieldRole[]): string[] {
  return roles.map(({ field }) => field);
}

/** Whether anything stands in the vector beside what goes by index. */
export function hasVector({ roles }: TableFields): boolean {
  return roles.some(({ role }) => role !== "embedding");
}
