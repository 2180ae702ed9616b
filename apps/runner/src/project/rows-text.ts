/** Rows of a table as CSV, for files that show what can be asked. */

export interface CsvForm {
  /** One character. */
  readonly delimiter: string;
  /** False where quotes are plain text, and no value holds the delimiter. */
  readonly quoted?: boolean;
  /** False where columns go by their place: then all of them must be there. */
  readonly header: boolean;
}

export function csvText(
  names: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
  { delimiter, header, quoted = true }: CsvForm = { delimiter: ",", header: true },
): string {
  const lines = [...(header ? [names] : []), ...rows.map((row) => names.map((name) => textOf(row[name])))];
  const special = ['"', "\r", "\n", ",", ";", delimiter];
  const isPlain = (text: string) => !quoted || !special.some((each) => text.includes(each));
  const value = (text: string) => (isPlain(text) ? text : `"${text.replaceAll('"', '""')}"`);
  return lines.map((line) => `${line.map(value).join(delimiter)}\n`).join("");
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
