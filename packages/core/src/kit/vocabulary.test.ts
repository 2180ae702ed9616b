import { describe, expect, it } from "vitest";
import { byteCharacters, bytesOfToken, decodeTokens, type Vocabulary } from "./vocabulary.js";

const of = (decoder: Vocabulary["decoder"], ...tokens: string[]) => ({ decoder, tokens, special: [0] });

describe("decodeTokens", () => {
  it("joins names as their decoder says, and leaves special tokens and strange ids out", () => {
    const ids = [0, 1, 2, 9, 3];
    expect(decodeTokens(of("characters", "<pad>", "a", "é", "😀"), ids)).toBe("aé😀");
    expect(decodeTokens(of("words", "<pad>", "free", "entry", "!"), ids)).toBe("free entry !");
    expect(decodeTokens(of("wordPiece", "[PAD]", "un", "##believ", "##able"), ids)).toBe("unbelievable");
    expect(decodeTokens(of("metaspace", "<pad>", "▁free", "▁ent", "ry"), ids)).toBe("free entry");
    expect(decodeTokens(of("metaspace", "<pad>", "▁", "<0xC3>", "<0xA9>"), ids)).toBe("é");
  });

  it("decodes byte-level names as UTF-8, a byte order mark and half a character too", () => {
    expect(decodeTokens(of("byteLevel", "<pad>", "ï»¿", "Ã", "©Ġa"), [1, 2, 3])).toBe("\uFEFFé a");
    expect(decodeTokens(of("byteLevel", "<pad>", "Ã"), [1])).toBe("\uFFFD");
  });
});

describe("byteCharacters", () => {
  it("names each byte by one character, and reads it back", () => {
    expect(new Set(byteCharacters).size).toBe(256);
    expect(byteCharacters.map((name) => bytesOfToken(name)?.[0])).toEqual([...Array(256).keys()]);
    expect([byteCharacters[65], byteCharacters[32], byteCharacters[0]]).toEqual(["A", "Ġ", "Ā"]);
    expect(bytesOfToken("日")).toBeUndefined();
  });
});
