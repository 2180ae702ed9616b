/** Byte-level BPE, learned from the training texts. */
import { byteCharacters, defineTransform } from "@millrace/core";
import { z } from "zod";
import { learnMerges, type Word } from "../bpe/trainer.js";
import { keptForms, type KeptTokenizer, keptVocabulary, parseSpecialTokens } from "../tokenizer-json/kept.js";
import { byteLevelPattern } from "../tokenizer-json/pre-tokenizers.js";
import { tokenizerText } from "../tokenizer-json/write.js";
import { factsBehind, fieldsBehind, tokenizingOptions, touched } from "../tokenizing/options.js";
import { TokenKey } from "../tokenizing/units.js";
import { countingFitter, type TokenCounts } from "../vocabulary/counts.js";
import { specialNames, specialOption } from "../vocabulary/options.js";

const options = z
  .strictObject({
    ...tokenizingOptions,
    vocabularySize: z
      .int()
      .min(257)
      .default(8000)
      .describe(
        "ids in all: special tokens, the 256 bytes, and what is learned; fewer where the texts have no more",
      ),
    minFrequency: z
      .int()
      .min(1)
      .default(2)
      .describe("pairs of tokens that the training texts have less often are not made one"),
    special: specialOption.prefault({}).describe("tokens that no text has; their ids come first"),
    parseSpecialTokens,
  })
  .superRefine(({ special, vocabularySize }, context) => {
    const names = specialNames(special);
    const twice = names.find((name, i) => names.indexOf(name) !== i || byteCharacters.includes(name));
    if (twice !== undefined) {
      const message = `must name each token once, and no single byte, has "${twice}"`;
      context.addIssue({ code: "custom", message, path: ["special"] });
    }
    if (vocabularySize >= 256 + names.length) return;
    const message = `must hold 256 bytes and ${names.length} special tokens, was ${vocabularySize}`;
    context.addIssue({ code: "custom", message, path: ["vocabularySize"] });
  });

type Options = z.output<typeof options>;

/** What messages call the tokenizer that the run keeps. */
const own = "the run's tokenizer.json";

export default defineTransform({
  name: "bpe",
  summary: "texts as the ids of byte-level tokens that are learned from them (BPE)",
  options,
  fit(settings) {
    const pieces = new RegExp(byteLevelPattern, "gu");
    const key = new TokenKey();
    return countingFitter(
      "bpe",
      settings,
      (of, visitor) => {
        pieces.lastIndex = 0;
        for (let from = 0; pieces.test(of.text); from = pieces.lastIndex)
          visitor.visit(of, from, pieces.lastIndex, key.of(of.units, from, pieces.lastIndex));
      },
      (counts): KeptTokenizer => ({ files: { "tokenizer.json": learned(settings, counts) } }),
    );
  },
  touches: touched,
  fields: (types, settings) => fieldsBehind(types, settings),
  facts: (facts, settings, kept: KeptTokenizer) =>
    factsBehind(facts, settings, keptVocabulary(kept, own, rolesOf(settings))),
  create: (settings, { fitted }) => keptForms("bpe", own, fitted, settings),
});

function rolesOf({ special: { padding, begin, end, separator, mask } }: Options) {
  return { padding: padding ?? undefined, begin, end, separator, mask };
}

/** The bytes in the order of their names, as Hugging Face's trainer has them. */
const alphabet = [...byteCharacters].sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0));

function learned({ special, vocabularySize, minFrequency }: Options, counts: TokenCounts): string {
  const names = specialNames(special);
  const { begin, end, separator } = special;
  const idOf = Int32Array.from(byteCharacters, (name) => names.length + alphabet.indexOf(name));
  const first = names.length + 256;
  const trained = learnMerges(wordsOf(counts, idOf), {
    first,
    size: vocabularySize,
    minFrequency,
    names: [...names, ...alphabet],
  });
  return tokenizerText({ ...trained, special: names, begin, end, separator });
}

function* wordsOf(counts: TokenCounts, idOf: Int32Array): Generator<Word> {
  for (const { token, count } of counts.entries())
    yield { symbols: Int32Array.from(Buffer.from(token), (byte) => idOf[byte]), count };
}
