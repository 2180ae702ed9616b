import { describe, expect, it } from "vitest";
import type { Scanner } from "./scanner.js";
import { TextUnits } from "./units.js";
import { byUnicode } from "./words.js";

const parts =
  "a|Bc|1|23|_|__|.|,|;|:|'|\"|-| |  |\t|\r\n|\n|\0|é|e\u0301| \u0301|日本語|👩\u200d👩|ש\u05f3|\u200d|\u00a0|\u0085|İ".split(
    "|",
  );

describe("byUnicode", () => {
  it.each([
    ["en", true],
    ["en", false],
    ["sv", false],
  ])("divides as Intl.Segmenter does, whatever stands between: %s, punctuation %s", (locale, punctuation) => {
    const segmenter = new Intl.Segmenter(locale, { granularity: "word" });
    const scan = byUnicode(locale, punctuation);
    let state = 1;
    const next = (): number => (state = (state * 48271) % 2147483647);
    for (let i = 0; i < 3000; i++) {
      const text = Array.from({ length: 10 }, () => parts[next() % parts.length]).join("");
      const expected = Array.from(segmenter.segment(text))
        .filter(
          ({ segment, isWordLike }) => isWordLike || (punctuation && !/^\p{White_Space}+$/u.test(segment)),
        )
        .map(({ segment }) => segment);
      expect({ text, words: found(scan, text) }).toEqual({ text, words: expected });
    }
  });
});

function found(scan: Scanner, text: string): string[] {
  const words: string[] = [];
  scan(TextUnits.of(text), { visit: (of, start, end) => words.push(of.text.slice(start, end)) });
  return words;
}
