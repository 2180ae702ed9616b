/** Which columns Parquet and Arrow files have, for whoever has to name them: no row is read. */
import { basename, extname } from "node:path";
import { columnsOf } from "../arrow/schema.js";
import { openArrow } from "../arrow/storage.js";
import type { ColumnInfo } from "../columnar/raw.js";
import { openParquet } from "../parquet/storage.js";

export interface StoredColumn {
  /** As `from` takes it: members of structs are `a.b`. */
  readonly name: string;
  readonly kind: ColumnInfo["meaning"]["kind"];
  readonly isList: boolean;
  /** False where the sources cannot read it. */
  readonly isReadable: boolean;
}

/** Parquet where the file's name ends so, else Arrow. @throws MillraceError FILE_NOT_FOUND, FILE_FAILED, FILE_FORMAT */
export async function storedColumns(path: string): Promise<StoredColumn[]> {
  const file = { path, name: basename(path) };
  const columns =
    extname(path).toLowerCase() === ".parquet"
      ? (await openParquet([file])).footers[0].columns
      : columnsOf((await openArrow([file])).layouts[0].fields);
  return columns.map(({ name, meaning, isList, unreadable }) => {
    return { name, kind: meaning.kind, isList, isReadable: unreadable === undefined };
  });
}
