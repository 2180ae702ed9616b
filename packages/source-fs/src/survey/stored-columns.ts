/** Which columns Parquet and Arrow files have, for whoever has to name them: no row is read. */
import { basename, extname } from "node:path";
import type { ColumnInfo } from "../columnar/raw.js";

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
  const isParquet = extname(path).toLowerCase() === ".parquet";
  const columns = await (isParquet ? parquetColumns(file) : arrowColumns(file));
  return columns.map(({ name, meaning, isList, unreadable }) => {
    return { name, kind: meaning.kind, isList, isReadable: unreadable === undefined };
  });
}

type File = { readonly path: string; readonly name: string };

async function parquetColumns(file: File): Promise<readonly ColumnInfo[]> {
  const { openParquet } = await import("../parquet/storage.js");
  return (await openParquet([file])).footers[0].columns;
}

async function arrowColumns(file: File): Promise<readonly ColumnInfo[]> {
  const { openArrow } = await import("../arrow/storage.js");
  const { columnsOf } = await import("../arrow/schema.js");
  return columnsOf((await openArrow([file])).layouts[0].fields);
}
