import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, cutMiddle, folded, padded, widthOf } from "./width.js";

describe("the width of text", () => {
  it.each([
    ["plain", 5],
    ["日本語", 6],
    ["한국어", 6],
    ["ｱｲｳ", 3],
    ["ＡＢ", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["👍🏽", 2],
    ["👨‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["❤️", 2],
    ["━▁█·…", 5],
    ["\x1b[1mbold\x1b[22m", 4],
    ["", 0],
  ])("of %j is %i", (text, width) => expect(widthOf(text)).toBe(width));
});

describe("text that is cut", () => {
  it("says so, and never is wider than its room", () => {
    expect(cut("a long name", 6)).toBe("a lon…");
    expect(cut("日本語の名前", 6)).toBe("日本…");
    expect(cut("fits", 4)).toBe("fits");
    const texts = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(texts, fc.nat(40), (text, columns) => {
        expect(widthOf(cut(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it("stays in one line", () => expect(cut("two\nlines\x1b[2K", 20)).toBe("two lines"));
});

it("is padded by what it takes, not by its length", () => {
  expect(padded("日本", 6)).toBe("日本  ");
  expect(padded("12", 4, "right")).toBe("  12");
});

describe("a line that is folded", () => {
  it("breaks between words, and keeps a word that is longer than the window whole", () => {
    expect(folded("  one two three four", 10)).toBe("  one two\n    three\n    four");
    expect(folded("  report  /a/very/long/path", 12)).toBe("  report\n    /a/very/long/path");
    expect(folded("short", 10)).toBe("short");
  });

  it("does not count colours", () => {
    expect(folded("\x1b[1mone\x1b[22m two", 7)).toBe("\x1b[1mone\x1b[22m two");
    expect(folded("\x1b[2m  one two\x1b[22m", 6)).toBe("\x1b[2m  one\n    two\x1b[22m");
  });

  it("is cut in the middle where its ends say most", () => {
    expect(cutMiddle("baseline-20261126-120400", 15)).toBe("baselin…-120400");
    expect(cutMiddle("日本語のとても長い名前", 9)).toBe("日本…名前");
    expect(cutMiddle("short", 9)).toBe("short");
  });
});
