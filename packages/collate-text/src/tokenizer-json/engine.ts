/** What finds the ids of a tokenizer.json. */
import { MillraceError } from "@millrace/core";
import { type ByteBpe, ByteEncoder } from "../bpe/byte-encoder.js";
import type { IdList } from "../tokenizing/ids.js";
import { dividingByTokens } from "./added-tokens.js";
import { byteLevelOf } from "./byte-level.js";
import type { AddedToken, TokenizerJson } from "./file.js";
import { modelOf } from "./models.js";
import { normalizerOf } from "./normalizers.js";
import { withPlaces } from "./places.js";
import { preTokenizerOf } from "./pre-tokenizers.js";

export interface EngineOptions {
  /** What messages call the file. */
  readonly path: string;
  readonly parseSpecialTokens: boolean;
  readonly offsets: boolean;
}

/** Appends the ids of a text, without special tokens around it. */
export type AppendIds = (text: string, ids: IdList) => void;

/** Appends the ids of a part of a text between added tokens. */
type AppendPart = (part: string, ids: IdList, first: boolean) => void;

/**
 * Byte-level BPE has an engine of its own, which makes no strings of bytes.
 *
 * @throws MillraceError FILE_FORMAT for parts that are not known; OPTION_INVALID where there are no offsets.
 */
export function openEngine(
  json: TokenizerJson,
  { path, parseSpecialTokens, offsets }: EngineOptions,
): AppendIds {
  const normalize = normalizerOf(json.normalizer, path);
  const bytes = byteLevelOf(json, path);
  const append = bytes === undefined ? byModel(json, path) : byBytes(bytes);
  const divide = dividingByTokens(json, normalize, parseSpecialTokens);
  const encode: AppendIds = (text, ids) =>
    divide(text, {
      token: (id) => ids.push(id, 0, 0),
      text: (part, first) => append(part, ids, first),
    });
  if (!offsets) return encode;
  const matched = json.added_tokens.filter(({ special }) => parseSpecialTokens || !special);
  const isWhole = bytes !== undefined && !bytes.bytes.includes(-1) && matched.every(isPlain);
  const placed = isWhole && json.normalizer === null ? withPlaces(encode, json) : undefined;
  if (placed === undefined) throw noOffsets();
  return placed;
}

function byBytes(bytes: ByteBpe): AppendPart {
  const encoder = new ByteEncoder(bytes);
  return (part, ids) => encoder.encode(part, ids);
}

function byModel(json: TokenizerJson, path: string): AppendPart {
  const divide = preTokenizerOf(json.pre_tokenizer, path) ?? ((text) => [text]);
  const model = modelOf(json.model, path);
  return (part, ids, first) => {
    for (const piece of divide(part, first)) {
      if (piece === "") continue;
      for (const id of model(piece)) ids.push(id, 0, 0);
    }
  };
}

/** Takes no more of a text than its name. */
function isPlain({ lstrip, rstrip }: AddedToken): boolean {
  return lstrip !== true && rstrip !== true;
}

function noOffsets(): MillraceError {
  return new MillraceError(
    "OPTION_INVALID",
    "`offsets` can be had of byte-level tokenizers without a normalizer only: others change the text before they divide it",
    { path: ["offsets"] },
  );
}
