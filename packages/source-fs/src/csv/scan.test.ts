import fc from "fast-check";
import { expect, it } from "vitest";
import { csvScanner } from "./scan.js";

function scan(pieces: readonly string[], delimiter = ",", lineEnd: "\n" | "\r" = "\n"): string[][] {
  const rows: string[][] = [];
  const scanner = csvScanner("test.csv", { delimiter, lineEnd }, (values) => rows.push([...values]));
  for (const piece of pieces) scanner.write(piece);
  scanner.end();
  return rows;
}

function written(rows: readonly (readonly string[])[], delimiter: string, lineEnd: string): string {
  const value = (text: string) =>
    /["\r\n,;]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
  return rows.map((row) => row.map(value).join(delimiter) + lineEnd).join("");
}

it("gives back any table that was written, wherever the text is cut into pieces", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "é", "😀", '"', ",", ";", "\n", "\r", " "),
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
      (rows, cuts, delimiter, end) => {
        const whole = written(rows, delimiter, end);
        const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((place, i) => whole.slice(places[i], place));
        expect(scan(pieces, delimiter, end === "\r" ? "\r" : "\n")).toEqual(rows);
      },
    ),
    { numRuns: 2000 },
  );
});

it("keeps quotes inside an unquoted value", () => {
  expect(scan(['5" pipe,6"\n'])).toEqual([['5" pipe', '6"']]);
});

it("names the line on which a row starts, counting blank lines and lines inside quotes", () => {
  const lines: number[] = [];
  const scanner = csvScanner("test.csv", { delimiter: ",", lineEnd: "\n" }, (_, line) => lines.push(line));
  scanner.write('a\n\n"b\n\nc"\nd\r\n"e"\nf');
  scanner.end();
  expect(lines).toEqual([1, 3, 6, 7, 8]);
});
