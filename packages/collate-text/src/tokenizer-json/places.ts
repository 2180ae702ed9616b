/** Where in a text byte-level tokens stand. */
import { bytesOfToken } from "@millrace/core";
import { IdList } from "../tokenizing/ids.js";
import { isWhitespace } from "../tokenizing/words.js";
import type { AppendIds } from "./engine.js";
import { namesOf, type Part, type TokenizerJson } from "./file.js";

/**
 * Tokens follow each other byte by byte: each begins in the character in which the one before it ended, or behind it.
 * Undefined where a token is no text of bytes.
 */
export function withPlaces(encode: AppendIds, json: TokenizerJson): AppendIds | undefined {
  const lengths = byteLengths(json);
  if (lengths === undefined) return undefined;
  const trim = trimming(json);
  const found = new IdList(false);
  return (text, ids) => {
    found.clear();
    encode(text, found);
    // Bytes that are left of the character at `unit`, which has `size` units.
    let [unit, size, rest] = [0, 0, 0];
    for (let i = 0; i < found.length; i++) {
      const id = found.data[i];
      let [start, end] = [-1, unit];
      for (let left = lengths[id]; left > 0; ) {
        if (rest === 0) {
          const point = text.codePointAt(unit) ?? 0;
          size = point > 0xffff ? 2 : 1;
          rest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        }
        if (start < 0) start = unit;
        const taken = Math.min(left, rest);
        left -= taken;
        rest -= taken;
        end = unit + size;
        if (rest === 0) unit = end;
      }
      const place = trim(id, Math.max(start, 0), end, i === 0);
      ids.push(id, place[0], place[1]);
    }
  };
}

/** The bytes that each token stands for; undefined where one is no text of bytes. */
function byteLengths(json: TokenizerJson): Int32Array | undefined {
  const added = new Map(json.added_tokens.map(({ id, content }) => [id, content]));
  const lengths = namesOf(json).map((name, id) => {
    const content = added.get(id);
    return content === undefined ? bytesOfToken(name)?.length : Buffer.byteLength(content);
  });
  return lengths.includes(undefined) ? undefined : Int32Array.from(lengths as number[]);
}

type Trim = (id: number, start: number, end: number, isFirst: boolean) => readonly [number, number];

/** A post-processor with `trim_offsets`, such as RoBERTa's, leaves spaces around a token out of its place. */
function trimming(json: TokenizerJson): Trim {
  const part = trimmer(json.post_processor);
  if (part === undefined) return (_id, start, end) => [start, end];
  const spaces = namesOf(json).map(spacesAround);
  return (id, start, end, isFirst) => {
    const { before, behind } = spaces[id];
    // The space that was put before the text is no part of it.
    const isAdded = part.add_prefix_space !== false && before === 1 && (isFirst || start === 0);
    const from = isAdded ? start : Math.min(start + before, end);
    return [from, behind > 0 && end >= behind ? Math.max(end - behind, from) : end];
  };
}

function trimmer(part: Part | null): Part | undefined {
  if (part?.type === "Sequence")
    return (part.processors as Part[]).map(trimmer).find((each) => each !== undefined);
  const trims = part?.type === "ByteLevel" || part?.type === "RobertaProcessing";
  return trims && part.trim_offsets !== false ? part : undefined;
}

/** What a space is called among bytes. */
const spaceName = "Ġ";

function spacesAround(name: string): { readonly before: number; readonly behind: number } {
  const isSpace = (i: number): boolean => name[i] === spaceName || isWhitespace(name.charCodeAt(i));
  let [before, behind] = [0, 0];
  while (before < name.length && isSpace(before)) before++;
  while (behind < name.length && isSpace(name.length - 1 - behind)) behind++;
  return { before, behind };
}
