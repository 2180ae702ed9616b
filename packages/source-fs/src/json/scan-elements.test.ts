import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MillraceError } from "@millrace/core";
import { elementScanner } from "./scan-elements.js";

function scan(pieces: readonly Buffer[], at: readonly string[] = []) {
  const found: [start: number, line: number][] = [];
  const rules = { at, maxRecordBytes: 1000 };
  const scanner = elementScanner("t.json", rules, (...record) => found.push(record));
  for (const piece of pieces) scanner.write(piece);
  return { found, end: scanner.end() };
}

function faultOf(text: string, at: readonly string[] = []): readonly (string | undefined)[] {
  try {
    scan([Buffer.from(text)], at);
    return [];
  } catch (error) {
    const { message, where, hint } = error as MillraceError;
    return [message, where[0], hint];
  }
}

describe("elements of a list", () => {
  it("are found in any JSON, wherever its bytes are cut into pieces and whatever is around them", () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const blanks = fc.constantFrom("", " ", "\n", "\r\n\t");
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 5 }),
        fc.array(fc.nat(80)),
        blanks,
        fc.boolean(),
        (list, cuts, blank, isInside) => {
          const written = list.map((each) => JSON.stringify(each, null, blank));
          const array = `[${blank}${written.join(`${blank},${blank}`)}${blank}]`;
          const text = isInside
            ? `{"x": [1, {"b": [2]}], "a\\"":{ "y":"b", "b"${blank}: ${array}, "z": "]}" }, "b": {}}${blank}`
            : `${blank}${array}${blank}`;
          const bytes = Buffer.from(text);
          const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
          const pieces = places.slice(1).map((place, i) => bytes.subarray(places[i], place));
          const { found, end } = scan(
            pieces.filter(({ length }) => length > 0),
            isInside ? ['a"', "b"] : [],
          );
          const ends = [...found.slice(1).map(([start]) => start), end];
          const own = found.map(([start], i) =>
            bytes.toString("utf8", start, ends[i]).trim().replace(/,$/, ""),
          );
          expect(own.map((each) => JSON.parse(each) as unknown)).toEqual(
            JSON.parse(`[${written.join(",")}]`),
          );
          for (const [start, line] of found)
            expect(line).toBe(bytes.toString("utf8", 0, start).split("\n").length);
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  it("are refused by line and column where there are none, one is missing, or the file ends", () => {
    const whole = "Is it cut off, or no JSON?";
    expect(faultOf("")).toEqual(["a JSON file must hold a value, but is empty", "t.json:1:1", whole]);
    expect(faultOf('[{"a":1},\n {"b"')).toEqual([
      "a JSON file must be whole, but ends here",
      "t.json:2:6",
      whole,
    ]);
    expect(faultOf("[1,,2]")[0]).toContain("a value on each side of a comma");
    expect(faultOf("[1,2,]")[1]).toBe("t.json:1:6");
    expect(faultOf("[] []").slice(0, 2)).toEqual([
      "a JSON file must hold one value, but something follows it",
      "t.json:1:4",
    ]);
    expect(faultOf('{"a": 1}\n{"a": 2}')).toEqual([
      "the file must be a list of samples",
      "t.json:1:1",
      expect.stringContaining("use json-lines"),
    ]);
    expect(faultOf('{"data": {"rows": []}, "n": 1}', ["data", "items"])).toEqual([
      'the way to the list must have the key "items", it is not there',
      "t.json:1:21",
      "There is: rows.",
    ]);
    expect(faultOf('{"data": [1]}', ["data", "items"])[0]).toBe('"data" must be an object');
    expect(faultOf('{"data": 1}', ["data"])[0]).toBe('"data" must be a list of samples');
    expect(faultOf(`["${"x".repeat(1001)}"]`)[0]).toContain("a sample must end within 1,000 bytes");
  });
});
