/** The columns with types of a table while it is read: each row's values go where batches are gathered from. */
import {
  type ColumnField,
  classLabels,
  columnType,
  MillraceError,
  missingTexts,
  type ValueReader,
  valueReader,
} from "@millrace/core";
import { GrowingRows, type Numbers, type NumbersOf } from "../memory/growing.js";
import { packText, TextPacker } from "../memory/packed-text.js";
import { classCodes, ownText } from "./classes.js";
import { decimalHint } from "./plain-columns.js";
import type { Stored } from "./stored.js";

/** What columns are read by, beside what each states itself. */
export interface ColumnStyle {
  readonly path: string;
  /** Numbers in texts. */
  readonly number: (text: string) => number;
  /** Texts that mean a missing value. */
  readonly missing: readonly string[];
}

export interface ColumnBuilder {
  /** True where the row is to be left out; asked of all columns before a row is taken. */
  drops(values: readonly string[]): boolean;
  push(values: readonly string[], line: number): void;
  /** `known` are the classes to be followed. */
  finish(known: readonly string[] | undefined): {
    readonly stored: Stored;
    readonly labels?: readonly string[];
  };
}

/** `places` are where the column's values stand in a row. Errors: FILE_FORMAT, LABEL_UNKNOWN, by line and column. */
export function columnBuilder(
  column: ColumnField,
  places: readonly number[],
  style: ColumnStyle,
): ColumnBuilder {
  const isMissing = missingTexts(column.missingWords ?? style.missing);
  const isDropping = column.missing === "drop";
  const drops = (values: readonly string[]) => isDropping && places.some((place) => isMissing(values[place]));
  switch (column.kind) {
    case "text":
    case "image":
      return { drops, ...textBuilder(column, places[0], style) };
    case "bytes":
      return { drops, ...bytesBuilder(column, places[0], style) };
    case "class":
      return { drops, ...classBuilder(column, places[0], style, isMissing) };
    default:
      return { drops, ...numberBuilder(column, places, style) };
  }
}

type Part = Pick<ColumnBuilder, "push" | "finish">;

/** Reads one text of the column; `line` is told before. */
function readerOf(column: ColumnField, { path, number, missing }: ColumnStyle) {
  let line = 0;
  const fault = (rule: string, value: unknown): MillraceError =>
    notHeld(path, column, rule, String(value), line);
  const { width: _, ...single } = column;
  const tools = { fault, number, missingWords: missing };
  const [read, list] = [single, column].map((each) => valueReader(each, tools));
  return {
    at(next: number): ValueReader {
      line = next;
      return read;
    },
    /** Of a vector as a whole. */
    list(next: number): ValueReader {
      line = next;
      return list;
    },
  };
}

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

function arrayOf(column: ColumnField): NumbersOf<Numbers> {
  const { type } = columnType(column);
  return arrays[(type === "date" ? "float64" : type) as keyof typeof arrays];
}

function numberBuilder(column: ColumnField, places: readonly number[], style: ColumnStyle): Part {
  const { width = 1 } = column;
  const rows = new GrowingRows<Numbers>(arrayOf(column), width);
  const reader = readerOf(column, style);
  const finish = () => ({
    stored: {
      kind: "numbers",
      data: rows.shared(),
      ...(column.width !== undefined && { width }),
    } as const,
  });
  if (column.width !== undefined && places.length === 1)
    return { push: listPusher(rows, reader, places[0]), finish };
  return {
    push(values, line) {
      const read = reader.at(line);
      const start = rows.next();
      const { block } = rows;
      for (let i = 0; i < places.length; i++) {
        const value = read(values[places[i]]);
        block[start + i] = value === null ? Number.NaN : Number(value);
      }
    },
    finish,
  };
}

/** Takes vectors that stand in one text each. */
function listPusher(
  rows: GrowingRows<Numbers>,
  reader: ReturnType<typeof readerOf>,
  place: number,
): ColumnBuilder["push"] {
  return (values, line) => {
    const vector = reader.list(line)(values[place]) as Numbers;
    const start = rows.next();
    rows.block.set(vector, start);
  };
}

/** Different texts that are kept once each. */
const mostCoded = 2 ** 16;

function textBuilder(column: ColumnField, place: number, style: ColumnStyle): Part {
  const reader = readerOf(column, style);
  const codes = new GrowingRows(Int32Array, 1);
  const codeOf = new Map<string, number>();
  let packed: ReturnType<typeof packer> | undefined;
  return {
    push(values, line) {
      const text = reader.at(line)(values[place]) as string | null;
      if (packed !== undefined) return packed.push(text);
      let code = text === null ? -1 : codeOf.get(text);
      if (code === undefined) {
        code = codeOf.size;
        codeOf.set(ownText(text ?? ""), code);
      }
      const at = codes.next();
      codes.block[at] = code;
      if (codeOf.size > mostCoded) packed = repacked([...codeOf.keys()], codes.shared());
    },
    finish() {
      if (packed !== undefined) return { stored: packed.finish() };
      return { stored: { kind: "codes", codes: codes.shared(), texts: packText([...codeOf.keys()]) } };
    },
  };
}

function repacked(texts: readonly string[], codes: Int32Array): ReturnType<typeof packer> {
  const all = packer("texts");
  for (const code of codes) all.push(texts[code] ?? null);
  return all;
}

/** Texts or bytes one after the other, with a mark for each that is not there. */
function packer(kind: "texts" | "bytes") {
  const texts = new TextPacker();
  const marks = new GrowingRows(Uint8Array, 1);
  let absent = 0;
  return {
    push(value: string | Uint8Array | null): void {
      if (typeof value === "object" && value !== null) texts.pushBytes(value);
      else texts.push(value ?? "");
      if (value === null) absent++;
      const at = marks.next();
      marks.block[at] = value === null ? 1 : 0;
    },
    finish: (): Stored => ({ kind, texts: texts.finish(), ...(absent > 0 && { absent: marks.shared() }) }),
  };
}

function bytesBuilder(column: ColumnField, place: number, style: ColumnStyle): Part {
  const reader = readerOf(column, style);
  const all = packer("bytes");
  return {
    push: (values, line) => all.push(reader.at(line)(values[place]) as Uint8Array | null),
    finish: () => ({ stored: all.finish() }),
  };
}

function classBuilder(
  column: ColumnField,
  place: number,
  { path }: ColumnStyle,
  isMissing: (text: string) => boolean,
): Part {
  const { missing, nullable } = column;
  const found = classCodes(path, column.from[0]);
  return {
    push(values, line) {
      const text = values[place];
      if (!isMissing(text)) found.push(text, line);
      else if (missing === "null") found.pushMissing();
      else if (typeof missing === "object") found.push(String(missing.fill), line);
      else throw notHeld(path, column, "must have a value", text, line);
    },
    finish(known) {
      const { distinct, codes } = found.finish();
      const filled = typeof missing === "object" ? [String(missing.fill)] : [];
      const { labels, indexOf } = classLabels(
        [...distinct.map(({ value }) => value), ...filled],
        known ?? column.labels,
      );
      const indices = distinct.map(({ value, line }) =>
        indexOf(value, () => `${path}:${line}: column "${column.from[0]}"`),
      );
      const data = nullable ? new Float32Array(new SharedArrayBuffer(codes.length * 4)) : codes;
      for (let i = 0; i < codes.length; i++) data[i] = codes[i] < 0 ? Number.NaN : indices[codes[i]];
      return { stored: { kind: "numbers", data }, labels };
    },
  };
}

function notHeld(
  path: string,
  { field, from }: ColumnField,
  rule: string,
  value: string,
  line: number,
): MillraceError {
  const shown = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  const name = from.length === 1 ? from[0] : `${field} (${from.join(", ")})`;
  return new MillraceError("FILE_FORMAT", `column "${name}" ${rule}, was ${JSON.stringify(shown)}`, {
    where: [`${path}:${line}`],
    hint:
      (rule.includes("number") ? decimalHint(value) : undefined) ??
      'Correct the value, choose another type, or say what becomes of values that are missing: "?" behind the type passes them on as null, `missing` drops the row or fills in a value, and `missingWords` are the texts that mean it.',
  });
}
