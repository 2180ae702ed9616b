/** Byte-level BPE learned here beside that of Hugging Face's tokenizers, recorded by fixtures/record-tokenizers.py. */
import { readFile } from "node:fs/promises";
import { decodeTokens, type Vocabulary } from "@millrace/core";
import { testTransform } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import bpe from "../src/transforms/bpe.js";
import { lines } from "./lines.js";
import { create, factsOf, fitted, thrownBy, tokenize } from "./tokenize.js";

const corpus = lines(3000);

testTransform({
  plugin: bpe,
  options: { vocabularySize: 300, offsets: true, special: { begin: "<s>", end: "</s>" } },
  sample: () => ({ text: "naïve naïve 👩‍👩‍👧", label: 1 }),
  training: () => [{ text: "", label: 0 }, ...corpus.slice(0, 20).map((text) => ({ text, label: 2 }))],
  fields: { text: { type: "text" } },
  invalidOptions: [
    { name: "no room for bytes", options: { vocabularySize: 256 }, message: /257/ },
    {
      name: "no room for special tokens",
      options: { vocabularySize: 257, special: { other: ["a1", "a2"] } },
      message: /256 bytes and 3 special tokens, was 257/,
    },
    { name: "a special token that is a byte", options: { special: { end: "A" } }, message: /has "A"/ },
  ],
  wrongSamples: { "no text": { text: null } },
});

describe("bpe", () => {
  it("writes the very tokenizer.json that Hugging Face's trainer makes of the same texts", async () => {
    const recorded = await readFile(new URL("fixtures/tokenizers/byte-level.json", import.meta.url), "utf8");
    const { tokenizer } = JSON.parse(recorded) as { tokenizer: object };
    const special = { padding: null, other: ["<|endoftext|>"] };
    const options = { vocabularySize: 1000, minFrequency: 1, special };
    const samples = corpus.map((text) => ({ text }));
    const { files } = fitted(bpe, options, samples) as { files: { "tokenizer.json": string } };
    expect(JSON.parse(files["tokenizer.json"])).toEqual(tokenizer);
  });

  it("tells of its special tokens, puts them around texts, and decodes to the text", async () => {
    const special = { begin: "<s>", end: "</s>", mask: "<mask>" };
    const text = "one two 日本 <s> \u0000 three";
    const { ids, vocabulary } = await tokenize(
      bpe,
      { vocabularySize: 270, special },
      ...corpus.slice(0, 50),
      text,
    );
    expect(vocabulary).toMatchObject({
      size: 270,
      padding: 0,
      begin: 1,
      end: 2,
      mask: 3,
      decoder: "byteLevel",
    });
    expect(vocabulary).not.toHaveProperty("unknown");
    expect([ids[0], ids.at(-1)]).toEqual([1, 2]);
    expect(ids.filter((id) => id < 4)).toHaveLength(2);
    expect(decodeTokens(vocabulary, ids)).toBe(text);
  });

  it("has fewer tokens where no pair is there often enough", () => {
    const sizes = [2, 100].map((minFrequency) => {
      const options = { minFrequency };
      const state = fitted(bpe, options, [{ text: "ababab ababab" }]);
      return (factsOf(bpe, options, state).vocabulary as Vocabulary).size;
    });
    // Behind <pad> and the bytes: ab, abab, ababab.
    expect(sizes).toEqual([260, 257]);
  });

  it("takes a run's file that is damaged for what it is", async () => {
    const state = { files: { "tokenizer.json": "{" } };
    expect(await thrownBy(() => create(bpe, {}, state))).toMatchObject({ code: "FILE_FORMAT" });
  });
});
