import fc from "fast-check";
import { expect, it } from "vitest";
import { lineScanner } from "./scan-lines.js";

/** Where lines start, and their numbers; the bytes come in pieces. */
function scan(pieces: readonly Buffer[], skipBlank = false, maxLineBytes = 100) {
  const found: [start: number, line: number][] = [];
  const scanner = lineScanner("t.txt", { skipBlank, maxLineBytes }, (...record) => found.push(record));
  for (const piece of pieces) scanner.write(piece);
  return { found, end: scanner.end() };
}

it("finds the lines of any text, wherever its bytes are cut into pieces", () => {
  const line = fc.string({ unit: fc.constantFrom("a", "é", "😀", " ", "\t", "\r"), maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.nat(60)),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
      fc.boolean(),
      (lines, cuts, end, skipBlank, isEnded) => {
        const text = lines.map((each) => each + end).join("");
        const bytes = Buffer.from(isEnded ? text : text.slice(0, -end.length));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((place, i) => bytes.subarray(places[i], place));
        const { found, end: last } = scan(
          pieces.filter(({ length }) => length > 0),
          skipBlank,
        );
        const expected: [number, number][] = [];
        let start = 0;
        for (const [i, each] of bytes.toString().split("\n").entries()) {
          const isThere = start < bytes.length && !(skipBlank && /^[ \t\r]*$/.test(each));
          if (isThere) expected.push([start, i + 1]);
          start += Buffer.byteLength(each) + 1;
        }
        expect([found, last]).toEqual([expected, bytes.length]);
      },
    ),
    { seed: 5, numRuns: 300 },
  );
});

it("begins behind a mark of UTF-8, and refuses that of UTF-16", () => {
  expect(scan([Buffer.from("\ufeffa\nb")]).found).toEqual([
    [3, 1],
    [5, 2],
  ]);
  for (const mark of [
    [0xff, 0xfe],
    [0xfe, 0xff],
  ])
    expect(() => scan([Buffer.from([...mark, 65, 0])])).toThrow(
      "must be UTF-8, but the file begins with the mark",
    );
});

it("refuses a line that is longer than the limit, by its number, as soon as it is", () => {
  const text = Buffer.from(`a\n${"b".repeat(101)}`);
  expect(() => scan([text])).toThrow("a line must end within 100 bytes");
  expect(scan([Buffer.from(`a\n${"b".repeat(100)}\n`)]).found).toHaveLength(2);
});
