/** Words as ids. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { changing, changingOptions, refuseOffsets } from "../tokenizing/changing.js";
import { tokenizingOptions } from "../tokenizing/options.js";
import { byUnicode, byWhitespace } from "../tokenizing/words.js";
import { vocabularyOption } from "../vocabulary/options.js";
import { scanningTransform } from "../vocabulary/scanning.js";

const options = z
  .strictObject({
    ...tokenizingOptions,
    split: z
      .enum(["unicode", "whitespace"])
      .default("unicode")
      .describe(
        "unicode: words by the rules of Unicode (Intl.Segmenter), also of scripts without spaces; whitespace: whatever stands between white space, which is faster",
      ),
    punctuation: z
      .boolean()
      .default(true)
      .describe("unicode only: punctuation marks are tokens too, each of its own; false leaves them out"),
    locale: z
      .string()
      .min(1)
      .refine(isLocale, { error: 'must be a language tag such as "en" or "fi"' })
      .default("en")
      .describe("unicode only: the language by whose habits words are divided, where they differ"),
    ...changingOptions,
    vocabulary: vocabularyOption
      .prefault({})
      .describe("which words have ids of their own; learned from the training texts"),
  })
  .superRefine(refuseOffsets);

export default defineTransform({
  name: "words",
  summary: "texts as the ids of their words",
  options,
  ...scanningTransform<z.output<typeof options>>({
    name: "words",
    decoder: "words",
    scanner: ({ split, locale, punctuation }) =>
      split === "unicode" ? byUnicode(locale, punctuation) : byWhitespace,
    prepare: changing,
  }),
});

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
