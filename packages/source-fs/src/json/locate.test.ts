import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault, positionOf } from "./locate.js";
import { parseJson } from "./parse.js";

describe("a text that is no JSON", () => {
  it("is told from one that is, as JSON.parse tells them", () => {
    const part = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"',
      "\\",
      "1",
      "-",
      "0",
      ".",
      "e",
      " ",
      "true",
      "nul",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect([text, jsonFault(text) === undefined]).toEqual([text, isJson]);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it.each([
    ['{"a": 1, "b" 2}', 13, "a colon must follow a key"],
    ['{"a": 1 "b": 2}', 8, "a comma or } must follow a value"],
    ['{"a": tru}', 6, "a value of JSON must stand here"],
    ["{'a': 1}", 1, "a key in quotes must stand here"],
    ['{"a": NaN}', 6, "a value of JSON must stand here"],
    ['{"a": "x', 8, "a text must be closed by a quote, but the text ends"],
    ['{"a": "\\x"}', 7, "a backslash must begin one of JSON's escapes"],
    ["[1, 2", 5, "a comma or ] must follow a value, but the text ends"],
    ["[1] 2", 4, "nothing must follow the value"],
  ])("%s is at fault at %i", (text, position, rule) => {
    expect(jsonFault(text)).toEqual({ position, rule });
  });

  it("is not followed into any depth", () => {
    expect(jsonFault("[".repeat(100_000))?.rule).toContain("so deeply");
  });
});

it("values are found by the keys and places that lead to them", () => {
  const text = ' {"a": [1, {"b.c": "x"}], "d": {"b": null}, "a ": 2}';
  const at = (...path: string[]): string => text.slice(positionOf(text, path), positionOf(text, path) + 5);
  expect(at()).toBe('{"a":');
  expect(at("a")).toBe("[1, {");
  expect(at("a", "1", "b.c")).toBe('"x"}]');
  expect(at("d", "b")).toBe("null}");
  expect(at("d", "no")).toBe('{"b":');
  expect(positionOf(`{"a": ${"[".repeat(1000)}${"]".repeat(1000)}}`, ["a"])).toBe(0);
});

it("whole numbers that no double holds keep their digits, all else is what JSON.parse gives", () => {
  expect(
    parseJson('{"id": 9007199254740993, "s": "9007199254740993", "n": [-18446744073709551615, 1]}'),
  ).toEqual({
    id: "9007199254740993",
    s: "9007199254740993",
    n: ["-18446744073709551615", 1],
  });
  const others = "[9007199254740992, 0.12345678901234567, 1e300, 12345678901234567e3]";
  expect(parseJson(others)).toEqual(JSON.parse(others));
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }),
    { seed: 2 },
  );
});
