/** Columns with types of a CSV file: what samples and batches hold of them, whatever the rows hold. */
import { type Dataset, defaultCollate, heapAllocator } from "@millrace/core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  encoded,
  epoch,
  failureOf,
  type Folder,
  openSource,
  reopened,
  temporaryFolder,
} from "../../test/support.js";
import type { CsvSample } from "../csv/dataset.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

let files = 0;
async function open(content: string, options: object = {}): Promise<Dataset<CsvSample>> {
  const path = `columns ${files++}.csv`;
  await folder.write(path, content);
  return openSource<CsvSample>("csv", { path, ...options }, folder.baseUrl);
}

async function samplesOf(dataset: Dataset<CsvSample>): Promise<CsvSample[]> {
  const samples: CsvSample[] = [];
  for (let index = 0; index < dataset.length; index++) samples.push(await dataset.get(index, epoch));
  return samples;
}

async function failure(content: string, options: object) {
  const error = await failureOf(() => open(content, options));
  return { code: error.code, text: error.describe() };
}

const people = `name,age,sex,born,alone,id
Ann,22,f,1990-02-01,true,9007199254740993
"Bob, jr.",,m,1991-12-31T12:00Z,0,12
Cy,NA,,,no,-1
`;

describe("columns with types", () => {
  it("are fields of their own: numbers, texts, classes, dates, flags; missing ones null", async () => {
    const dataset = await open(people, {
      columns: { name: "text", age: "float32?", sex: "class?", born: "date?", alone: "bool", id: "text" },
    });
    expect(await samplesOf(dataset)).toEqual([
      { name: "Ann", age: 22, sex: 0, born: 633830400, alone: true, id: "9007199254740993" },
      { name: "Bob, jr.", age: null, sex: 1, born: 694180800, alone: false, id: "12" },
      { name: "Cy", age: null, sex: null, born: null, alone: false, id: "-1" },
    ]);
    expect(dataset.facts).toEqual({ categories: { sex: ["f", "m"] }, fields: dataset.fields });
    expect(dataset.fields).toEqual({
      name: { type: "text" },
      age: { type: "float32", nullable: true },
      sex: { type: "float32", nullable: true },
      born: { type: "date", nullable: true },
      alone: { type: "bool" },
      id: { type: "text" },
    });
  });

  it("stand beside features and a label, which are what they are without them", async () => {
    const text = "a,b,kind,note\n1,2,x,hello\n3,4,y,\n";
    const bare = await open(text, { features: ["b", "a"], label: "kind" });
    const dataset = await open(text, { features: ["b", "a"], label: "kind", columns: { note: "text?" } });
    const notes = ["hello", null];
    const expected = (await samplesOf(bare)).map((sample, i) => ({ ...sample, note: notes[i] }));
    expect(await samplesOf(dataset)).toEqual(expected);
    expect(dataset.facts).toEqual({ ...bare.facts, fields: { note: { type: "text", nullable: true } } });
    const batch = bare.getBatch?.([1, 0], epoch, heapAllocator) as object;
    expect(dataset.getBatch?.([1, 0], epoch, heapAllocator)).toEqual({ ...batch, note: [null, "hello"] });
  });

  it("leave out rows that miss what they must have, for all columns and names alike", async () => {
    const text = "x,y,note\n1,a,p\n,b,q\n3,,r\n4,d,s\n?,e,t\n";
    const dataset = await open(text, {
      columns: {
        x: { type: "int32", missing: "drop", missingWords: ["?"] },
        y: { type: "class", missing: "drop" },
      },
    });
    expect(await samplesOf(dataset)).toEqual([
      { x: 1, y: 0 },
      { x: 4, y: 1 },
    ]);
    expect([0, 1].map((index) => dataset.key?.(index)?.replace(/.*:/, ""))).toEqual(["2", "5"]);
    expect(dataset.column?.("note")).toEqual(["p", "s"]);
    expect(dataset.facts?.categories).toEqual({ y: ["a", "d"] });
  });

  it("take values to fill in, words that mean none, and names of their own", async () => {
    const dataset = await open("A b,when\n-,5\n7,\n", {
      columns: {
        n: { type: "float64", from: "A b", missing: { fill: -1 }, missingWords: ["-"] },
        when: { type: "date", format: "unix", missing: { fill: "0" } },
        raw: { type: "text", from: "when" },
      },
    });
    expect(await samplesOf(dataset)).toEqual([
      { n: -1, when: 5, raw: "5" },
      { n: 7, when: 0, raw: "" },
    ]);
  });

  it("are vectors where they are made from several", async () => {
    const dataset = await open("x,y,z\n1,2,3\n,5,6\n", {
      columns: {
        p: { type: "float32[]?", from: ["z", "x"] },
        features: { type: "int32[2]", from: ["y", "z"] },
      },
    });
    expect(await samplesOf(dataset)).toEqual([
      { p: Float32Array.of(3, 1), features: Int32Array.of(2, 3) },
      { p: Float32Array.of(6, Number.NaN), features: Int32Array.of(5, 6) },
    ]);
    expect(dataset.facts).toMatchObject({ features: ["y", "z"], elements: { p: ["z", "x"] } });
  });

  it("are vectors where each text has a list of numbers, as embeddings are written", async () => {
    const dataset = await open('e,n\n"[0.5, 2, -1]",1\n1 2 3,2\n,3\n', { columns: { e: "float32[3]?" } });
    expect(await samplesOf(dataset)).toEqual([
      { e: Float32Array.of(0.5, 2, -1) },
      { e: Float32Array.of(1, 2, 3) },
      { e: Float32Array.of(Number.NaN, Number.NaN, Number.NaN) },
    ]);
    const short = await failure("e\n1 2\n", { columns: { e: "float32[3]" } });
    expect(short.text).toMatch(/column "e" must have 3 numbers, was "1 2" \(.*:2\)/);
    const open3 = await failure("e\n1 2\n", { columns: { e: "float32[]" } });
    expect(open3).toMatchObject({ code: "OPTION_INVALID" });
  });

  it("read numbers as their land writes them, and skip comments wherever they stand", async () => {
    const text = '# made by hand\n# "twice\nx;y\n#,,,\n1.234,5;"2"\n\n#\n-0,25;3\n#end';
    const dataset = await open(text, { decimal: ",", thousands: ".", comment: "#", features: ["x", "y"] });
    expect(await samplesOf(dataset)).toEqual([
      { features: Float32Array.of(1234.5, 2) },
      { features: Float32Array.of(-0.25, 3) },
    ]);
    expect(dataset.key?.(1)).toMatch(/:8$/);
  });

  it("hold texts of any number, few or many different ones, in every thread", async () => {
    for (const different of [3, 70_000]) {
      const rows = Array.from({ length: 70_010 }, (_, i) => (i % 1000 === 7 ? "" : `tëxt ${i % different}`));
      const text = `t,n\n${rows.map((row, i) => `${row},${i}`).join("\n")}\n`;
      const options = { columns: { t: "text?" } };
      const dataset = await open(text, options);
      const other = await reopened<CsvSample>(
        "csv",
        { path: "gone.csv", ...options },
        folder.baseUrl,
        dataset,
      );
      const indices = [0, 7, 69_999, 1007, 70_009, 12];
      const expected = { t: indices.map((i) => (rows[i] === "" ? null : rows[i])) };
      expect(dataset.getBatch?.(indices, epoch, heapAllocator)).toEqual(expected);
      expect(other.getBatch?.(indices, epoch, heapAllocator)).toEqual(expected);
    }
  });

  it("of image files are pictures from where the table stands, or from a folder", async () => {
    await folder.write("pictures/1.png", await encoded("png", 4, 3));
    await folder.write("pictures/list.csv", "file,kind\n1.png,a\n");
    await folder.write("list.csv", "file,kind\n1.png,a\n");
    const columns = { image: { type: "image", from: "file" }, label: { type: "class", from: "kind" } };
    const prints = new Set<string>();
    for (const [options, channels] of [
      [{ path: "pictures/list.csv" }, 3],
      [{ path: "list.csv", images: { root: "pictures", mode: "grayscale" } }, 1],
    ] as const) {
      const dataset = await openSource<CsvSample>("csv", { ...options, columns }, folder.baseUrl);
      const { image, label } = (await dataset.get(0, epoch)) as {
        image: { materialize(): unknown };
        label: number;
      };
      expect(await image.materialize()).toMatchObject({ shape: [3, 4, channels], dtype: "uint8" });
      expect(label).toBe(0);
      expect("getBatch" in dataset).toBe(false);
      prints.add((await dataset.fingerprint?.()) ?? "");
    }
    expect(prints.size).toBe(2);
  });
});

describe("columns with types refuse", () => {
  it.each([
    [
      "a number that is none",
      "x\n1\nten\n",
      { x: "float32" },
      /column "x" must be a finite float32 number, was "ten" \(.*:3\)/,
    ],
    [
      "a fraction of whole numbers",
      "x\n1.5\n",
      { x: "int32" },
      /must be a whole number within ±2\^31, was "1.5"/,
    ],
    [
      "a whole number that loses digits",
      "x\n9007199254740993\n",
      { x: "float64" },
      /with all its digits.*was "9007199254740993"/,
    ],
    [
      "a missing value",
      "x,y\n1,\n",
      { y: { type: "float32", missing: "error" } },
      /column "y" must have a value, was "" \(.*:2\)[^]*missing/,
    ],
    ["a missing class", "x\nNA\n", { x: "class" }, /column "x" must have a value, was "NA"/],
    [
      "a date that no calendar has",
      "x\n2026-02-30\n",
      { x: "date" },
      /must be a date \(ISO 8601.*was "2026-02-30"/,
    ],
    ["a flag in other words", "x\nja\n", { x: "bool" }, /must be true or false, was "ja"/],
    ["bytes that are none", "x\n%%\n", { x: "bytes" }, /must be bytes in base64, was "%%"/],
    [
      "a file whose rows all miss a value",
      "x,y\n,1\n,2\n",
      { x: { type: "int32", missing: "drop" } },
      /each of the 2 rows is left out[^]*null/,
    ],
  ] as const)("%s", async (_name, content, columns, message) => {
    const { code, text } = await failure(content, { columns });
    expect([code, text]).toEqual(["FILE_FORMAT", expect.stringMatching(message)]);
  });

  it("a class that is not among those that are stated, a column that is not there, a name for two things", async () => {
    const labels = { x: { type: "class", labels: ["a", "b"] } };
    expect(await failure("x\na\nc\n", { columns: labels })).toEqual({
      code: "LABEL_UNKNOWN",
      text: expect.stringMatching(/was "c".*:3: column "x"/) as unknown,
    });
    expect(await failure("age\n1\n", { columns: { a: { type: "int32", from: "Age" } } })).toEqual({
      code: "OPTION_INVALID",
      text: expect.stringContaining('column "Age" is not in the file (did you mean "age"?)') as unknown,
    });
    const twice = { label: "x", columns: { label: "text" } };
    expect(await failure("x\n1\n", twice)).toMatchObject({ code: "OPTION_INVALID" });
  });
});

/** A plain reader of what the writer below writes: no quotes that it does not need, no doubled ones that it misses. */
type Cell = string | null;

const cell = {
  number: fc.option(fc.float({ noNaN: true, noDefaultInfinity: true }), { freq: 4 }),
  whole: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { freq: 4 }),
  text: fc.option(
    fc
      .string({ unit: "grapheme", maxLength: 8 })
      .filter((text) => text.trim() !== "" && !text.includes("\r")),
    { freq: 4 },
  ),
  name: fc.option(fc.constantFrom("red", "green", "blue, dark", 'qu"ote'), { freq: 4 }),
  flag: fc.option(fc.boolean(), { freq: 4 }),
  day: fc.option(fc.integer({ min: -50_000, max: 50_000 }), { freq: 4 }),
};

const table = fc.array(fc.record(cell), { minLength: 1, maxLength: 12 });

function written(rows: readonly (readonly Cell[])[], quoteAll: boolean): string {
  const quoted = (value: Cell): string => {
    if (value === null) return "";
    return quoteAll || /[",\n#]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

it("any table is read as it was written, in samples, batches and every thread, missing values by policy", async () => {
  const words = new Set(["NA", "NULL", "None", "nan", "null", "n/a", "NaN", "N/A", "<NA>"]);
  const isRead = (text: string) => !words.has(text);
  await fc.assert(
    fc.asyncProperty(table, fc.boolean(), fc.boolean(), async (rows, quoteAll, dropping) => {
      const cells = rows.map(({ number, whole, text, name, flag, day }): Cell[] => [
        number === null ? null : Object.is(number, -0) ? "-0" : String(number),
        whole === null ? null : String(whole),
        text !== null && isRead(text) ? text : null,
        name,
        flag === null ? null : String(flag),
        day === null ? null : new Date(day * 86_400_000).toISOString().slice(0, 10),
      ]);
      const header = ["number", "whole", "text", "name", "flag", "day"];
      const kept = dropping ? rows.filter(({ whole }) => whole !== null) : rows;
      const texts = cells.filter((_, i) => !dropping || rows[i].whole !== null).map((row) => row[2]);
      const names = [...new Set(kept.flatMap(({ name }) => name ?? []))].sort();
      const columns = {
        number: "float32?",
        whole: dropping ? { type: "int32", missing: "drop" } : "int32?",
        text: "text?",
        name: "class?",
        flag: "bool?",
        day: "date?",
      };
      const content = written([header, ...cells], quoteAll);
      if (kept.length === 0) return;
      const dataset = await open(content, { columns });
      const expected = kept.map(({ number, whole, name, flag, day }, i) => ({
        number: number === null ? null : Math.fround(number),
        whole,
        text: texts[i],
        name: name === null ? null : names.indexOf(name),
        flag: flag === null ? null : Number(flag),
        day: day === null ? null : day * 86_400,
      }));
      expect(await samplesOf(dataset)).toEqual(expected.map((each) => ({ ...each })));
      const indices = [...expected.keys(), 0];
      const batch = dataset.getBatch?.(indices, epoch, heapAllocator);
      const collated = defaultCollate(
        indices.map((index) => expected[index]),
        heapAllocator,
        dataset.fields,
      );
      expect(batch).toEqual(collated);
      const types = Object.values(batch as object).map(
        (column) => (column as { dtype?: string }).dtype ?? "list",
      );
      expect(types).toEqual([
        "float32",
        dropping ? "int32" : "float64",
        "list",
        "float32",
        "float32",
        "float64",
      ]);
      expect(dataset.facts?.categories).toEqual({ name: names });
    }),
    { seed: 20, numRuns: 60 },
  );
});

it("takes the rows that `where` asks for, in every column, and says what there is where it takes none", async () => {
  await folder.write("t.csv", "x,fold,part,ok\n1,1,a,True\n2,2,b,False\n3,3,a,yes\n4,,b,no\n,2,a,True\n");
  const open = async (where: object) =>
    openSource<CsvSample>(
      "csv",
      { path: "t.csv", columns: { x: { type: "float32", missing: "drop" } }, where },
      folder.baseUrl,
    );
  const values = async (where: object, name = "x") => Array.from((await open(where)).column?.(name) as never);
  expect(await values({})).toEqual([1, 2, 3, 4]);
  expect(await values({ fold: [1, 2] })).toEqual([1, 2]);
  expect(await values({ fold: [1, 2] }, "part")).toEqual(["a", "b"]);
  expect(await values({ part: "a", ok: true })).toEqual([1, 3]);
  expect((await open({ part: "b" })).key?.(1)).toBe("t.csv:5");
  const none = await failureOf(() => open({ fold: 7 }));
  expect([none.code, none.path, none.hint]).toEqual([
    "FILE_FORMAT",
    ["where", "fold"],
    '"fold" has: 1, 2, 3, "".',
  ]);
  expect((await failureOf(() => open({ fol: 7 }))).message).toContain('did you mean "fold"?');
});
