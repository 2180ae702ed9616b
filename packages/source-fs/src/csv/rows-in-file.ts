/** Rows of CSV files that stay in the file: read by an index of where they begin, when they are asked for. */
import {
  type ColumnField,
  columnTypes,
  type Dataset,
  type DatasetFacts,
  didYouMean,
  MillraceError,
  numberReader,
} from "@millrace/core";
import { isZipped } from "../lines/unzip.js";
import { openInput } from "../files/open.js";
import { indexRecords, type RecordIndex } from "../lines/record-index.js";
import type { RecordSample } from "../records/dataset.js";
import { openRecords, type RecordsContext } from "../records/open.js";
import type { RecordsOpening } from "../records/opening.js";
import type { Parsed, RecordForm } from "../records/records.js";
import { type CsvDialect, dialectOf, markedEncoding } from "./dialect.js";
import type { OpeningOptions } from "./opening.js";
import { refuseNul } from "./reader.js";
import { csvScanner } from "./scan.js";
import { rowScanner } from "./scan-rows.js";
import { featuresOf, invalid, noRows, tableRows } from "./table.js";

/** Bytes of one row. */
const longestRow = 2 ** 24;
/** Bytes in which the first row has to end. */
const longestHead = 2 ** 22;

/** What threads are given. */
interface Shared extends RecordsOpening {
  readonly head: Head;
}

interface Head {
  readonly dialect: CsvDialect;
  readonly names: readonly string[];
}

/**
 * The same samples as those of a table in memory; what is wrong with a row is a fault of that sample alone.
 * Errors: FILE_NOT_FOUND, FILE_FORMAT, OPTION_INVALID, LABEL_UNKNOWN.
 */
export async function openRowsInFile(
  path: string,
  options: OpeningOptions,
  columns: readonly ColumnField[],
  context: RecordsContext,
): Promise<Dataset<RecordSample>> {
  const given = context.shared as Shared | undefined;
  const head = given?.head ?? (await readHead(path, options));
  const fields = fieldsOf(path, options, columns, head.names);
  const index = given?.index ?? (await indexed(path, options, head));
  const style = { missing: options.missing, where: options.where, number: numberReader(options) };
  const format = rowForm(path, options, head);
  const files = { format, index, fields: () => fields, style, images: options.images };
  const dataset = await openRecords(files, context);
  return {
    ...dataset,
    facts: factsOf(dataset.facts ?? {}, fields, columns),
    share: () => ({ ...(dataset.share?.() as RecordsOpening), head }) satisfies Shared,
  };
}

/** Of plain numbers nobody has to be told more than their names. */
function factsOf(
  { fields: types, ...facts }: DatasetFacts,
  fields: readonly ColumnField[],
  columns: readonly ColumnField[],
): DatasetFacts {
  const features = fields.find(({ field, width }) => field === "features" && width !== undefined);
  return {
    ...facts,
    ...(features && { features: features.from }),
    ...(types && columns.length > 0 && { fields: columnTypes(columns) }),
  };
}

/** How the file is written, and its columns: from its first row. */
async function readHead(path: string, options: OpeningOptions): Promise<Head> {
  const start = await startOf(path);
  if (isZipped(start)) {
    throw new MillraceError("OPTION_INVALID", "rows must stay in a plain file, but this one is gzipped", {
      path: ["access"],
      hint: "Unzip it (gunzip --keep), or hold the table in memory.",
    });
  }
  const encoding = markedEncoding(start) ?? options.encoding.toLowerCase();
  if (!["utf-8", "utf8"].includes(encoding)) {
    throw new MillraceError("OPTION_INVALID", `rows that stay in the file must be UTF-8, was ${encoding}`, {
      path: ["access"],
      hint: "Convert the file (iconv -t utf-8), or hold the table in memory.",
    });
  }
  const text = start.toString("utf8").replace(/^\ufeff/, "");
  refuseNul((before) => `${path}:${before.split("\n").length}`, { encoding: "utf-8" }, text);
  const dialect = dialectOf(path, options, text, true) as CsvDialect;
  let names: readonly string[] = [];
  const onRow = tableRows(path, options, (found) => {
    names = found;
    return () => undefined;
  });
  const [first] = firstRow(path, dialect, start);
  if (first === undefined) throw noRows(path, options.header, true, 0);
  onRow(first, 1);
  return { dialect, names };
}

async function startOf(path: string): Promise<Buffer> {
  const file = await openInput(path, "path");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestHead), 0, longestHead, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The first row alone: a fault behind it is another's. */
function firstRow(path: string, dialect: CsvDialect, bytes: Buffer): readonly (readonly string[])[] {
  const starts: number[] = [];
  const scanner = rowScanner(path, { dialect, maxRowBytes: longestHead }, (at) => starts.push(at));
  scanner.write(bytes);
  if (starts.length < 2) scanner.end();
  const [from = bytes.length, to = bytes.length] = starts;
  return rowsIn(path, dialect, bytes.toString("utf8", from, to), () => path);
}

async function indexed(
  path: string,
  { path: name, header }: OpeningOptions,
  head: Head,
): Promise<RecordIndex> {
  const rules = { dialect: head.dialect, maxRowBytes: longestRow };
  const index = await indexRecords([{ name, path }], "path", 0, (_, onRecord) => {
    let isHeader = header;
    return rowScanner(name, rules, (start, line) => {
      if (!isHeader) onRecord(start, line);
      isHeader = false;
    });
  });
  if (index.starts.length > 0) return index;
  throw noRows(path, header, false, 0);
}

/** Features and label as fields like all others. Errors: OPTION_INVALID for columns that are not there. */
function fieldsOf(
  path: string,
  options: OpeningOptions,
  columns: readonly ColumnField[],
  names: readonly string[],
): ColumnField[] {
  const { label, labelType } = options;
  const placeOfName = new Map(names.map((name, place) => [name, place]));
  const features = featuresOf(path, { ...options, fields: columns }, names, placeOfName);
  const lacking = Object.keys(options.where).find((name) => !placeOfName.has(name));
  if (lacking !== undefined) {
    throw invalid(path, `column "${lacking}" is not in the file${didYouMean(lacking, names)}`, names);
  }
  const plain = { nullable: false, missing: "error", mayMiss: false } as const;
  return [
    ...(features.length > 0
      ? [{ ...plain, field: "features", kind: "float32", width: features.length, from: features } as const]
      : []),
    ...(label === undefined
      ? []
      : labelType === "class"
        ? [{ ...plain, field: "label", kind: "class", from: [label], mayMiss: true } as const]
        : [{ ...plain, field: "label", kind: "float32", from: [label] } as const]),
    ...columns,
  ];
}

function rowForm(path: string, { path: name }: OpeningOptions, { dialect, names }: Head): RecordForm {
  return {
    mostBytes: longestRow,
    cut: (bytes) => bytes,
    keyOf: (_, __, line) => `${name}:${line}`,
    parse(text, place): Parsed {
      const [found] = rowsIn(path, dialect, text, place);
      const values = found ?? [];
      if (values.length !== names.length) throw ragged(place(0), values.length, names.length);
      return {
        value: Object.fromEntries(names.map((column, i) => [column, values[i]])),
        positionOf: () => 0,
      };
    },
  };
}

/** Errors: FILE_FORMAT, at the line in the file. */
function rowsIn(
  path: string,
  dialect: CsvDialect,
  text: string,
  place: (position: number) => string,
): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  try {
    const scanner = csvScanner(path, dialect, (values) => rows.push(values));
    scanner.write(text);
    if (rows.length === 0) scanner.end();
    return rows;
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, error.message, {
      where: [place(0)],
      hint: error.hint,
      cause: error.cause,
    });
  }
}

function ragged(place: string, found: number, columns: number): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `every row must have ${columns} values, as the first line has, but one has ${found}`,
    { where: [place], hint: "Correct the line; a value that holds the delimiter must be quoted." },
  );
}
