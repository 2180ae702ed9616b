/** Characters as ids: code points, or what a person takes for one character. */
import { defineTransform } from "@millrace/core";
import { z } from "zod";
import { changing, changingOptions, refuseOffsets } from "../tokenizing/changing.js";
import { tokenizingOptions } from "../tokenizing/options.js";
import type { Scanner, TokenVisitor } from "../tokenizing/scanner.js";
import { type TextUnits, TokenKey } from "../tokenizing/units.js";
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

const key = new TokenKey();

const codePoints: Scanner = (text, visitor) => {
  const { units, length } = text;
  for (let i = 0; i < length; ) {
    const unit = units[i];
    // Texts are well-formed: half of a pair is followed by the other.
    const end = unit >= 0xd800 && unit < 0xdc00 ? i + 2 : i + 1;
    visitor.visit(text, i, end, key.of(units, i, end));
    i = end;
  }
};

/** Below it no code point joins the one before it, but the line feed of a "\r\n". */
const firstJoining = 0x300;

/** Only stretches with code points that may join are left to the segmenter: it makes an object per character. */
function graphemes(): Scanner {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const joins = (text: string, at: number): boolean => text.charCodeAt(at) >= firstJoining;
  return (of, visitor) => {
    const { text } = of;
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      if (!joins(text, i)) continue;
      const start = i > from && !isControl(text.charCodeAt(i - 1)) ? i - 1 : i;
      let end = i + 1;
      while (joins(text, end) || joins(text, end + 1)) end++;
      // Some letters are joined by what comes after them.
      if (end < text.length && !isControl(text.charCodeAt(end))) end++;
      plain(of, from, start, visitor);
      for (const { segment, index } of segmenter.segment(text.slice(start, end))) {
        const [first, last] = [start + index, start + index + segment.length];
        visitor.visit(of, first, last, key.of(of.units, first, last));
      }
      from = end;
      i = end - 1;
    }
    plain(of, from, of.length, visitor);
  };
}

function isControl(unit: number): boolean {
  return unit < 0x20;
}

function plain(text: TextUnits, start: number, end: number, visitor: TokenVisitor): void {
  const { units } = text;
  for (let i = start; i < end; i++) {
    const isPair = units[i] === 0x0d && i + 1 < end && units[i + 1] === 0x0a;
    const behind = isPair ? i + 2 : i + 1;
    visitor.visit(text, i, behind, key.of(units, i, behind));
    if (isPair) i++;
  }
}
