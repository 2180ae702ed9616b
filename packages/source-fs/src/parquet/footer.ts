/** The end of a Parquet file, which says where everything lies: believed only as far as the file goes. */
import type { FileHandle } from "node:fs/promises";
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { MillraceError } from "@millrace/core";
import { damageOf } from "../columnar/damage.js";
import { readPart } from "../files/read-part.js";
import { columnsOf, type ParquetColumn } from "./schema.js";
import { endOfThrift } from "./thrift.js";

/** What is known of a file. Plain data; numbers of chunks lie in memory that all threads share. */
export interface Footer {
  readonly columns: readonly ParquetColumn[];
  /** Rows of each row group. */
  readonly rows: readonly number[];
  /** `chunkCells` numbers for each column of each row group. */
  readonly chunks: Float64Array<SharedArrayBuffer>;
  /** Names of the codecs, and the place among them of each chunk's. */
  readonly codecs: readonly string[];
}

/** Where the values of one column lie in one row group. */
export interface Chunk {
  readonly start: number;
  readonly bytes: number;
  /** Values and places without one. */
  readonly slots: number;
  readonly codec: string;
}

const chunkCells = 4;

export function chunkOf({ columns, chunks, codecs }: Footer, group: number, place: number): Chunk {
  const at = (group * columns.length + place) * chunkCells;
  return { start: chunks[at], bytes: chunks[at + 1], slots: chunks[at + 2], codec: codecs[chunks[at + 3]] };
}

const magic = "PAR1";
/** The length of the footer, and the magic word. */
const tailBytes = 8;

/** Errors: FILE_FORMAT for what is no Parquet file, is cut off, or says what cannot be. */
export async function readFooter(file: FileHandle, size: number, path: string): Promise<Footer> {
  if (size < magic.length + tailBytes) throw invalid(path, "is too short to be one");
  const [head, tail] = [
    await readPart(file, 0, 4, path),
    await readPart(file, size - tailBytes, tailBytes, path),
  ];
  const word = tail.toString("latin1", 4);
  if (word === "PARE") throw invalid(path, "is encrypted, which is not supported");
  if (word !== magic)
    throw invalid(path, head.toString("latin1") === magic ? "is cut off" : "does not end in PAR1");
  const length = tail.readUInt32LE(0);
  if (length > size - magic.length - tailBytes)
    throw invalid(path, `has no room for a footer of ${length} bytes`);
  const bytes = await readPart(file, size - tailBytes - length, length + tailBytes, path);
  try {
    endOfThrift(bytes, 0, length);
    return layoutOf(parquetMetadata(bytes, { geoparquet: false }), size - tailBytes - length);
  } catch (error) {
    throw invalid(path, `has a footer that cannot be read: ${damageOf(error)}`, error);
  }
}

/** `end` is where the data end. Throws a plain Error. */
function layoutOf({ schema, row_groups: groups, num_rows: total }: FileMetaData, end: number): Footer {
  const columns = columnsOf(schema);
  if (columns.length === 0) throw new Error("it has no columns");
  const rows = groups.map(({ num_rows: count }) => whole(count, "rows of a row group"));
  if (rows.reduce((sum, count) => sum + count, 0) !== whole(total, "rows"))
    throw new Error("its row groups have another number of rows than it says");
  const cells = groups.length * columns.length * chunkCells;
  const chunks = new Float64Array(new SharedArrayBuffer(cells * 8));
  const codecs: string[] = [];
  for (const [i, { columns: parts }] of groups.entries()) {
    if (parts.length !== columns.length)
      throw new Error(`row group ${i} has ${parts.length} columns, and not ${columns.length}`);
    for (const column of columns) {
      const { file_path: elsewhere, meta_data: about } = parts[column.place];
      if (about === undefined || (elsewhere !== undefined && elsewhere !== ""))
        throw new Error(`column "${column.name}" lies in another file, or is encrypted`);
      const { codec } = about;
      if (!codecs.includes(codec)) codecs.push(codec);
      const { start, bytes, slots } = chunkIn(about, column, rows[i], end);
      chunks.set(
        [start, bytes, slots, codecs.indexOf(codec)],
        (i * columns.length + column.place) * chunkCells,
      );
    }
  }
  return { columns, rows, chunks, codecs };
}

type About = NonNullable<FileMetaData["row_groups"][number]["columns"][number]["meta_data"]>;

function chunkIn(
  about: About,
  { name, physical, isList }: ParquetColumn,
  rows: number,
  end: number,
): { readonly start: number; readonly bytes: number; readonly slots: number } {
  const data = whole(about.data_page_offset, "place of a page");
  const dictionary = whole(about.dictionary_page_offset ?? 0n, "place of a dictionary");
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const bytes = whole(about.total_compressed_size, "size of a column");
  const slots = whole(about.num_values, "values of a column");
  if (about.type !== physical) throw new Error(`column "${name}" is not of one type`);
  if (rows > 0 && (start < magic.length || bytes > end - start))
    throw new Error(`column "${name}" lies beyond the end of the data`);
  if (isList ? slots < rows : slots !== rows)
    throw new Error(`column "${name}" has ${slots} values in a row group of ${rows} rows`);
  return { start, bytes, slots };
}

/** More values than this in one column of a row group are refused; a block has to fit into memory. */
const most = 2 ** 31 - 2;

function whole(value: bigint | number | undefined, what: string): number {
  const number = Number(value);
  const limit = what === "rows" || /place|size/.test(what) ? Number.MAX_SAFE_INTEGER : most;
  if (Number.isInteger(number) && number >= 0 && number <= limit) return number;
  const shown = ["bigint", "number"].includes(typeof value) ? String(value) : "no number";
  throw new Error(`the ${what} cannot be ${shown}`);
}

export function invalid(path: string, what: string, cause?: unknown): MillraceError {
  return new MillraceError("FILE_FORMAT", `${path} must be a Parquet file, but ${what}`, {
    cause,
    where: [path],
    hint: "Write the file again, or name another in `path`.",
  });
}
