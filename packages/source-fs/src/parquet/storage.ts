/** Parquet files as tables of row groups. */
import { blockFault, changed, type Storage, type StoredFile } from "../columnar/storage.js";
import type { RawColumn } from "../columnar/raw.js";
import { requireSameColumns } from "../columnar/same-columns.js";
import type { NamedFile } from "../files/find.js";
import { readPart } from "../files/read-part.js";
import { stampOf } from "../files/stamp.js";
import { withFile } from "../files/with-file.js";
import { decodeColumn } from "./column.js";
import { chunkOf, type Footer, readFooter } from "./footer.js";

/** What one opening knows of its files. Plain data. */
export interface ParquetShared {
  readonly files: readonly StoredFile[];
  readonly footers: readonly Footer[];
}

/** Reads the footers. @throws MillraceError FILE_NOT_FOUND, FILE_FAILED, FILE_FORMAT */
export async function openParquet(inputs: readonly NamedFile[]): Promise<ParquetShared> {
  const files: StoredFile[] = [];
  const footers: Footer[] = [];
  for (const { path, name } of inputs) {
    const stamp = stampOf(path) ?? "";
    const footer = await withFile(path, async (file) => {
      const { size } = await file.stat();
      return readFooter(file, size, path);
    });
    if (footers.length > 0) requireSameColumns(footers[0].columns, footer.columns, files[0].path, path);
    files.push({ path, name, stamp });
    footers.push(footer);
  }
  return { files, footers };
}

/** Values of no fixed length take `mostBytes` at most, in one column of one row group. */
export function parquetStorage(shared: ParquetShared, mostBytes: number): Storage {
  const { files, footers } = shared;
  const groups = footers.flatMap(({ rows }, file) => {
    let first = 0;
    return rows.map((count, group) => {
      first += count;
      return { file, group, rows: count, firstRow: first - count };
    });
  });
  return {
    format: "Parquet",
    blockName: "row group",
    files,
    columns: footers[0].columns,
    rows: groups.map(({ rows }) => rows),
    fileOf: groups.map(({ file }) => file),
    firstRow: groups.map(({ firstRow }) => firstRow),
    shared,
    async read(block, names) {
      const { file: number, group, rows } = groups[block];
      const { path, stamp } = files[number];
      const footer = footers[number];
      // Opened for each block, which costs nothing beside reading it: no handle has to be counted, and none is left.
      return withFile(path, async (file) => {
        if (stampOf(path) !== stamp) throw changed(files[number], "Parquet");
        const raws: RawColumn[] = [];
        for (const name of names) {
          const column = footer.columns.find((each) => each.name === name);
          if (column === undefined) throw new Error(`there is no column ${name}`);
          const chunk = chunkOf(footer, group, column.place);
          const bytes = await readPart(file, chunk.start, rows === 0 ? 0 : chunk.bytes, path);
          try {
            raws.push(decodeColumn(bytes, chunk, column, rows, mostBytes));
          } catch (error) {
            throw blockFault(error, { path, format: "Parquet", block: `row group ${group}`, column: name });
          }
        }
        return raws;
      });
    },
  };
}
