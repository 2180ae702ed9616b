/** The pages of one column in one row group, each held against the file before anything is made of it. */
import { crc32 } from "node:zlib";
import type { Encoding, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { decompressed, mostExpanded } from "./codecs.js";
import type { Chunk } from "./footer.js";
import type { ParquetColumn } from "./schema.js";
import { endOfThrift } from "./thrift.js";

/** A page that is still compressed. */
export interface Page {
  readonly kind: "dictionary" | "data";
  /** Values and places without one. */
  readonly slots: number;
  readonly encoding: Encoding;
  /** Of the second version of pages: bytes of the levels, which stand before the rest and are not compressed. */
  readonly levels?: { readonly repetition: number; readonly definition: number };
  readonly isCompressed: boolean;
  readonly bytes: Uint8Array;
  /** Bytes of all of it once it is not compressed. */
  readonly size: number;
}

/** No page that anybody writes is larger. */
const largest = 2 ** 30;

/**
 * The pages of `column` in `bytes`, of the chunk that says what they hold together. Throws a plain Error where they say
 * what cannot be: more bytes than there are, other numbers of values, more than their codec can make of so little.
 */
export function pagesIn(bytes: Uint8Array, chunk: Chunk, column: ParquetColumn): Page[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pages: Page[] = [];
  let at = 0;
  let left = chunk.slots;
  while (left > 0) {
    if (at >= bytes.length) throw new Error(`its pages end ${left} values before the last`);
    const start = endOfThrift(bytes, at, bytes.length);
    const header = parquetHeader({ view, offset: at });
    const length = header.compressed_page_size;
    if (!(length >= 0 && length <= bytes.length - start))
      throw new Error(`a page cannot have ${stated(length)} bytes`);
    const content = bytes.subarray(start, start + length);
    at = start + length;
    if (header.type === "INDEX_PAGE") continue;
    requireIntact(header, content);
    const page = pageOf(header, content, chunk);
    if (page.kind === "dictionary" && pages.length > 0)
      throw new Error("a dictionary must be its first page");
    if (page.kind === "data") {
      if (page.slots > left) throw new Error("its pages have more values than it says");
      left -= page.slots;
    } else if (page.slots > page.size || column.physical === "BOOLEAN") {
      throw new Error(`its dictionary cannot have ${page.slots} values`);
    }
    pages.push(page);
  }
  return pages;
}

function pageOf(header: PageHeader, bytes: Uint8Array, { codec }: Chunk): Page {
  const size = header.uncompressed_page_size;
  if (!(size >= 0 && size <= largest && size <= mostExpanded(codec, bytes.length)))
    throw new Error(`a page cannot have ${stated(size)} bytes made of ${bytes.length}`);
  const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
  if (header.type === "DATA_PAGE" && first !== undefined) {
    if ([first.definition_level_encoding, first.repetition_level_encoding].includes("BIT_PACKED"))
      throw new Error("its levels are written as BIT_PACKED, which nobody has written since 2013");
    return { kind: "data", ...counted(first), isCompressed: true, bytes, size };
  }
  if (header.type === "DICTIONARY_PAGE" && dictionary !== undefined)
    return { kind: "dictionary", ...counted(dictionary), isCompressed: true, bytes, size };
  if (header.type !== "DATA_PAGE_V2" || second === undefined)
    throw new Error("there is a page of a kind that nobody knows");
  const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = second;
  const fit = repetition >= 0 && definition >= 0 && repetition + definition <= Math.min(size, bytes.length);
  if (!fit) throw new Error("a page has more bytes of levels than it has bytes");
  const levels = { repetition, definition };
  return {
    kind: "data",
    ...counted(second),
    levels,
    isCompressed: second.is_compressed !== false,
    bytes,
    size,
  };
}

/** Where the file is damaged, anything may stand in a number's place. */
function stated(value: unknown): string {
  return typeof value === "number" ? String(value) : "no number of";
}

function counted({ num_values: slots, encoding }: { num_values: number; encoding: Encoding }) {
  if (Number.isInteger(slots) && slots >= 0) return { slots, encoding };
  throw new Error(`a page cannot have ${stated(slots)} values`);
}

/** Few writers give checksums, and none has to be asked twice. */
function requireIntact({ crc }: PageHeader, content: Uint8Array): void {
  if (crc !== undefined && crc >>> 0 !== crc32(content))
    throw new Error("a page has another checksum than its header says");
}

/** What the page holds behind its levels where they are apart, and all of it where they are not. */
export function contentOf(page: Page, codec: string): Uint8Array {
  const levels = page.levels === undefined ? 0 : page.levels.repetition + page.levels.definition;
  const rest = page.bytes.subarray(levels);
  // Of nothing, some writers keep no bytes at all.
  return page.isCompressed ? decompressed(codec, rest, page.size - levels) : rest;
}
