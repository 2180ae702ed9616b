/** What finds the ids of a tokenizer.json. */
import { MillraceError } from "@millrace/core";
import { ByteEncoder } from "../bpe/byte-encoder.js";
import { IdList } from "../tokenizing/ids.js";
import { byteLengths, byteLevelOf } from "./byte-level.js";
import { type AddedToken, namesOf, type TokenizerJson } from "./file.js";
import { huggingFace } from "./hugging-face.js";
import { normalizerOf } from "./normalizers.js";

export interface EngineOptions {
  /** What messages call the file. */
  readonly path: string;
  readonly parseSpecialTokens: boolean;
  readonly offsets: boolean;
}

/** Appends the ids of a text, without special tokens around it. */
export type AppendIds = (text: string, ids: IdList) => void;

/**
 * Byte-level BPE has an engine of its own, which is several times as fast as the libraries there are, for pieces of any
 * length; all else is `@huggingface/tokenizers`'.
 *
 * @throws MillraceError FILE_FORMAT for parts that are not known; OPTION_INVALID where there are no offsets.
 */
export function openEngine(
  json: TokenizerJson,
  { path, parseSpecialTokens, offsets }: EngineOptions,
): AppendIds {
  const matched = json.added_tokens.filter(({ special }) => parseSpecialTokens || !special);
  const bytes = arePlain(matched) ? byteLevelOf(json, path) : undefined;
  if (bytes === undefined) {
    if (offsets) throw noOffsets();
    return huggingFace(json, matched, path);
  }
  const encoder = new ByteEncoder(bytes);
  const normalize = normalizerOf(json.normalizer, path);
  const encode: AppendIds =
    normalize === undefined
      ? (text, ids) => encoder.encode(text, ids)
      : (text, ids) => encoder.encode(normalize(text), ids);
  const whole = withAdded(encode, matched);
  return offsets ? withPlaces(whole, json) : whole;
}

/** Added tokens that are found in texts as they stand, wherever they stand. */
function arePlain(tokens: readonly AddedToken[]): boolean {
  return tokens.every(({ single_word: word, lstrip, rstrip }) => !word && !lstrip && !rstrip);
}

/** Added tokens wherever they stand, the longest first, and what lies between. */
function withAdded(encode: AppendIds, matched: readonly AddedToken[]): AppendIds {
  if (matched.length === 0) return encode;
  const added = new Map(matched.map(({ content, id }) => [content, id]));
  const names = [...added.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"),
    "gu",
  );
  return (text, ids) => {
    let from = 0;
    for (const match of text.matchAll(pattern)) {
      encode(text.slice(from, match.index), ids);
      ids.push(added.get(match[0]) ?? 0, 0, 0);
      from = match.index + match[0].length;
    }
    encode(text.slice(from), ids);
  };
}

/** Tokens follow each other byte by byte: each begins in the character in which the one before it ended, or behind it. */
function withPlaces(encode: AppendIds, json: TokenizerJson): AppendIds {
  const added = new Map(json.added_tokens.map(({ id, content }) => [id, content]));
  const lengths = json.normalizer === null ? byteLengths(namesOf(json), added) : undefined;
  if (lengths === undefined) throw noOffsets();
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
      ids.push(id, Math.max(start, 0), end);
    }
  };
}

function noOffsets(): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    "`offsets` can be had of byte-level tokenizers without a normalizer only: others change the text before they divide it",
    { path: ["offsets"] },
  );
}
