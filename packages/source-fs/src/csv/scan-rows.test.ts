import fc from "fast-check";
import { expect, it } from "vitest";
import { csvScanner } from "./scan.js";
import { rowScanner } from "./scan-rows.js";

/** Where the rows of `bytes` start, and their lines, when they come in pieces. */
function starts(bytes: Buffer, cuts: readonly number[], dialect: Parameters<typeof csvScanner>[1]) {
  const found: [start: number, line: number][] = [];
  const scanner = rowScanner("t.csv", { dialect, maxRowBytes: 1000 }, (...row) => found.push(row));
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length; i++) {
    const piece = Buffer.from(bytes.subarray(places[i - 1], places[i]));
    if (piece.length > 0) scanner.write(piece);
    // The next piece is written over it.
    piece.fill(0x21);
  }
  return { found, end: scanner.end() };
}

it("finds the rows that the scanner of texts reads, wherever the bytes are cut into pieces", () => {
  const part = fc.constantFrom(
    "a",
    "é",
    ",",
    "\n",
    "\r\n",
    "#",
    ' "',
    "\n\n",
    ',"b\n""c"',
    'é"d\n"',
    "'e\n'",
    '"x"',
    '"y,"\n',
    '"1\n\n2"',
    "\n#,\n",
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.array(fc.nat(40)),
      fc.boolean(),
      fc.constantFrom(",", "é"),
      fc.constantFrom('"', "'", null),
      (parts, cuts, hasComment, delimiter, quote) => {
        const text = parts.join("");
        const dialect = { delimiter, quote, lineEnd: "\n", ...(hasComment && { comment: "#" }) } as const;
        const rows: [values: readonly string[], line: number][] = [];
        try {
          const scanner = csvScanner("t.csv", dialect, (values, line) => rows.push([values, line]));
          scanner.write(text);
          scanner.end();
        } catch {
          // Texts with a fault in a row are for whoever reads that row.
          return;
        }
        const bytes = Buffer.from(text);
        const { found, end } = starts(bytes, cuts, dialect);
        expect(found.map(([, line]) => line)).toEqual(rows.map(([, line]) => line));
        const ends = [...found.slice(1).map(([start]) => start), end];
        for (const [i, [start]] of found.entries()) {
          const own: (readonly string[])[] = [];
          const scanner = csvScanner("t.csv", dialect, (values) => own.push(values));
          scanner.write(bytes.toString("utf8", start, ends[i]));
          scanner.end();
          expect(own).toEqual([rows[i][0]]);
        }
      },
    ),
    { seed: 4, numRuns: 3000 },
  );
});

it("refuses a row that does not end within the limit, by the line where it begins", () => {
  const dialect = { delimiter: ",", quote: '"', lineEnd: "\n" } as const;
  expect(() => starts(Buffer.from(`a\nb\n"${"x\n".repeat(600)}`), [2], dialect)).toThrow(
    "a row must end within 1,000 bytes",
  );
});
