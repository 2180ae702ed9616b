/** How CSV files are written in the world: line ends, encodings, words that are no values. */
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, failureOf, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import type { CsvSample } from "../csv/dataset.js";
import csv from "./csv.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

let files = 0;
async function open(content: string | Uint8Array, options: object = {}, labels?: readonly string[]) {
  const path = `text ${files++}.csv`;
  await folder.write(path, content);
  return openSource<CsvSample>("csv", { path, label: "y", ...options }, folder.baseUrl, labels);
}

async function refusal(content: string | Uint8Array, options: object = {}): Promise<string> {
  const error = await failureOf(() => open(content, options));
  return `${error.code} ${error.describe()}`;
}

async function rowsOf(content: string | Uint8Array, options: object = {}) {
  const dataset = await open(content, options);
  const rows: unknown[] = [];
  for (let i = 0; i < dataset.length; i++) {
    const { features, label } = await dataset.get(i, epoch);
    rows.push([...(features ?? []), label]);
  }
  return rows;
}

describe("csv takes", () => {
  const rows = [
    [1, 0],
    [2, 1],
  ];

  it("lines that end in carriage returns alone", async () => {
    expect(await rowsOf("a,y\r1,x\r2,z\r")).toEqual(rows);
    expect(await rowsOf('\r"a",y\r\r1,x\r2,z')).toEqual(rows);
    const long = `a,y,${"t".repeat(3 << 20)}\r1,x,\r2,z,\r`;
    expect(await rowsOf(long, { features: ["a"] })).toEqual(rows);
  });

  it("text whose byte order mark says UTF-16, whatever `encoding` says", async () => {
    const text = "\ufeffa,y\n1,x\n2,z\n";
    const little = Buffer.from(text, "utf16le");
    expect(await rowsOf(little)).toEqual(rows);
    expect(await rowsOf(Buffer.from(little).swap16())).toEqual(rows);
    expect(await rowsOf(text, { encoding: "latin1" })).toEqual(rows);
  });

  it("a line break in a quoted name, whatever the delimiter", async () => {
    const dataset = await open('"a\n(EUR)";b;y\n1;2;x\n3;4;z\n');
    expect(dataset.facts?.features).toEqual(["a\n(EUR)", "b"]);
    expect(dataset.key?.(1)).toMatch(/\.csv:4$/);
  });

  it("quotes as plain text where `quote` is null, as pandas's QUOTE_NONE does", async () => {
    const text = 'y\tt\nham\t"hi there\nspam\tit\'s 5" wide\nham\t"whole"\n';
    const dataset = await open(text, { quote: null, columns: { t: "text" } });
    const texts = [0, 1, 2].map(async (i) => (await dataset.get(i, epoch)).t);
    expect(await Promise.all(texts)).toEqual(['"hi there', "it's 5\" wide", '"whole"']);
    expect(dataset.column?.("t")).toHaveLength(3);
  });

  it("a gzip file, as if it were unzipped, and asks it for columns later", async () => {
    const text = `a,y,t\n${Array.from({ length: 300_000 }, (_, i) => `${i},${i % 2 ? "x" : "z"},text ${i}\n`).join("")}`;
    const dataset = await open(gzipSync(text), { features: ["a"] });
    expect([dataset.length, dataset.facts?.labels]).toEqual([300_000, ["x", "z"]]);
    expect(await dataset.get(299_999, epoch)).toMatchObject({ label: 0 });
    const column = await dataset.column?.("t");
    expect(column?.[299_999]).toBe("text 299999");
    const utf16 = gzipSync(Buffer.from("\ufeffa,y\n1,x\n2,z\n", "utf16le"));
    expect(await rowsOf(utf16)).toEqual(rows);
    const cut = gzipSync(text).subarray(0, -100);
    expect(await refusal(cut, { features: ["a"] })).toMatch(
      /FILE_FORMAT a gzip file must be whole, but: unexpected end of file.*\.csv/,
    );
    expect(await refusal(gzipSync(text), { access: "file" })).toMatch(/OPTION_INVALID.*is gzipped\n.*gunzip/);
  });

  it("tabs in a file of tabs, whatever else its first line has", async () => {
    const options = { header: false, label: "0", columns: { t: { type: "text", from: "1" } } };
    await folder.write("texts.tsv", "ham\tone, two, three\nspam\tfour\n");
    for (const access of ["memory", "file"]) {
      const dataset = await openSource<CsvSample>(
        "csv",
        { path: "texts.tsv", access, ...options },
        folder.baseUrl,
      );
      expect(await dataset.get(0, epoch)).toEqual({ label: 0, t: "one, two, three" });
      await dataset.close?.();
    }
    await folder.write("commas.tsv", "a,y\n1,x\n");
    const commas = await openSource<CsvSample>("csv", { path: "commas.tsv", label: "y" }, folder.baseUrl);
    expect(commas.facts?.features).toEqual(["a"]);
  });

  it("values within another quote, which hides what `auto` counts", async () => {
    expect(await rowsOf("a;'y,,,'\n1;'x'\n2;'z\n''y'\n", { quote: "'", label: "y,,," })).toEqual(rows);
  });

  it("words for missing values as classes, where `missing` leaves them out or training knew them", async () => {
    const dataset = await open("a,y\n1,NA\n2,DE\n", { missing: [] });
    expect(dataset.facts?.labels).toEqual(["DE", "NA"]);
    const validation = await open("a,y\n1,NA\n", {}, ["DE", "NA"]);
    expect((await validation.get(0, epoch)).label).toBe(1);
  });
});

describe("csv refuses", () => {
  it.each(["0x10", "0b11", "0o7", " 0x10", "\u00a00X1f"])("%j, which is no decimal number", async (text) => {
    expect(await refusal(`a,y\n${text},x\n`)).toMatch(/FILE_FORMAT column "a" must hold finite.*\.csv:2/);
  });

  it.each(["NaN", "NA", "n/a", "null"])("a class of %s by line, and says how to allow it", async (word) => {
    expect(await refusal(`a,y\n1,x\n2,${word}\n`)).toMatch(
      /LABEL_UNKNOWN a class must be more.*:3: column "y"\)\n.*`missing`/,
    );
  });

  it("a class of blanks, without a suggestion", async () => {
    expect(await refusal("a,y\n1,x\n2,  \n")).toMatch(
      /LABEL_UNKNOWN a class must not be blank \(.*:3: column "y"/,
    );
    expect(await refusal("a,y\n1,x\n2,\n")).not.toContain("did you mean");
  });

  it("whole numbers whose digits a double cannot hold", async () => {
    const text = await refusal("a,y\n1,9007199254740993\n2,1.5\n", { labelType: "number" });
    expect(text).toMatch(/FILE_FORMAT column "y".*9007199254740993.*:2/);
    expect(await rowsOf("a,y\n1,9007199254740994\n", { labelType: "number" })).toHaveLength(1);
  });

  it("UTF-16 without a mark, with its name", async () => {
    expect(await refusal(Buffer.from("a,y\n1,x\n", "utf16le"))).toMatch(/FILE_FORMAT.*U\+0000[^]*utf-16le/);
  });

  it("a quote that is never closed after 16 million characters, by the line where it stands", async () => {
    const text = `a,y\n1,x\n2,"z\n${"3,x\n".repeat(5 << 20)}`;
    expect(await refusal(text)).toMatch(/must be closed within 16,777,216 characters.*\.csv:3/);
  });

  it("a lone quote, and says how it is taken as text", async () => {
    expect(await refusal('a,y\n1,x\n2,"z\n3,x\n')).toMatch(
      /the file ends inside one.*\.csv:3.*\n.*if quotes are plain text here, set `quote` to null/,
    );
    expect(await refusal('a,y\n1,"x" z\n')).toContain("set `quote` to null");
  });

  it("a decimal comma, and says which option takes it", async () => {
    expect(await refusal("a;y\n1,5;x\n")).toMatch(/was "1,5".*\n.*set `decimal` to ","\.$/);
    const columns = { a: "float64", y: "text" };
    expect(await refusal("a;y\n1.234,5;x\n", { columns, label: undefined })).toMatch(
      /was "1\.234,5".*\n.*set `decimal` to "," and `thousands` to "\."\.$/,
    );
    expect(await refusal("a;y\n1,x;x\n")).not.toContain("decimal");
  });

  it("a quote that is the delimiter too, or no one character", async () => {
    expect(await refusal("a'y\n", { delimiter: "'", quote: "'" })).toMatch(
      /OPTION_INVALID `delimiter` and `quote` must differ, but both are "'"/,
    );
    for (const quote of ["''", "", "é", "\n"]) {
      expect(() => csv.options.parse({ path: "a.csv", quote })).toThrow("one ASCII character");
    }
  });

  it("a file without line ends", async () => {
    expect(await refusal("a,".repeat(17 << 20))).toMatch(/a row must end within 33,554,432 characters.*:1/);
  });
});

describe("csv with very many columns", () => {
  it("takes time by their number, and memory by what it holds", async () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `gene_${i}`);
    const row = (r: number, y: string) => `${names.map((_, i) => (i + r) % 10).join(",")},${y}\n`;
    const before = process.memoryUsage().arrayBuffers;
    const dataset = await open(`${names.join(",")},y\n${row(0, "x")}${row(1, "z")}`);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    expect((await dataset.get(1, epoch)).features?.[19_999]).toBe(0);
    expect(dataset.column?.("gene_12")).toEqual(Float32Array.of(2, 3));
    const text = await refusal(`${names.join(",")},y\n`, { label: "gene_x" });
    expect(text.length).toBeLessThan(1500);
    expect(text).toContain("and 19971 more");
  });
});
