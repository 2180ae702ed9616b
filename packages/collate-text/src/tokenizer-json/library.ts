/** What of `@huggingface/tokenizers` is used, with types: those that it brings are not found by Node's resolution. */
import * as library from "@huggingface/tokenizers";
import type { Part } from "./file.js";

interface Normalizing {
  normalize(text: string): string;
}

interface Library {
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
