import fc from "fast-check";
import { expect, it } from "vitest";
import { csvScanner } from "./scan.js";

function scan(
  pieces: readonly string[],
  delimiter = ",",
  lineEnd: "\n" | "\r" = "\n",
  comment?: string,
  quote: string | null = '"',
): string[][] {
  const rows: string[][] = [];
  const scanner = csvScanner("test.csv", { delimiter, quote, lineEnd, comment }, (values) =>
    rows.push([...values]),
  );
  for (const piece of pieces) scanner.write(piece);
  scanner.end();
  return rows;
}

function written(
  rows: readonly (readonly string[])[],
  delimiter: string,
  lineEnd: string,
  quote: string,
): string {
  const value = (text: string) =>
    /["'\r\n,;]/.test(text) || text === "" ? quote + text.replaceAll(quote, quote + quote) + quote : text;
  return rows.map((row) => row.map(value).join(delimiter) + lineEnd).join("");
}

it("gives back any table that was written, wherever the text is cut into pieces", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "é", "😀", '"', "'", ",", ";", "\n", "\r", " "),
    maxLength: 6,
  });
  const table = fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
  const cuts = fc.array(fc.nat(80), { maxLength: 8 });
  fc.assert(
    fc.property(
      table,
      cuts,
      fc.constantFrom(",", ";"),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.constantFrom('"', "'"),
      (rows, cuts, delimiter, end, quote) => {
        const whole = written(rows, delimiter, end, quote);
        const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((place, i) => whole.slice(places[i], place));
        expect(scan(pieces, delimiter, end === "\r" ? "\r" : "\n", undefined, quote)).toEqual(rows);
      },
    ),
    { numRuns: 2000 },
  );
});

it("passes over comments wherever they stand, and wherever the text is cut", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "#", "/", '"', ",", " "), maxLength: 5 });
  const row = fc.array(text, { minLength: 2, maxLength: 3 });
  const lines = fc.array(fc.oneof(row, text), { maxLength: 8 });
  fc.assert(
    fc.property(lines, fc.array(fc.nat(60)), fc.constantFrom("#", "//"), (lines, cuts, comment) => {
      const value = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const whole = lines
        .map((line) => (typeof line === "string" ? `${comment}${line}` : line.map(value).join(",")))
        .join("\n");
      const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const pieces = places.slice(1).map((place, i) => whole.slice(places[i], place));
      const rows = lines.filter((line) => typeof line !== "string");
      expect(scan(pieces, ",", "\n", comment)).toEqual(rows);
    }),
    { seed: 4, numRuns: 500 },
  );
});

it("takes quotes as text where none stand around values, wherever the text is cut", () => {
  const value = fc.string({ unit: fc.constantFrom("a", '"', "'", " "), minLength: 1, maxLength: 5 });
  const table = fc.array(fc.array(value, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
  fc.assert(
    fc.property(table, fc.array(fc.nat(60)), fc.constantFrom("\n", "\r\n"), (rows, cuts, end) => {
      const whole = rows.map((row) => row.join(",") + end).join("");
      const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const pieces = places.slice(1).map((place, i) => whole.slice(places[i], place));
      expect(scan(pieces, ",", "\n", undefined, null)).toEqual(rows);
    }),
    { seed: 4, numRuns: 500 },
  );
});

it("keeps quotes inside an unquoted value", () => {
  expect(scan(['5" pipe,6"\n'])).toEqual([['5" pipe', '6"']]);
});

it("names the line on which a row starts, counting blank lines and lines inside quotes", () => {
  const lines: number[] = [];
  const scanner = csvScanner("test.csv", { delimiter: ",", quote: '"', lineEnd: "\n" }, (_, line) =>
    lines.push(line),
  );
  scanner.write('a\n\n"b\n\nc"\nd\r\n"e"\nf');
  scanner.end();
  expect(lines).toEqual([1, 3, 6, 7, 8]);
});
