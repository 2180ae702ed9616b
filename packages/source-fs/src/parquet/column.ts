/** One column of one row group, from its bytes to values side by side. */
import { countOf, type PlainValues, type RawColumn, type RawLists, type RawValues } from "../columnar/raw.js";
import { outside } from "./content.js";
import type { Chunk } from "./footer.js";
import { readHybrid } from "./hybrid.js";
import { contentOf, type Page, pagesIn } from "./pages.js";
import { plainer } from "./narrow.js";
import type { ParquetColumn } from "./schema.js";
import { spread } from "./spread.js";
import { storeFor } from "./values.js";

/** Throws a plain Error for bytes that are no such column. Values of no fixed length take `mostBytes` at most. */
export function decodeColumn(
  bytes: Uint8Array,
  chunk: Chunk,
  column: ParquetColumn,
  rows: number,
  mostBytes: number,
): RawColumn {
  const pages = pagesIn(bytes, chunk, column);
  const levels = levelsFor(column, chunk.slots);
  const { values, count } = valuesIn(pages, chunk, column, levels, mostBytes);
  const { meaning } = column;
  if (column.maxRepetition > 0) return listed({ rows, meaning }, values, count, column, levels);
  if (count === chunk.slots || levels.definition === undefined) return { rows, meaning, values };
  const absent = levels.definition.map((level) => (level < column.maxDefinition ? 1 : 0));
  return { rows, meaning, values: spread(values, absent, count), absent };
}

interface Levels {
  /** Undefined where all values are there by the schema. */
  readonly definition: Uint8Array | undefined;
  readonly repetition: Uint8Array | undefined;
}

function levelsFor({ maxDefinition, maxRepetition }: ParquetColumn, slots: number): Levels {
  return {
    definition: maxDefinition > 0 ? new Uint8Array(slots) : undefined,
    repetition: maxRepetition > 0 ? new Uint8Array(slots) : undefined,
  };
}

/** All values of the pages, without places for those that are absent. */
function valuesIn(
  pages: readonly Page[],
  { slots, codec }: Chunk,
  column: ParquetColumn,
  levels: Levels,
  mostBytes: number,
): { readonly values: RawValues; readonly count: number } {
  const store = storeFor(column, slots, mostBytes);
  const isPacked = column.physical === "BYTE_ARRAY" || column.physical === "FIXED_LEN_BYTE_ARRAY";
  let dictionary: PlainValues | undefined;
  let codes: Int32Array | undefined;
  let at = 0;
  let count = 0;
  for (const page of pages) {
    if (page.kind === "dictionary") {
      const own = storeFor(column, page.slots, mostBytes);
      own.take({ bytes: contentOf(page, codec), start: 0, count: page.slots, encoding: "PLAIN" }, 0);
      dictionary = own.finish(page.slots);
      continue;
    }
    const { bytes, start, present } = withoutLevels(page, codec, column, levels, at);
    at += page.slots;
    if (!page.encoding.endsWith("_DICTIONARY")) {
      // Where a dictionary became too large, values stand for themselves from there on.
      if (codes !== undefined && dictionary !== undefined) {
        store.lookUp(dictionary, codes.subarray(0, count), 0);
        codes = undefined;
      }
      store.take({ bytes, start, count: present, encoding: page.encoding }, count);
      count += present;
      continue;
    }
    if (dictionary === undefined) throw new Error("it has no dictionary, but values of one");
    if (isPacked && (codes !== undefined || count === 0)) {
      codes ??= new Int32Array(slots);
      readCodes(bytes, start, codes, count, present, countOf(dictionary));
    } else {
      const own = new Int32Array(present);
      readCodes(bytes, start, own, 0, present, countOf(dictionary));
      store.lookUp(dictionary, own, count);
    }
    count += present;
  }
  if (codes !== undefined && dictionary !== undefined)
    return {
      values: { form: "coded", codes: codes.subarray(0, count), dictionary: plainer(dictionary, column) },
      count,
    };
  return { values: plainer(store.finish(count), column), count };
}

function readCodes(
  bytes: Uint8Array,
  start: number,
  codes: Int32Array,
  at: number,
  count: number,
  known: number,
): void {
  if (count === 0) return;
  if (start >= bytes.length) throw new Error("a page ends before its first value");
  readHybrid(bytes, { start: start + 1, end: bytes.length, width: bytes[start] }, codes, at, count);
  for (let i = at; i < at + count; i++) if (codes[i] < 0 || codes[i] >= known) throw outside(codes[i]);
}

/** Reads the levels of a page, and gives what stands behind them. */
function withoutLevels(
  page: Page,
  codec: string,
  column: ParquetColumn,
  { definition, repetition }: Levels,
  at: number,
): { readonly bytes: Uint8Array; readonly start: number; readonly present: number } {
  const content = contentOf(page, codec);
  const { slots, levels } = page;
  let start = 0;
  const read = (target: Uint8Array | undefined, most: number, length: number | undefined): void => {
    if (target === undefined) return;
    const source = length === undefined ? content : page.bytes;
    let end = 0;
    if (length === undefined) {
      if (start + 4 > content.length) throw new Error("a page ends before its levels");
      const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
      end = start + 4 + view.getUint32(start, true);
      start += 4;
    } else {
      end = start + length;
    }
    if (end > source.length) throw new Error("a page ends before its levels do");
    readHybrid(source, { start, end, width: 32 - Math.clz32(most) }, target, at, slots);
    for (let i = at; i < at + slots; i++)
      if (target[i] > most) throw new Error(`a level of ${target[i]} is none`);
    start = end;
  };
  read(repetition, column.maxRepetition, levels?.repetition);
  if (levels !== undefined) start = levels.repetition;
  read(definition, column.maxDefinition, levels?.definition);
  let present = slots;
  if (definition !== undefined)
    for (let i = at; i < at + slots; i++) if (definition[i] !== column.maxDefinition) present--;
  return { bytes: content, start: levels === undefined ? start : 0, present };
}

function listed(
  { rows, meaning }: Pick<RawColumn, "rows" | "meaning">,
  values: RawValues,
  count: number,
  { maxDefinition, elementLevel }: ParquetColumn,
  { definition, repetition }: Levels,
): RawColumn {
  const slots = repetition?.length ?? 0;
  const starts = new Uint32Array(rows + 1);
  const absentLists = new Uint8Array(rows);
  const absent = new Uint8Array(slots);
  let [row, elements, gone] = [-1, 0, 0];
  for (let i = 0; i < slots; i++) {
    const level = definition?.[i] ?? maxDefinition;
    if (repetition?.[i] === 0) {
      row++;
      if (row === rows) throw new Error(`it has lists for more than ${rows} rows`);
      starts[row] = elements;
      if (level < elementLevel - 1) absentLists[row] = 1;
    } else if (row < 0 || level < elementLevel) {
      throw new Error("a list goes on that has not begun");
    }
    if (level < elementLevel) continue;
    if (level < maxDefinition) {
      absent[elements] = 1;
      gone++;
    }
    elements++;
  }
  if (row !== rows - 1) throw new Error(`it has lists for ${row + 1} of ${rows} rows`);
  starts[rows] = elements;
  const marks = absent.subarray(0, elements);
  const lists: RawLists = { starts, ...(absentLists.includes(1) && { absent: absentLists }) };
  if (gone === 0) return { rows, meaning, values: trimmed(values, count), lists };
  return { rows, meaning, values: spread(values, marks, count), absent: marks, lists };
}

function trimmed(values: RawValues, count: number): RawValues {
  return values.form === "numbers" ? { form: "numbers", data: values.data.subarray(0, count) } : values;
}
