import { expect, it } from "vitest";
import { decompressed, mostExpanded } from "./codecs.js";

it("a codec that nothing knows, or that has no name, is refused in words", () => {
  expect(() => mostExpanded("LZO", 8)).toThrow("it is compressed with LZO, which is not known");
  expect(() => mostExpanded(undefined, 8)).toThrow("it is compressed with a codec that has no name");
  expect(() => decompressed("LZO", Uint8Array.of(1), 8)).toThrow("it is compressed with LZO");
});
