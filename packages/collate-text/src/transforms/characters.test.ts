import { testTransform } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { tokenize } from "../../test/tokenize.js";
import characters from "./characters.js";

testTransform({
  plugin: characters,
  options: { offsets: true, typeIds: true, vocabulary: { special: { begin: "<s>", end: "</s>" } } },
  sample: () => ({ text: "naïve 👩‍👩‍👧", label: 1 }),
  training: () => [
    { text: "", label: 0 },
    { text: "e\u0301 abc", label: 2 },
  ],
  fields: { text: { type: "text" }, label: { type: "int32" } },
  invalidOptions: [
    { name: "a unit that is none", options: { unit: "syllable" }, message: /grapheme/ },
    {
      name: "a special token twice",
      options: { vocabulary: { special: { begin: "<s>", other: ["<s>"] } } },
      message: /"<s>" twice/,
    },
    {
      name: "a padding that is another token too",
      options: { vocabulary: { special: { padding: "<s>", other: ["<s>"] } } },
      message: /twice/,
    },
    {
      name: "a vocabulary of special tokens alone",
      options: { vocabulary: { maxSize: 2 } },
      message: /room behind 2 special tokens, was 2/,
    },
    { name: "offsets of a normal form", options: { normalize: "NFC", offsets: true }, message: /offsets/ },
  ],
  wrongSamples: {
    "no text": { label: 1 },
    "a number": { text: 5 },
    NULL: { text: null },
    "a sample that is a text itself": "abc",
  },
});

describe("characters", () => {
  it("gives code points, a pair of surrogates as one", async () => {
    const { names } = await tokenize(characters, {}, "a😀e\u0301");
    expect(names).toEqual(["a", "😀", "e", "\u0301"]);
  });

  it("gives graphemes, as the segmenter has them, wherever characters join", async () => {
    const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
    const parts = [
      "a",
      "b ",
      "\r\n",
      "\n",
      "\r",
      "\u0301",
      "👩\u200d👩",
      "🇩🇪",
      "🇩",
      "ก\u0e33",
      "\u06001",
      "한",
      "ᄒ",
      "ñ",
      "क्ष",
      "\u200d",
    ];
    for (let seed = 1; seed < 400; seed++) {
      let state = seed;
      const next = () => (state = (state * 48271) % 2147483647);
      const text = Array.from({ length: 12 }, () => parts[next() % parts.length]).join("");
      const { names } = await tokenize(characters, { unit: "grapheme" }, text);
      expect(names).toEqual(Array.from(segmenter.segment(text), ({ segment }) => segment));
    }
  });

  it("takes half of a surrogate pair for U+FFFD", async () => {
    const { names, sample } = await tokenize(characters, { offsets: true }, "a\ud83d b");
    expect(names).toEqual(["a", "\ufffd", " ", "b"]);
    expect(sample.tokensOffsets).toMatchObject({
      data: Int32Array.of(0, 1, 1, 2, 2, 3, 3, 4),
      shape: [4, 2],
    });
  });

  it("leads offsets back to the text as it was, where lower case is longer", async () => {
    const text = "İSTANBUL É";
    const { names, sample } = await tokenize(characters, { lowercase: true, offsets: true }, text);
    const { data } = sample.tokensOffsets as { data: Int32Array };
    const parts = names.map((_, i) => text.slice(data[2 * i], data[2 * i + 1]));
    expect(names.join("")).toBe(text.toLowerCase());
    expect(parts.slice(0, 4)).toEqual(["İ", "İ", "S", "T"]);
    expect(parts.at(-1)).toBe("É");
  });

  it("gives no ids for a text without characters", async () => {
    expect((await tokenize(characters, {}, "abc", "")).sample.tokens).toEqual(new Int32Array());
  });
});
