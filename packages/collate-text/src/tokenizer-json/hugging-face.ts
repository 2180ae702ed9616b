/** The engine for every tokenizer.json: `@huggingface/tokenizers`, mended where it differs from the original in Rust. */
import { MillraceError } from "@millrace/core";
import { mergeSymbols } from "../bpe/merging.js";
import type { IdList } from "../tokenizing/ids.js";
import type { AddedToken, TokenizerJson } from "./file.js";
import { type LibraryModel, Tokenizer } from "./library.js";
import { mergesOf } from "./merges.js";
import { normalizerOf } from "./normalizers.js";
import { preTokenizerOf } from "./pre-tokenizers.js";
import { unigramPieces } from "./unigram.js";

/** `matched` are the added tokens that texts may name. */
export function huggingFace(json: TokenizerJson, matched: readonly AddedToken[], path: string) {
  const normalize = normalizerOf(json.normalizer, path);
  const divide = preTokenizerOf(json.pre_tokenizer, path);
  const others = { added_tokens: matched, pre_tokenizer: null, post_processor: null, decoder: null };
  // It normalizes the names of added tokens by its own normalizer.
  const normalizer = matched.some(({ normalized }) => normalized) ? json.normalizer : null;
  const tokenizer = new Tokenizer({ ...json, ...others, normalizer }, {});
  const { model } = tokenizer;
  const ids = model.tokens_to_ids;
  for (const { content, id } of json.added_tokens) ids.set(content, id);
  if (json.model.type === "Unigram") {
    const { vocab, unk_id: unknown } = json.model as unknown as UnigramModel;
    const pieces = unigramPieces(vocab, unknown ?? undefined);
    const bytes = json.model.byte_fallback === true;
    model.tokenize = (text) => (bytes ? pieces(text).flatMap((piece) => asBytes(piece, ids)) : pieces(text));
  }
  // Unknown tokens in a row are one within a piece, not across pieces.
  const each = (pieces: readonly string[]): string[] => pieces.flatMap((piece) => model([piece]));
  const known: Pick<LibraryModel, "tokens_to_ids" | "unk_token_id"> = model;
  tokenizer.model = Object.assign(each, { tokens_to_ids: ids, unk_token_id: known.unk_token_id });
  tokenizer.normalizer = normalize ?? null;
  tokenizer.pre_tokenizer =
    divide === undefined ? null : (text, { section_index: section }) => divide(text, section === 0);
  if (json.model.type === "BPE") mendLongWords(model, json);
  return (text: string, ids: IdList): void => {
    for (const id of tokenizer.encode(text, { add_special_tokens: false }).ids) {
      if (id === undefined) throw noUnknown();
      ids.push(id, 0, 0);
    }
  };
}

/** Characters of a word beyond which the library's objects, one for each, would be felt. */
const longWord = 1000;

/** The same merges, in flat arrays. Characters that are no token have numbers behind all ids, and are merged with nothing. */
function mendLongWords(model: LibraryModel, { model: { merges: list, ...rest } }: TokenizerJson): void {
  if (rest.end_of_word_suffix || rest.continuing_subword_prefix || rest.continuing_subword_suffix) return;
  const byWord = model.bpe?.bind(model);
  const merges = mergesOf(list as string[], model.tokens_to_ids);
  if (byWord === undefined || merges === undefined) return;
  const names = new Map(Array.from(model.tokens_to_ids, ([name, id]) => [id, name]));
  const first = Math.max(...names.keys()) + 1;
  model.bpe = (word) => {
    if (word.length <= longWord) return byWord(word);
    const others = new Map<string, number>();
    const symbols = Int32Array.from(word.match(/./gsu) ?? [], (character) => {
      const id = model.tokens_to_ids.get(character) ?? others.get(character) ?? first + others.size;
      if (id >= first) others.set(character, id);
      return id;
    });
    const own = new Map(Array.from(others, ([name, id]) => [id, name]));
    const count = mergeSymbols(symbols, symbols.length, merges);
    return Array.from(symbols.subarray(0, count), (id) => names.get(id) ?? own.get(id) ?? "");
  };
}

interface UnigramModel {
  readonly vocab: readonly (readonly [string, number])[];
  readonly unk_id?: number | null;
}

/** A piece that is no token, as the tokens of its bytes where all of them are there. */
function asBytes(piece: string, ids: ReadonlyMap<string, number>): string[] {
  if (ids.has(piece)) return [piece];
  const names = Array.from(
    Buffer.from(piece),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  return names.every((name) => ids.has(name)) ? names : [piece];
}

function noUnknown(): MillraceError {
  return new MillraceError(
    "TRANSFORM_INPUT",
    "tokenizer-json needs tokens that the file has, but the text has others, and the file no unknown token",
    { hint: "Set `unk_token` (or `unk_id`) of the file's model." },
  );
}
