/** Several files are one table only where their columns are the same. */
import { MillraceError } from "@millrace/core";
import type { ColumnInfo } from "./raw.js";

/** @throws MillraceError FILE_FORMAT, which names the first column that differs. The order of columns may. */
export function requireSameColumns(
  first: readonly ColumnInfo[],
  other: readonly ColumnInfo[],
  firstPath: string,
  path: string,
): void {
  const describe = (columns: readonly ColumnInfo[], name: string): string => {
    const column = columns.find((each) => each.name === name);
    return column === undefined ? "does not have it" : `has ${column.type}`;
  };
  const identity = (columns: readonly ColumnInfo[], name: string): string => {
    const column = columns.find((each) => each.name === name);
    return JSON.stringify(column && [column.type, column.isList, column.meaning]);
  };
  const names = new Set([...first, ...other].map(({ name }) => name));
  for (const name of names) {
    if (identity(first, name) === identity(other, name)) continue;
    throw new MillraceError(
      "FILE_FORMAT",
      `all files of a table must have the same columns, but of "${name}" ${firstPath} ${describe(first, name)}, and ${path} ${describe(other, name)}`,
      { where: [path], hint: "Name files of one table in `path`, or read them as several `sources`." },
    );
  }
}
