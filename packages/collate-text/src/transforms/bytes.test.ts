import { decodeTokens } from "@millrace/core";
import { testTransform } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { create, factsOf, fitted, tokenize } from "../../test/tokenize.js";
import bytes from "./bytes.js";

testTransform({
  plugin: bytes,
  options: { maxLength: 6, vocabulary: { special: { end: "</s>" } } },
  sample: () => ({ text: "é日😀", label: 1 }),
  training: () => [{ text: "", label: 0 }],
  fields: { text: { type: "text" } },
  invalidOptions: [{ name: "a side that is none", options: { truncationSide: "top" }, message: /left/ }],
  wrongSamples: { "no text": { text: null } },
});

testTransform({
  plugin: bytes,
  options: { vocabulary: { minCount: 2 } },
  sample: () => ({ text: "aab" }),
  training: () => [{ text: "" }, { text: "bé" }],
});

describe("bytes", () => {
  const text = "a\u0000é日😀\ufeff";

  it("gives the bytes of UTF-8 behind the special tokens, and decodes to the text", async () => {
    const { ids, vocabulary, sample } = await tokenize(bytes, { offsets: true }, text);
    expect(ids).toEqual([...new TextEncoder().encode(text)].map((byte) => byte + 1));
    expect(vocabulary).toMatchObject({ size: 257, padding: 0, special: [0] });
    expect(vocabulary).not.toHaveProperty("unknown");
    expect(decodeTokens(vocabulary, [0, ...ids, 0])).toBe(text);
    const { data } = sample.tokensOffsets as { data: Int32Array };
    expect([...data.subarray(0, 8)]).toEqual([0, 1, 1, 2, 2, 3, 2, 3]);
    expect([...data.subarray(-8)]).toEqual([4, 6, 6, 7, 6, 7, 6, 7]);
  });

  it("takes half of a surrogate pair for U+FFFD", async () => {
    const { ids, vocabulary } = await tokenize(bytes, {}, "\udc00");
    expect(decodeTokens(vocabulary, ids)).toBe("\ufffd");
  });

  it("learns which bytes there are where it is told how many", async () => {
    const options = { vocabulary: { maxSize: 4 } };
    const state = fitted(bytes, options, [{ text: "aab c" }, { text: "abc" }]);
    expect(factsOf(bytes, options, state).vocabulary).toMatchObject({ tokens: ["<pad>", "<unk>", "a", "b"] });
    const { apply } = await create(bytes, options, state);
    expect(await apply({ text: "a c b" }, {} as never)).toEqual({ tokens: Int32Array.of(2, 1, 1, 1, 3) });
  });
});
