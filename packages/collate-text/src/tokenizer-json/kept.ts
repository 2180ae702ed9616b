/** A tokenizer.json as runs keep it, and the transform that is made of it. */
import type { TransformForms, Vocabulary } from "@millrace/core";
import { z } from "zod";
import type { Sample } from "../texts.js";
import { tokenizingForms } from "../tokenizing/forms.js";
import type { Tokenizing } from "../tokenizing/options.js";
import { openEngine } from "./engine.js";
import { type SpecialNames, vocabularyOf } from "./facts.js";
import { parseTokenizer, type TokenizerJson } from "./file.js";
import { templateOf } from "./template.js";

export type KeptTokenizer = { readonly files: { readonly "tokenizer.json": string } };

export const parseSpecialTokens = z
  .boolean()
  .default(false)
  .describe(
    "take the names of special tokens in a text, such as <s>, for these tokens, as Hugging Face's libraries do by default; otherwise they are text like any other",
  );

/** Of each state, so that a large file is read once. */
const parsed = new WeakMap<object, TokenizerJson>();

function tokenizerOf(kept: KeptTokenizer, path: string): TokenizerJson {
  const known = parsed.get(kept) ?? parseTokenizer(kept.files["tokenizer.json"], path);
  parsed.set(kept, known);
  return known;
}

export function keptVocabulary(kept: KeptTokenizer, path: string, special: SpecialNames): Vocabulary {
  return vocabularyOf(tokenizerOf(kept, path), special);
}

/** `transform` and `path` are what messages call it and its file. */
export function keptForms(
  transform: string,
  path: string,
  kept: KeptTokenizer,
  options: Tokenizing & { readonly parseSpecialTokens: boolean },
): TransformForms<Sample, Sample> {
  const json = tokenizerOf(kept, path);
  const { parseSpecialTokens: parses, offsets } = options;
  const encode = openEngine(json, { path, parseSpecialTokens: parses, offsets });
  return tokenizingForms(transform, options, { ...templateOf(json, path), encode });
}
