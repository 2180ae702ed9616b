/** Rows of a table as CSV, for files that show what can be asked. */

export interface CsvForm {
  readonly delimiter: "," | ";";
  /** False where columns go by their place: then all of them must be there. */
  readonly header: boolean;
}

export function csvText(
  names: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
  { delimiter, header }: CsvForm = { delimiter: ",", header: true },
): string {
  const lines = [...(header ? [names] : []), ...rows.map((row) => names.map((name) => textOf(row[name])))];
  return lines.map((line) => `${line.map(quoted).join(delimiter)}\n`).join("");
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function quoted(text: string): string {
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
