/** The tokenizers of pretrained models: what Hugging Face's `tokenizers` keeps in tokenizer.json. */
import { defineTransform, type Vocabulary } from "@millrace/core";
import { z } from "zod";
import type { Sample } from "../texts.js";
import { specialOption, vocabularyOf } from "../tokenizer-json/facts.js";
import { parseTokenizer, readText, type TokenizerJson } from "../tokenizer-json/file.js";
import { openEngine } from "../tokenizer-json/engine.js";
import { templateOf } from "../tokenizer-json/template.js";
import { tokenizingForms } from "../tokenizing/forms.js";
import { factsBehind, fieldsBehind, tokenizingOptions, touched } from "../tokenizing/options.js";

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "the tokenizer.json, relative to the spec: BPE, WordPiece or Unigram; the run keeps a copy, and uses it from then on",
    ),
  ...tokenizingOptions,
  parseSpecialTokens: z
    .boolean()
    .default(false)
    .describe(
      "take the names of special tokens in a text, such as <s>, for these tokens, as Hugging Face's libraries do by default; otherwise they are text like any other",
    ),
  special: specialOption
    .prefault({})
    .describe(
      "which of its tokens have a task, where they are not called as usual (<pad>, [PAD], <s>, [CLS], </s>, [SEP], [MASK], …)",
    ),
});

type Options = z.output<typeof options>;

/** The file, as the run keeps it. */
export type KeptTokenizer = { readonly files: { readonly "tokenizer.json": string } };

/** Of each state, so that a large file is read once. */
const parsed = new WeakMap<object, TokenizerJson>();

export function tokenizerOf(kept: KeptTokenizer, path: string): TokenizerJson {
  const known = parsed.get(kept) ?? parseTokenizer(kept.files["tokenizer.json"], path);
  parsed.set(kept, known);
  return known;
}

export default defineTransform({
  name: "tokenizer-json",
  summary: "texts as the ids of a pretrained model's tokens, by its tokenizer.json",
  options,
  fitsOptions: true,
  fit({ path }, { baseUrl }) {
    return {
      add: (_sample: Sample) => {},
      partial: () => null,
      merge: () => {},
      state(): KeptTokenizer {
        const text = readText(path, baseUrl);
        parseTokenizer(text, path);
        return { files: { "tokenizer.json": text } };
      },
    };
  },
  touches: touched,
  fields: (types, settings) => fieldsBehind(types, settings),
  facts: (facts, settings, kept: KeptTokenizer) => factsBehind(facts, settings, factsOf(settings, kept)),
  create(settings, { fitted }) {
    const { path, parseSpecialTokens } = settings;
    const json = tokenizerOf(fitted, path);
    factsOf(settings, fitted);
    const encode = openEngine(json, { path, parseSpecialTokens, offsets: settings.offsets });
    return tokenizingForms("tokenizer-json", settings, { ...templateOf(json, path), encode });
  },
});

function factsOf({ path, special }: Options, kept: KeptTokenizer): Vocabulary {
  return vocabularyOf(tokenizerOf(kept, path), special);
}
