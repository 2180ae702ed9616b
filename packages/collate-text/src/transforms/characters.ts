/** Characters as ids: code points, or what a person takes for one character. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { changing, changingOptions, refuseOffsets } from "../tokenizing/changing.js";
import { tokenizingOptions } from "../tokenizing/options.js";
import type { Scanner, TokenVisitor } from "../tokenizing/scanner.js";
import { vocabularyOption } from "../vocabulary/options.js";
import { scanningTransform } from "../vocabulary/scanning.js";

const options = z
  .strictObject({
    ...tokenizingOptions,
    unit: z
      .enum(["codePoint", "grapheme"])
      .default("codePoint")
      .describe(
        "codePoint: each code point of Unicode; grapheme: what a person takes for one character, such as a family emoji or a letter with its accents (slower where a text has any)",
      ),
    ...changingOptions,
    vocabulary: vocabularyOption
      .prefault({})
      .describe("which characters have ids of their own; learned from the training texts"),
  })
  .superRefine(refuseOffsets);

export default defineTransform({
  name: "characters",
  summary: "texts as the ids of their characters",
  options,
  ...scanningTransform<z.output<typeof options>>({
    name: "characters",
    decoder: "characters",
    scanner: ({ unit }) => (unit === "grapheme" ? graphemes() : codePoints),
    prepare: changing,
  }),
});

const codePoints: Scanner = (text, visitor) => {
  for (let i = 0; i < text.length; ) {
    const unit = text.charCodeAt(i);
    // Texts are well-formed: half of a pair is followed by the other.
    const end = unit >= 0xd800 && unit < 0xdc00 ? i + 2 : i + 1;
    visitor.visit(text, i, end);
    i = end;
  }
};

/** Below it no code point joins the one before it, but the line feed of a "\r\n". */
const firstJoining = 0x300;

/** Only stretches with code points that may join are left to the segmenter: it makes an object per character. */
function graphemes(): Scanner {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const joins = (text: string, at: number): boolean => text.charCodeAt(at) >= firstJoining;
  return (text, visitor) => {
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      if (!joins(text, i)) continue;
      const start = i > from && !isControl(text.charCodeAt(i - 1)) ? i - 1 : i;
      let end = i + 1;
      while (joins(text, end) || joins(text, end + 1)) end++;
      // Some letters are joined by what comes after them.
      if (end < text.length && !isControl(text.charCodeAt(end))) end++;
      plain(text, from, start, visitor);
      for (const { segment, index } of segmenter.segment(text.slice(start, end)))
        visitor.visit(text, start + index, start + index + segment.length);
      from = end;
      i = end - 1;
    }
    plain(text, from, text.length, visitor);
  };
}

function isControl(unit: number): boolean {
  return unit < 0x20;
}

function plain(text: string, start: number, end: number, visitor: TokenVisitor): void {
  for (let i = start; i < end; i++) {
    const isPair = text.charCodeAt(i) === 0x0d && i + 1 < end && text.charCodeAt(i + 1) === 0x0a;
    visitor.visit(text, i, isPair ? i + 2 : i + 1);
    if (isPair) i++;
  }
}
