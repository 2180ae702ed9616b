/** CSV files: how they are written, and what their columns hold. */
import { open } from "node:fs/promises";
import { decimal, MillraceError } from "@millrace/core";
import { readCsvRows } from "@millrace/source-fs";
import { columnCounter } from "./column.js";
import { mostRows, type TableSurvey } from "./table-survey.js";

type Rows = readonly (readonly string[])[];

/** Rows by which the decimal mark and the header are judged. */
const firstRows = 1000;
/** Rows that are shown as examples. */
const shown = 3;

export async function surveyCsv(path: string): Promise<TableSurvey> {
  const encoding = await encodingOf(path);
  const found: string[] = [];
  const options: Record<string, unknown> = {};
  if (encoding !== "utf-8") {
    options.encoding = encoding;
    found.push(`the bytes are no UTF-8: read as ${encoding}`);
  }
  const head = await dialectOf(path, encoding, ".", firstRows);
  const mark = decimalMark(head.rows);
  const { rows, delimiter, quote } = await dialectOf(path, encoding, mark, mostRows + 1);
  if (rows.length === 0) throw empty(path);
  if (delimiter !== "auto") {
    options.delimiter = delimiter;
    found.push(`values are kept apart by ${JSON.stringify(delimiter)}`);
  }
  if (quote === null) {
    options.quote = null;
    found.push("quotes are plain text, as one that is not closed shows");
  }
  if (mark === ",") {
    options.decimal = ",";
    found.push("numbers have a decimal comma");
  }
  const header = hasHeader(rows, mark);
  if (!header) {
    options.header = false;
    found.push('the first line is a row like the others: columns are called "0", "1", …');
  }
  const names = header ? rows[0] : rows[0].map((_, i) => `${i}`);
  requireDistinct(path, names);
  const body = header ? rows.slice(1) : rows;
  if (body.length === 0) throw empty(path);
  const counters = names.map((name) => columnCounter(name, mark));
  for (const row of body) for (let i = 0; i < names.length; i++) counters[i].add(row[i]);
  return {
    use: "csv",
    options,
    found,
    rows: body.length,
    looked: body.length,
    columns: counters.map((counter) => counter.finish()),
    keys: [],
    examples: body.slice(0, shown).map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]]))),
  };
}

interface Dialect {
  readonly delimiter: string;
  readonly quote: string | null;
}

/** What values may be kept apart by, in the order in which it is tried. */
const dialects: readonly Dialect[] = [
  { delimiter: "auto", quote: '"' },
  ...["\t", ";", "|", ","].flatMap((delimiter) => ['"', null].map((quote) => ({ delimiter, quote }))),
];

/**
 * The first dialect by which all rows are as wide as the first; where there is none that keeps values apart, what is wrong by
 * the likeliest is the error.
 */
async function dialectOf(
  path: string,
  encoding: string,
  decimal: "." | ",",
  most: number,
): Promise<Dialect & { readonly rows: string[][] }> {
  let fault: unknown;
  for (const dialect of dialects) {
    try {
      const rows = await rowsOf(path, { ...dialect, encoding, decimal }, most);
      if (fault === undefined || rows[0]?.length > 1) return { ...dialect, rows };
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "FILE_FORMAT") throw error;
      fault ??= error;
    }
  }
  throw fault;
}

async function rowsOf(
  path: string,
  style: Dialect & { encoding: string; decimal: "." | "," },
  most: number,
): Promise<string[][]> {
  const rows: string[][] = [];
  const format = { ...style, header: true };
  const reading = readCsvRows(path, format, "--from", (values, line) => {
    if (rows.length > 0 && values.length !== rows[0].length)
      throw ragged(path, line, values.length, rows[0].length);
    if (rows.length < most) rows.push([...values]);
  });
  for await (const _ of reading) if (rows.length >= most) break;
  return rows;
}

/** UTF-8 if the beginning of the file is; else what Windows writes in the West. */
async function encodingOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(1 << 20), 0, 1 << 20);
    const [a, b] = buffer;
    if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return "utf-8";
    // As a stream: the last character may be cut.
    new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead), { stream: true });
    return "utf-8";
  } catch (error) {
    if (error instanceof TypeError) return "windows-1252";
    throw error;
  } finally {
    await file.close();
  }
}

/** A comma where values such as 3,5 stand in the table, and none such as 3.5. */
function decimalMark(rows: Rows): "." | "," {
  const values = rows.slice(1).flat();
  const commas = values.some((value) => /^\s*-?\d+,\d+\s*$/.test(value));
  return commas && !values.some((value) => /^\s*-?\d+\.\d+\s*$/.test(value)) ? "," : ".";
}

/** No header where a value of the first row is a number or a flag, as those below it are, or comes again below it. */
function hasHeader(rows: Rows, mark: "." | ","): boolean {
  const [first, ...others] = rows;
  const number = (text: string) => decimal(mark === "," ? text.replace(",", ".") : text);
  const isPlain = (text: string) => !Number.isNaN(number(text)) || /^(true|false)$/i.test(text);
  if (first.some((name) => name.trim() === "")) return false;
  if (others.length === 0) return !first.some(isPlain);
  return !first.some((name, i) => {
    const below = others.slice(0, firstRows).map((row) => row[i] ?? "");
    return below.includes(name) || (isPlain(name) && below.slice(0, 50).every(isPlain));
  });
}

function empty(path: string): MillraceError {
  return new MillraceError("FILE_FORMAT", "a table must have rows to learn from, has none", {
    hint: "Name a file with samples in it.",
    where: [path],
  });
}

/** As the source would say it when the spec is run. */
function ragged(path: string, line: number, width: number, first: number): MillraceError {
  return new MillraceError(
    "FILE_FORMAT",
    `every row must have ${first} values, as the first line has, but one has ${width}`,
    {
      where: [`${path}:${line}`],
      hint: "Correct the line; a value that holds the delimiter must be quoted.",
    },
  );
}

function requireDistinct(path: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new MillraceError("FILE_FORMAT", `each column must have a name of its own, but two are "${twice}"`, {
    where: [path],
    hint: "Rename one of them in the first line.",
  });
}
