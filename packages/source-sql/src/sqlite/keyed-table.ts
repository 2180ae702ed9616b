/** A table whose keys have been read, which all reading by index starts from. */
import { MillraceError } from "@millrace/core";
import type { SampleLayout } from "../sample.js";
import type { Connection } from "./connection.js";
import { type Keys, keyText } from "./keys.js";
import type { KeyColumn, Table } from "./schema.js";

export interface KeyedTable {
  readonly connection: Connection;
  readonly table: Table;
  readonly key: KeyColumn;
  readonly keys: Keys;
  readonly layout: SampleLayout;
  /** Class names, where the label is a class. */
  readonly labels?: readonly string[];
}

/** What a person calls the row at `index`: `id=7`. */
export function rowName({ key, keys }: KeyedTable, index: number): string {
  return keyText(key.name, keys[index]);
}

/** The error for a row whose key was read at opening but which is gone. */
export function deleted(keyed: KeyedTable, index: number): MillraceError {
  return new MillraceError(
    "TABLE_INVALID",
    `table "${keyed.table.name}" must keep the rows it had when it was opened, but ${rowName(keyed, index)} was deleted`,
    { hint: "Open the table again, or read from a copy of the file.", where: [keyed.connection.name] },
  );
}
