/** What of `@huggingface/tokenizers` is used, with types: those that it brings are not found by Node's resolution. */
import * as library from "@huggingface/tokenizers";
import type { Part } from "./file.js";

interface Normalizing {
  normalize(text: string): string;
}

export interface LibraryModel {
  readonly tokens_to_ids: Map<string, number>;
  readonly unk_token_id?: number | undefined;
  /** Of Unigram only: the pieces of a text. */
  tokenize?(text: string): string[];
  /** Of BPE only: the tokens of a word. */
  bpe?(word: string): string[];
  (pieces: readonly string[]): string[];
}

export interface LibraryTokenizer {
  normalizer: ((text: string) => string) | null;
  pre_tokenizer: ((text: string, options: { readonly section_index: number }) => readonly string[]) | null;
  model: LibraryModel;
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: (number | undefined)[] };
}

interface Library {
  readonly Tokenizer: new (json: object, config: object) => LibraryTokenizer;
  readonly NFCNormalizer: new (part: Part) => Normalizing;
  readonly NFDNormalizer: new (part: Part) => Normalizing;
  readonly NFKCNormalizer: new (part: Part) => Normalizing;
  readonly NFKDNormalizer: new (part: Part) => Normalizing;
  readonly PrependNormalizer: new (part: Part) => Normalizing;
  readonly ReplaceNormalizer: new (part: Part) => Normalizing;
  readonly StripAccentsNormalizer: new (part: Part) => Normalizing;
  readonly SplitPreTokenizer: new (part: Part) => { readonly pattern: RegExp | null };
  readonly ReplacePreTokenizer: new (part: Part) => { pre_tokenize_text(text: string): string[] };
}

export const {
  Tokenizer,
  NFCNormalizer,
  NFDNormalizer,
  NFKCNormalizer,
  NFKDNormalizer,
  PrependNormalizer,
  ReplaceNormalizer,
  StripAccentsNormalizer,
  SplitPreTokenizer,
  ReplacePreTokenizer,
} = library as unknown as Library;
