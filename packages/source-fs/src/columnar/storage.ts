/** What the sources need of files with columns: Parquet and Arrow alike. */
import { MillraceError } from "@millrace/core";
import { damageOf } from "./damage.js";
import type { ColumnInfo, RawColumn } from "./raw.js";

/** The files of one table, read by blocks of rows: row groups of Parquet, record batches of Arrow. */
export interface Storage {
  /** As a person calls the format: "Parquet". */
  readonly format: string;
  /** And its blocks: "row group". */
  readonly blockName: string;
  readonly files: readonly StoredFile[];
  /** The same in every file. */
  readonly columns: readonly ColumnInfo[];
  /** Rows of each block, in the order of the files. */
  readonly rows: readonly number[];
  /** Which file each block is in. */
  readonly fileOf: readonly number[];
  /** The row of its file that each block begins with. */
  readonly firstRow: readonly number[];
  /** These columns of one block, in their order. Nothing is left open. @throws MillraceError FILE_FORMAT, FILE_NOT_FOUND, FILE_FAILED */
  read(block: number, names: readonly string[]): Promise<RawColumn[]>;
  /** What `Dataset.share` gives other threads of it. Plain data. */
  readonly shared: unknown;
}

export interface StoredFile {
  /** Absolute. */
  readonly path: string;
  /** As keys and messages call it. */
  readonly name: string;
  /** By what it is known to be the one that was opened. */
  readonly stamp: string;
}

export function changed({ path }: StoredFile, format: string): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `a file of ${format} must stay as it is while it is used, but was changed since it was opened`,
    { where: [path], hint: "Start again when nobody writes to it any more." },
  );
}

/** A fault in a block, as an error that names it. */
export function blockFault(
  error: unknown,
  {
    path,
    format,
    block,
    column,
  }: { path: string; format: string; block: string; column?: string | undefined },
): MillraceError {
  if (error instanceof MillraceError) return error;
  const what = damageOf(error);
  const part = column === undefined ? block : `${block}, column "${column}"`;
  return new MillraceError(
    "FILE_FORMAT",
    `${path} must be a whole ${format} file, but ${part} is not: ${what}`,
    {
      cause: error,
      where: [path],
      hint: "Write the file again, or name another in `path`.",
    },
  );
}
