import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, failureOf, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import type { CsvSample } from "../csv/dataset.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

let files = 0;
async function open(content: string | Uint8Array, options: object = {}, labels?: readonly string[]) {
  const path = `table ${files++}.csv`;
  await folder.write(path, content);
  return openSource<CsvSample>("csv", { path, ...options }, folder.baseUrl, labels);
}

async function failure(content: string | Uint8Array, options: object = {}, labels?: readonly string[]) {
  const error = await failureOf(() => open(content, options, labels));
  return { code: error.code, text: error.describe() };
}

const flowers = 'width,"height, in cm",kind\n1,2.5,rose\n3,-4e-1,"lily"\r\n\n5,6,rose';

describe("csv yields", () => {
  it("features of all columns but the label, and class indices in sorted order", async () => {
    const dataset = await open(flowers, { label: "kind" });
    const facts = { labels: ["lily", "rose"], features: ["width", "height, in cm"] };
    expect([dataset.length, dataset.facts]).toEqual([3, facts]);
    expect(await dataset.get(0, epoch)).toEqual({ features: Float32Array.of(1, 2.5), label: 1 });
    expect(await dataset.get(1, epoch)).toEqual({ features: Float32Array.of(3, -0.4), label: 0 });
    expect(await dataset.get(2, epoch)).toEqual({ features: Float32Array.of(5, 6), label: 1 });
  });

  it("features chosen and ordered by name, leaving text columns alone", async () => {
    const dataset = await open("id,a,b\nx,1,2\ny,3,4\n", { features: ["b", "a"] });
    expect(await dataset.get(1, epoch)).toEqual({ features: Float32Array.of(4, 3) });
    expect(dataset.facts).toEqual({ features: ["b", "a"] });
    expect(dataset.column?.("id")).toEqual(["x", "y"]);
    expect(dataset.column?.("a")).toEqual(Float32Array.of(1, 3));
    expect(dataset.column?.("c")).toBeUndefined();
  });

  it("columns by name, and the label's under `label` too", async () => {
    const dataset = await open(flowers, { label: "kind" });
    expect(Array.from((await dataset.column?.("label")) ?? [])).toEqual([1, 0, 1]);
    expect(dataset.column?.("kind")).toEqual(["rose", "lily", "rose"]);
  });

  it("numbers as labels for regression, in double precision", async () => {
    const dataset = await open("x;y\n1;16777217\n2;0.1\n", { label: "y", labelType: "number" });
    expect((await dataset.get(0, epoch)).label).toBe(16777217);
    expect((await dataset.get(1, epoch)).label).toBe(0.1);
    expect(dataset.facts).toEqual({ features: ["x"] });
  });

  it("classes in numeric order where all are numbers", async () => {
    const dataset = await open("x,y\n1,10\n1,9\n1,-1\n", { label: "y" });
    expect(dataset.facts?.labels).toEqual(["-1", "9", "10"]);
  });

  it("label indices after the training classes, and refuses others by line", async () => {
    const dataset = await open("x,y\n1,b\n2,c\n", { label: "y" }, ["a", "b", "c"]);
    expect(Array.from((await dataset.column?.("label")) ?? [])).toEqual([1, 2]);
    const { code, text } = await failure("x,y\n1,b\n2,d\n2,d\n", { label: "y" }, ["b", "c"]);
    expect(code).toBe("LABEL_UNKNOWN");
    expect(text).toMatch(/must be one of the 2 known classes, was "d".*\.csv:3/);
  });

  it.each([",", ";", "\t", "|"])("the same table for delimiter %j, found or given", async (delimiter) => {
    const text = 'a,"b,;\t|"\n1,2\n'.replace("a,", `a${delimiter}`).replace("1,2", `1${delimiter}2`);
    for (const options of [{}, { delimiter }]) {
      const dataset = await open(text, options);
      expect(await dataset.get(0, epoch)).toEqual({ features: Float32Array.of(1, 2) });
      expect(dataset.column?.("b,;\t|")).toEqual(Float32Array.of(2));
    }
  });

  it("columns by number where there is no header", async () => {
    const dataset = await open("1,2,x\n3,4,y\n", { header: false, label: "2" });
    expect([dataset.length, (await dataset.get(1, epoch)).features]).toEqual([2, Float32Array.of(3, 4)]);
  });

  it("text in other encodings, without a byte order mark", async () => {
    const utf16 = Buffer.from("\ufeffgröße,art\n1,ö\n", "utf16le");
    const dataset = await open(utf16, { label: "art", encoding: "utf-16le" });
    expect(dataset.column?.("größe")).toEqual(Float32Array.of(1));
    expect(dataset.facts?.labels).toEqual(["ö"]);
    expect((await open("\ufeffa,b\n1,2\n")).column?.("a")).toEqual(Float32Array.of(1));
  });

  it("every row of a file larger than one read", async () => {
    const rows = Array.from({ length: 120_000 }, (_, i) => (i % 7 === 0 ? `${i},"é ""${i}""\n"` : `${i},é`));
    const dataset = await open(`n,t\r\n${rows.join("\r\n")}`, { features: ["n"] });
    expect(dataset.length).toBe(rows.length);
    expect(dataset.column?.("n")).toEqual(Float32Array.from(rows.keys()));
    expect((await dataset.column?.("t"))?.[119_994]).toBe('é "119994"\n');
  });
});

describe("csv refuses", () => {
  const x = "a,b\n1,2\n";
  const cases: [string, string | Uint8Array, object, string, RegExp][] = [
    [
      "a value that is not a number, by file, line and column",
      'a,b\n"1",2\n\n3,n/a\n',
      {},
      "FILE_FORMAT",
      /column "b" must hold finite float32 numbers, was "n\/a" \(.*\.csv:4\)/,
    ],
    ["a missing value", "a,b\n1,\n", {}, "FILE_FORMAT", /column "b".*was "" \(.*:2\)/],
    ["a number too large for its type", "a,b\n1,1e39\n", {}, "FILE_FORMAT", /was "1e39"/],
    ["infinity", "a,b\n1,-Infinity\n", {}, "FILE_FORMAT", /was "-Infinity"/],
    [
      "a row that is too short",
      "a,b,c\n1,2,3\n4,5\n6,7,8\n",
      {},
      "FILE_FORMAT",
      /3 values, as the first line has, but one has 2 \(.*:3\)/,
    ],
    ["a short last row", "a,b,c\n1,2,3\n4,5", {}, "FILE_FORMAT", /but one has 2 \(.*:3\)/],
    ["a row that is too long", 'a,b\n"1",2,3\n', {}, "FILE_FORMAT", /but one has 3 \(.*:2\)/],
    ["a column name that stands twice", "a,b,a\n1,2,3\n", {}, "FILE_FORMAT", /"a" stands there twice/],
    ["an empty file", "", {}, "FILE_FORMAT", /is empty/],
    ["a file of blank lines", "\n\r\n\n", {}, "FILE_FORMAT", /must have rows/],
    ["a header without rows", "a,b\n", {}, "FILE_FORMAT", /has a header and no rows/],
    ["a quote that is never closed", 'a,b\n1,2\n3,"4\n5,6\n', {}, "FILE_FORMAT", /must be closed.*:3\)/],
    ["text after a closing quote", 'a,b\n1,"2"3\n', {}, "FILE_FORMAT", /was followed by "3.*:2\)/],
    [
      "bytes that are not the encoding's",
      Buffer.from("a,b\n1,\xe9\n", "latin1"),
      {},
      "FILE_FORMAT",
      /must be text in utf-8[^]*:2\)[^]*encoding/,
    ],
    [
      "a byte of another encoding far behind, after a value of several lines",
      Buffer.concat([Buffer.from(`a,b\n1,"\né"\n${"1,ü\n".repeat(300_000)}1,"\n`), Buffer.of(0xff)]),
      { label: "b" },
      "FILE_FORMAT",
      /must be text in utf-8.*:300005\)/,
    ],
    ["U+0000", "a,b\n1,\0\n", {}, "FILE_FORMAT", /but holds U\+0000.*:2\)/],
    ["an unknown encoding", x, { encoding: "utf-9" }, "OPTION_INVALID", /was "utf-9"/],
    [
      "an unknown label",
      "quality,b\n1,2\n",
      { label: "qualty" },
      "OPTION_INVALID",
      /column "qualty" is not in the file \(did you mean "quality"\?\)/,
    ],
    [
      "an unknown feature",
      x,
      { features: ["z"] },
      "OPTION_INVALID",
      /column "z" is not in the file[^]*The columns are: a, b/,
    ],
    ["a feature named twice", x, { features: ["a", "a"] }, "OPTION_INVALID", /"a" must be named once/],
    [
      "the label as a feature",
      x,
      { features: ["a"], label: "a" },
      "OPTION_INVALID",
      /must not be among the features/,
    ],
    ["a label alone", "a\n1\n", { label: "a" }, "OPTION_INVALID", /at least one column/],
    [
      "a blank class",
      "a,b\n1,x\n1,\n",
      { label: "b" },
      "LABEL_UNKNOWN",
      /must not be blank \(.*:3: column "b"/,
    ],
  ];
  it.each(cases)("%s", async (_, content, options, code, message) => {
    const found = await failure(content, options);
    expect(found.text).toMatch(message);
    expect(found.code).toBe(code);
  });

  it("a file that is not there, with a hint", async () => {
    const error = await failureOf(() => openSource("csv", { path: "nowhere.csv" }, folder.baseUrl));
    expect([error.code, error.message, error.hint]).toEqual([
      "FILE_NOT_FOUND",
      expect.stringContaining("nowhere.csv does not exist"),
      "Correct `path`; it is relative to the spec.",
    ]);
  });
});

const shared = new URL("../../../../../shared/data/", import.meta.url);

it.skipIf(!existsSync(fileURLToPath(new URL("winequality-white.csv", shared))))(
  "reads the white wines (needs ../shared/data)",
  async () => {
    const options = { path: "winequality-white.csv", label: "quality" };
    const dataset = await openSource<CsvSample>("csv", options, shared);
    expect([dataset.length, dataset.facts?.labels]).toEqual([4898, ["3", "4", "5", "6", "7", "8", "9"]]);
    expect((await dataset.get(0, epoch)).features).toEqual(
      Float32Array.of(7, 0.27, 0.36, 20.7, 0.045, 45, 170, 1.001, 3, 0.45, 8.8),
    );
  },
);
