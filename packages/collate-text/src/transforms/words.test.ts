import { MillraceError } from "@millrace/core";
import { testTransform } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { create, factsOf, fitted, thrownBy, tokenize } from "../../test/tokenize.js";
import words from "./words.js";

testTransform({
  plugin: words,
  options: {
    field: "question",
    pair: "answer",
    to: "ids",
    keep: true,
    maxLength: 8,
    offsets: true,
    typeIds: true,
  },
  sample: () => ({ question: "Is it so?", answer: "It is.", label: 1 }),
  training: () => [
    { question: "", answer: "  ", label: 0 },
    { question: "one two three four five", answer: "six seven eight nine ten", label: 2 },
  ],
  fields: { question: { type: "text" }, answer: { type: "text" }, label: { type: "int32" } },
  invalidOptions: [
    { name: "a language that is none", options: { locale: "no language" }, message: /language tag/ },
    { name: "no room for special tokens", options: { maxLength: 0 }, message: /maxLength/ },
    {
      name: "no room beside special tokens",
      options: { maxLength: 1, vocabulary: { special: { begin: "<s>", end: "</s>" }, tokens: ["a"] } },
      message: /room for 2 special tokens, was 1/,
    },
  ],
  wrongSamples: {
    "no second text": { question: "a", label: 1 },
    "a second text that is missing": { question: "a", answer: null },
    "a text of numbers": { question: Int32Array.of(1), answer: "b" },
  },
});

describe("words", () => {
  it("divides by white space as Unicode has it, to which U+FEFF does not belong", async () => {
    const options = { split: "whitespace", lowercase: true };
    const { names } = await tokenize(words, options, " Is\tit\u00a0so?\u0085\ufeffYes \u3000");
    expect(names).toEqual(["is", "it", "so?", "\ufeffyes"]);
  });

  it("orders the vocabulary by count, then by code point, behind the special tokens", async () => {
    const options = { vocabulary: { special: { begin: "<s>", mask: "<mask>", other: ["<x>"] } } };
    const { vocabulary } = await tokenize(words, options, "b 😀 \ufffd a b <s> c c c");
    expect(vocabulary).toEqual({
      size: 13,
      padding: 0,
      unknown: 1,
      begin: 2,
      mask: 3,
      tokens: ["<pad>", "<unk>", "<s>", "<mask>", "<x>", "c", "b", "<", ">", "a", "s", "\ufffd", "😀"],
      special: [0, 1, 2, 3, 4],
      decoder: "words",
    });
  });

  it("keeps what is frequent enough, and no more than there is room for", async () => {
    const text = "a a a b b c d d d d";
    const chosen = async (vocabulary: object) =>
      (await tokenize(words, { vocabulary }, text)).vocabulary.tokens.slice(2);
    expect(await chosen({ minCount: 2 })).toEqual(["d", "a", "b"]);
    expect(await chosen({ maxSize: 4 })).toEqual(["d", "a"]);
    expect(() => fitted(words, { vocabulary: { minCount: 5 } }, [{ text }])).toThrow(/no token .* 5 times/);
  });

  it("takes a text's own <pad> for a word, which it does not learn", async () => {
    const { ids, vocabulary } = await tokenize(words, { split: "whitespace" }, "a <pad> <unk> a");
    expect(vocabulary.tokens).toEqual(["<pad>", "<unk>", "a"]);
    expect(ids).toEqual([2, 1, 1, 2]);
  });

  it("counts what it does not know as the unknown token, leaves it out, or refuses it", async () => {
    const asked = async (unknown: unknown) => {
      const options = { vocabulary: { unknown, tokens: ["free", "entry"] } };
      const { apply } = await create(words, options, undefined);
      return (await apply({ text: "free sms entry" }, {} as never)).tokens;
    };
    expect(await asked({ token: "[UNK]" })).toEqual(Int32Array.of(2, 1, 3));
    expect(await asked("skip")).toEqual(Int32Array.of(1, 2));
    await expect(asked("error")).rejects.toMatchObject({
      code: "TRANSFORM_INPUT",
      message: 'words needs tokens that its vocabulary has, but "text" has "sms"',
    });
  });

  it("keeps special tokens where it cuts, on either side, and cuts the longer of a pair first", async () => {
    const special = { begin: "[CLS]", end: "[SEP]" };
    const vocabulary = { special, tokens: ["a", "b", "c", "d", "e", "x", "y"] };
    const asked = async (options: object, sample: object) => {
      const { apply } = await create(words, { ...options, vocabulary }, undefined);
      const { tokens } = factsOf(words, { ...options, vocabulary }, undefined).vocabulary as {
        tokens: string[];
      };
      const made = await apply({ ...sample }, {} as never);
      return { ...made, tokens: Array.from(made.tokens as Int32Array, (id) => tokens[id]).join(" ") };
    };
    expect(await asked({ maxLength: 4 }, { text: "a b c d" })).toEqual({ tokens: "[CLS] a b [SEP]" });
    expect(await asked({ maxLength: 4, truncationSide: "left" }, { text: "a b c d" })).toEqual({
      tokens: "[CLS] c d [SEP]",
    });
    const pair = { text: "a b c d e", answer: "x y" };
    expect(await asked({ pair: "answer", maxLength: 7, typeIds: true, offsets: true }, pair)).toEqual({
      tokens: "[CLS] a b [SEP] x y [SEP]",
      tokensTypeIds: Int32Array.of(0, 0, 0, 0, 1, 1, 1),
      tokensOffsets: {
        dtype: "int32",
        shape: [7, 2],
        data: Int32Array.of(0, 0, 0, 1, 2, 3, 0, 0, 0, 1, 2, 3, 0, 0),
      },
    });
    expect(await asked({ pair: "answer", maxLength: 5, truncationSide: "left" }, pair)).toEqual({
      tokens: "[CLS] e [SEP] y [SEP]",
    });
    expect(await asked({ pair: "answer", addSpecialTokens: false }, pair)).toEqual({
      tokens: "a b c d e x y",
    });
  });

  it("tells of another field's vocabulary under that name", () => {
    const options = { to: "target", vocabulary: { special: { padding: null }, tokens: ["a"] } };
    expect(factsOf(words, options, undefined)).toEqual({
      vocabularies: {
        target: { size: 2, unknown: 0, tokens: ["<unk>", "a"], special: [0], decoder: "words" },
      },
    });
  });

  it("names field and transform of what is no text", async () => {
    const { apply } = await create(words, { vocabulary: { tokens: ["a"] } }, undefined);
    const messageOf = async (sample: object) => {
      const fault: unknown = await thrownBy(() => apply({ ...sample }, {} as never));
      return fault instanceof MillraceError ? `${fault.code}: ${fault.message}` : fault;
    };
    expect(await messageOf({ text: null })).toBe('TRANSFORM_INPUT: words needs texts, but "text" is missing');
    expect(await messageOf({ text: 5 })).toBe('TRANSFORM_INPUT: words needs texts, but "text" is 5');
    expect(await messageOf({ texts: "a" })).toBe(
      'TRANSFORM_INPUT: words needs a field of the sample, but there is no "text" (did you mean "texts"?)',
    );
  });

  it("takes a line of ten million letters in its stride", async () => {
    const long = "word 日本 ".repeat(1_250_000);
    const { ids } = await tokenize(words, { maxLength: 3, split: "whitespace" }, long);
    expect(ids).toHaveLength(3);
  });
});
