/** The tokenizers of pretrained models: what Hugging Face's `tokenizers` keeps in tokenizer.json. */
import { defineTransform, pathOption } from "@millrace/core";
import { z } from "zod";
import type { Sample } from "../texts.js";
import { specialOption } from "../tokenizer-json/facts.js";
import { parseTokenizer, readText } from "../tokenizer-json/file.js";
import { keptForms, type KeptTokenizer, keptVocabulary, parseSpecialTokens } from "../tokenizer-json/kept.js";
import { factsBehind, fieldsBehind, tokenizingOptions, touched } from "../tokenizing/options.js";

const options = z.strictObject({
  path: pathOption(
    "the tokenizer.json, relative to the spec: BPE, WordPiece, Unigram or WordLevel; the run keeps a copy, and uses it from then on",
  ),
  ...tokenizingOptions,
  parseSpecialTokens,
  special: specialOption
    .prefault({})
    .describe(
      "which of its tokens have a task, where they are not called as usual (<pad>, [PAD], <s>, [CLS], </s>, [SEP], [MASK], …)",
    ),
});

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
  facts: (facts, settings, kept: KeptTokenizer) =>
    factsBehind(facts, settings, keptVocabulary(kept, settings.path, settings.special)),
  create(settings, { fitted }) {
    const { path, special } = settings;
    // A special token that it has not is found before any text is.
    keptVocabulary(fitted, path, special);
    return keptForms("tokenizer-json", path, fitted, settings);
  },
});
