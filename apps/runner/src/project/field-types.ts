/** Fields by type, each with what was seen of its column. */
import type { ColumnFindings } from "../survey/column.js";
import type { ColumnRole } from "../survey/roles.js";
import { noted } from "./commented.js";
import type { FieldRole } from "./table-transforms.js";

/** A spec's `columns`. */
export function columnsOf(roles: readonly FieldRole[]): object {
  return Object.fromEntries(
    roles.map(({ field, column, role }) => [
      field,
      noted(columnOf(column, role, field), aboutColumn(column, role)),
    ]),
  );
}

const typeOf: Readonly<Record<string, string>> = {
  number: "float32",
  bool: "bool",
  date: "date",
  "one-hot": "text",
  embedding: "text",
};

function columnOf(column: ColumnFindings, role: ColumnRole["role"], field: string): unknown {
  const { name, missing, format, width } = column;
  const base = role === "vector" ? `float32[${width}]` : typeOf[role];
  const type = missing > 0 ? `${base}?` : base;
  const more = { ...(format !== undefined && { format }), ...(missing > 0 && wordsOf(column)) };
  const from = field === name ? {} : { from: name };
  return Object.keys({ ...more, ...from }).length === 0 ? type : { type, ...from, ...more };
}

/** Words that mean a missing value here, and that no source takes for one unasked. */
export function wordsOf({ missingWords }: ColumnFindings): object {
  const own = missingWords.filter((word) => ["?", "-", "--", "."].includes(word));
  return own.length === 0 ? {} : { missingWords };
}

function aboutColumn(column: ColumnFindings, role: ColumnRole["role"]): string | undefined {
  const blanks = column.missing === 0 ? "" : `blank in ${column.missing} rows`;
  const facts =
    role === "one-hot" || role === "embedding"
      ? `${column.counts.size} categories: ${listed([...column.counts.keys()])}`
      : role === "date" && column.isAmbiguous
        ? "day and month could be the other way round: no day is above 12"
        : "";
  return [facts, blanks].filter(Boolean).join("; ") || undefined;
}

function listed(values: readonly string[]): string {
  const shown = values.slice(0, 4).map((value) => (value.length > 24 ? `${value.slice(0, 23)}…` : value));
  return `${shown.join(", ")}${values.length > 4 ? ", …" : ""}`;
}
