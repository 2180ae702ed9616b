/** Bytes of UTF-8 as ids: no text is unknown, and no vocabulary has to be learned. */
import { byteCharacters, defineTransform, MillraceError, type Vocabulary } from "@millrace/core";
import { z } from "zod";
import { tokenizingForms } from "../tokenizing/forms.js";
import { factsBehind, fieldsBehind, tokenizingOptions, touched } from "../tokenizing/options.js";
import { TextUnits, TokenKey } from "../tokenizing/units.js";
import { eachByte } from "../tokenizing/utf8.js";
import { countingFitter, type LearnedTokens } from "../vocabulary/counts.js";
import { vocabularyOption } from "../vocabulary/options.js";
import { aroundTexts, chooseTokens, vocabularyFacts } from "../vocabulary/vocabulary.js";

const options = z.strictObject({
  ...tokenizingOptions,
  vocabulary: vocabularyOption
    .prefault({})
    .describe(
      "which bytes have ids of their own: all 256, and none is unknown, unless `minCount` or `maxSize` lets the training texts decide, or `tokens` states them (by their names in byte-level vocabularies)",
    ),
});

type Options = z.output<typeof options>;

/** All names as one text, for what counts parts of texts. */
const names = TextUnits.of(byteCharacters.join(""));

export default defineTransform({
  name: "bytes",
  summary: "texts as the ids of their bytes in UTF-8",
  options,
  fit(options: Options) {
    const { vocabulary } = options;
    if (!isLearned(options)) return undefined;
    const key = new TokenKey();
    return countingFitter(
      "bytes",
      options,
      ({ text }, visitor) =>
        eachByte(text, (byte) => visitor.visit(names, byte, byte + 1, key.of(names.units, byte, byte + 1))),
      (counts) => chooseTokens("bytes", vocabulary, counts),
    );
  },
  touches: touched,
  fields: (types, options) => fieldsBehind(types, options),
  facts: (facts, options, fitted: LearnedTokens | undefined) =>
    factsBehind(facts, options, vocabularyOf(options, fitted)),
  create(options, { fitted }) {
    const vocabulary = vocabularyOf(options, fitted);
    const idOf = idsByByte(vocabulary);
    const { unknown } = options.vocabulary;
    const other = typeof unknown === "string" ? unknown : (vocabulary.unknown ?? "error");
    return tokenizingForms("bytes", options, {
      ...aroundTexts(vocabulary),
      encode(text, ids) {
        eachByte(text, (byte, start, end) => {
          const id = idOf[byte];
          if (id >= 0) ids.push(id, start, end);
          else if (other === "error") throw unknownByte(byte, options);
          else if (other !== "skip") ids.push(other, start, end);
        });
      },
    });
  },
});

function isLearned({ vocabulary: { minCount, maxSize, tokens } }: Options): boolean {
  return tokens === undefined && (minCount > 1 || maxSize !== undefined);
}

function vocabularyOf(options: Options, fitted: LearnedTokens | undefined): Vocabulary {
  const { special, unknown, tokens } = options.vocabulary;
  const stated = tokens ?? fitted?.tokens;
  return stated === undefined
    ? vocabularyFacts({ special, unknown: "error" }, byteCharacters, "byteLevel")
    : vocabularyFacts({ special, unknown }, stated, "byteLevel");
}

/** The id of each byte; −1 where it has none. */
function idsByByte({ tokens, special }: Vocabulary): Int32Array {
  const ids = new Map(tokens.map((name, id) => [name, id]));
  return Int32Array.from(byteCharacters, (name) => {
    const id = ids.get(name) ?? -1;
    return special.includes(id) ? -1 : id;
  });
}

function unknownByte(byte: number, { field }: Options): MillraceError {
  return new MillraceError(
    "TRANSFORM_INPUT",
    `bytes needs bytes that its vocabulary has, but "${field}" has 0x${byte.toString(16).padStart(2, "0")}`,
    { hint: 'Let `unknown` be { "token": "<unk>" } or "skip".' },
  );
}
