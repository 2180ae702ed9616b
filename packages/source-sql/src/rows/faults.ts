/** What is wrong with a table or a row of it. */
import { MillraceError } from "@millrace/core";
import type { Dialect, SqlValue } from "../driver.js";

/** What names a row in errors, `id=7`; asked for only when there is one to make. */
export type RowName = () => string;

/** The error for a value that breaks a rule. */
export function valueFault(
  relation: string,
  column: string,
  row: RowName,
  rule: string,
  shown: string,
): MillraceError {
  return new MillraceError(
    "TABLE_INVALID",
    `column "${column}" of ${relation} must hold ${rule}, was ${shown} at ${row()}`,
    { hint: "Correct the row, leave it out with a view or `query`, or leave the column out." },
  );
}

/** The error for a row whose key was read at opening but which is gone. */
export function deleted(relation: string, row: string, database: string): MillraceError {
  return new MillraceError(
    "TABLE_INVALID",
    `${relation} must keep the rows it had when it was opened, but ${row} was deleted`,
    { hint: "Open it again, or read from a copy of the database.", where: [database] },
  );
}

/** A value as a person may see it in a message. */
export function shown(value: SqlValue, dialect: Dialect): string {
  if (value === null) return "NULL";
  if (typeof value === "object") return `${value.length} bytes`;
  if (typeof value !== "string") return String(value);
  const text = dialect.text(value);
  if (text !== undefined) return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  const bytes = dialect.toBytes(value);
  const start = Buffer.from(bytes.subarray(0, 60)).toString("latin1");
  return `${bytes.length} bytes that are not (${JSON.stringify(start)} as Latin-1)`;
}
