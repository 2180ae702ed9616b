/** Columns that nobody asked for when the table was read: read when somebody does. */
import { MillraceError } from "@millrace/core";
import { stampOf } from "../files/stamp.js";
import { ownText } from "./classes.js";
import type { CsvFormat } from "./dialect.js";
import { lineOf } from "../lines/line-numbers.js";
import { readRowsSync } from "./reader.js";
import { changed, type Table, tableRows } from "./table.js";

/** Different values of which one copy is kept for all rows. */
const mostShared = 2 ** 16;

/** The values of the column `name`, in order of rows. Reads the whole file once more, at once. Errors: FILE_NOT_FOUND, FILE_FORMAT. */
export function readColumn(
  path: string,
  format: CsvFormat,
  name: string,
  { stamp, lines, rows, dropped, passed }: Pick<Table, "stamp" | "lines" | "rows" | "dropped" | "passed">,
): string[] {
  const values: string[] = [];
  const known = new Map<string, string>();
  const onRow = tableRows(path, format, (names) => {
    const place = names.indexOf(name);
    return (row, line) => {
      // Rows that were left out stand between those that have lines.
      if (dropped + passed > 0 && (values.length === rows || line !== lineOf(lines, values.length))) return;
      const text = row[place] ?? "";
      let value = known.get(text);
      if (value === undefined) {
        value = ownText(text);
        if (known.size < mostShared) known.set(value, value);
      }
      values.push(value);
    };
  });
  const now = stampOf(path);
  if (now === undefined) {
    throw new MillraceError("FILE_NOT_FOUND", `file ${path} is no longer there`, {
      hint: `Column "${name}" is read when it is asked for: keep the file in its place.`,
    });
  }
  readRowsSync(path, format, onRow);
  if (now !== stamp || stampOf(path) !== stamp) throw changed(path, "was changed since it was opened");
  return values;
}
