/** Parquet files as a source: samples, types and policies, several files, and what is refused. */
import { readFileSync } from "node:fs";
import { appendFile, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, heapAllocator, type IterableDataset } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { expected, fixtures } from "../../test/columnar.js";
import { epoch, failureOf, openSource, reopened, temporaryFolder } from "../../test/support.js";
import parquet from "./parquet.js";

const columns = {
  number: { type: "float64", from: "f64" },
  small: { type: "int32", from: "i16" },
  maybe: { type: "int32?", from: "int?" },
  filled: { type: "float32", from: "f64?", missing: { fill: -1 } },
  flag: "bool",
  flags: { type: "bool?", from: "flag?" },
  text: "text",
  kind: "class",
  other: { type: "class?", from: "kind?" },
  digits: { type: "text", from: "big" },
  raw: "bytes",
  when: { type: "date", from: "us" },
  maybeWhen: { type: "date?", from: "day?" },
  price: { type: "float64", from: "dec9" },
  three: "float32[3]",
  pair: { type: "float32[2]", from: ["f32", "few"] },
  member: { type: "int32?", from: "item.a" },
};

testSource({
  plugin: parquet,
  options: {
    path: "snappy.parquet",
    columns: { ...columns, kind: { type: "class", missingWords: ["-"], missing: { fill: "?" } } },
  },
  baseUrl: fixtures,
  length: 50,
  facts: { elements: { pair: ["f32", "few"] } },
  columns: ["number", "small", "filled", "text", "kind", "digits", "when", "price"],
  labels: "given",
});
testSource({
  plugin: parquet,
  options: { path: "gzip.parquet", label: "i8", features: ["f64", "f32", "flag", "dec9", "i64"] },
  baseUrl: fixtures,
  length: 50,
  facts: { features: ["f64", "f32", "flag", "dec9", "i64"] },
  columns: ["label", "f64", "text"],
});
testSource({
  plugin: parquet,
  options: {
    path: "zstd.parquet",
    columns: {
      dropped: { type: "float32", from: "f64?", missing: "drop" },
      label: { type: "class", from: "i8" },
    },
  },
  baseUrl: fixtures,
  length: 43,
  columns: ["dropped", "label"],
});
testSource({
  plugin: parquet,
  options: { path: "brotli.parquet", access: "stream", label: "flag", features: ["f64"] },
  baseUrl: fixtures,
  length: 50,
  stream: true,
});

type Sample = Readonly<Record<string, unknown>>;

const open = (options: object, baseUrl = fixtures) =>
  openSource<Sample>("parquet", { path: "pages.parquet", ...options }, baseUrl);

async function samplesOf(dataset: Dataset<Sample>): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let index = 0; index < dataset.length; index++) samples.push(await dataset.get(index, epoch));
  return samples;
}

describe("samples of a Parquet file", () => {
  it("hold what pyarrow reads, in the types that are asked for", async () => {
    const dataset = await open({ columns: { ...columns, kind: "text" } });
    const samples = await samplesOf(dataset);
    const of = (name: string) => samples.map((sample) => sample[name]);
    const plain = (name: string) => expected[name] as readonly number[];
    expect(of("number")).toEqual(expected.f64);
    expect(of("maybe")).toEqual(expected["int?"]);
    expect(of("filled")).toEqual(plain("f64?").map((value) => value ?? -1));
    expect(of("flags")).toEqual(
      (expected["flag?"] as (boolean | null)[]).map((flag) => (flag === null ? null : Number(flag))),
    );
    expect(of("kind")).toEqual(expected.kind);
    expect(of("when")).toEqual(expected.us);
    expect(of("maybeWhen")).toEqual(expected["day?"]);
    expect(of("price")).toEqual((expected.dec9 as string[]).map(Number));
    expect(of("digits")).toEqual((expected.big as { integer: string }[]).map(({ integer }) => integer));
    expect(of("three")).toEqual(
      (expected.three as unknown as number[][]).map((list) => Float32Array.from(list)),
    );
    expect(of("pair")).toEqual(plain("f32").map((value, i) => Float32Array.of(value, plain("few")[i])));
    const names = dataset.facts?.categories?.other as string[];
    expect(names).toEqual(["lily", "rose"]);
    expect(of("other").map((code) => (code === null ? null : names[code as number]))).toEqual(
      expected["kind?"],
    );
  });

  it("take all numeric columns for features where nothing else is said", async () => {
    const dataset = await openSource<Sample>("parquet", { path: "older.parquet", label: "i32" }, fixtures);
    expect(dataset.facts?.features).toEqual(["dec9", "dec18", "f64?"]);
    // What is missing is one sample's fault, and no other's.
    expect(await dataset.get(0, epoch)).toMatchObject({ features: Float32Array.of(-30, -100000, 0) });
    expect(await failureOf(() => dataset.get(3, epoch))).toMatchObject({
      code: "FILE_FORMAT",
      message: 'column "f64?" must have a value, was null',
      where: ["older.parquet:3"],
    });
    await expect(dataset.getBatch?.([0, 3], epoch, heapAllocator)).rejects.toMatchObject({
      where: ["older.parquet:3"],
    });
  });

  it("hold lists of any length, of members of structs too, and are then collated one by one", async () => {
    const dataset = await open({ columns: { list: "float32[]", x: { type: "int32[]", from: "items.x" } } });
    const samples = await samplesOf(dataset);
    const lists = (name: string) => expected[name] as unknown as number[][];
    expect(samples.map(({ list }) => list)).toEqual(lists("list").map((list) => Float32Array.from(list)));
    expect(samples.map(({ x }) => x)).toEqual(lists("items.x").map((list) => Int32Array.from(list)));
    expect(dataset.fields).toMatchObject({ list: { type: "float32", shape: [null] } });
    expect("getBatch" in dataset).toBe(false);
    expect(await dataset.getMany?.([7, 30], epoch)).toEqual([samples[7], samples[30]]);
    const missing = await open({ columns: { list: { type: "int32[]?", from: "list?" } } });
    expect(await missing.get(5, epoch)).toEqual({ list: Float64Array.of(0, 1, 2, Number.NaN, 4) });
    const refused = await open({ columns: { list: { type: "int32[]", from: "list?" } } });
    expect((await failureOf(() => refused.get(3, epoch))).message).toBe(
      'column "list?" must have a value, was null',
    );
  });

  it("refuse whole numbers whose digits no double has, and pass them on as texts", async () => {
    const numbers = await open({ columns: { big: "float64" } });
    expect(await failureOf(() => numbers.get(1, epoch))).toMatchObject({
      message: expect.stringContaining("fits into 64 bits with all its digits"),
      where: ["pages.parquet:1"],
    });
    const texts = await open({ columns: { big: "text", u64: "class" } });
    expect(await texts.get(1, epoch)).toMatchObject({ big: "9223372036854775804" });
    expect(texts.facts?.categories?.u64[0]).toBe("18446744073709551468");
  });
});

describe("several Parquet files", () => {
  async function folderOf(...names: string[]) {
    const folder = await temporaryFolder();
    for (const [i, name] of names.entries())
      await copyFile(new URL(name, fixtures), join(folder.path, `part-${i}.parquet`));
    return folder;
  }

  it("are one table, in the order of their names", async () => {
    const folder = await folderOf("plain.parquet", "gzip.parquet");
    const dataset = await open({ path: "part-*.parquet", label: "i8", features: ["f64"] }, folder.baseUrl);
    expect(dataset.length).toBe(100);
    expect([dataset.key?.(0), dataset.key?.(71)]).toEqual(["part-0.parquet:0", "part-1.parquet:21"]);
    const indices = [99, 0, 45, 70, 20];
    const batch = (await dataset.getBatch?.(indices, epoch, heapAllocator)) as {
      features: { data: Float32Array };
    };
    const all = expected.f64 as number[];
    expect(batch.features.data).toEqual(Float32Array.from(indices, (index) => all[index % 50]));
    const listed = await open({ path: ["part-1.parquet", "part-0.parquet"], label: "i8" }, folder.baseUrl);
    expect(listed.key?.(0)).toBe("part-1.parquet:0");
  });

  it("are refused where their columns differ, where none matches, and where one is named twice", async () => {
    const folder = await folderOf("plain.parquet", "older.parquet");
    expect(await failureOf(() => open({ path: "*.parquet" }, folder.baseUrl))).toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(
        /same columns, but of "i8" .*part-0.parquet has int32, and .*part-1.parquet does not/,
      ),
    });
    expect(await failureOf(() => open({ path: "none-*.parquet" }, folder.baseUrl))).toMatchObject({
      code: "FILE_NOT_FOUND",
      path: ["path"],
    });
    const twice = { path: ["part-0.parquet", "part-*.parquet"] };
    expect(await failureOf(() => open(twice, folder.baseUrl))).toMatchObject({ code: "OPTION_INVALID" });
  });
});

describe("a column of a Parquet file", () => {
  it("has NaN for numbers that are missing, and is not to be had where texts are", async () => {
    const dataset = await open({ columns: { n: { type: "int32?", from: "int?" }, text: "text?" } });
    const numbers = (await dataset.column?.("n")) as ArrayLike<number>;
    expect(Array.from(numbers)).toEqual((expected["int?"] as (number | null)[]).map((n) => n ?? Number.NaN));
    expect(await dataset.column?.("text")).toBeDefined();
    expect(await dataset.column?.("text?")).toBeUndefined();
  });
});

describe("what a Parquet file cannot give", () => {
  const messageOf = async (options: object): Promise<string> =>
    (await failureOf(() => open(options))).message;

  it("is refused at its option, with what there is", async () => {
    const error = await failureOf(() => open({ columns: { x: { type: "float32", from: "f46" } } }));
    expect(error).toMatchObject({ code: "OPTION_INVALID", path: ["columns", "x"] });
    expect(error.message).toBe(`a column must be one of the file's, was "f46" (did you mean "f16"?)`);
    expect(error.hint).toMatch(/^The columns are: i8 \(int32\), .*, and \d+ more\.$/);
    expect(await messageOf({ columns: { item: "text" } })).toContain("it has item.a, item.b, item.c");
    expect(await messageOf({ columns: { list: "float32" } })).toContain("such as float32[3]");
    expect(await messageOf({ columns: { f64: "float32[3]" } })).toContain("single values (double)");
    expect(await messageOf({ features: ["f64", "f64"] })).toContain('"f64" is there twice');
    expect(await messageOf({ label: "kind", columns: { label: "class" } })).toContain("come from one place");
  });

  it("is a row, where there is none", async () => {
    const dropped = { columns: { none: { type: "int32", missing: "drop" } } };
    expect(await failureOf(() => open(dropped))).toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringContaining("all of its 50 miss a value"),
    });
  });

  it("is a row group that does not fit, before anything is allocated", async () => {
    expect(await failureOf(() => open({ features: ["f64", "f32"], cacheBytes: 100 }))).toMatchObject({
      code: "OPTION_INVALID",
      path: ["cacheBytes"],
      message: "a row group must fit into `cacheBytes` (100), but the largest takes 160 bytes: 20 rows of 8",
    });
    const texts = await open({ columns: { text: "text" }, cacheBytes: 100 });
    expect((await failureOf(() => texts.get(0, epoch))).message).toContain("more than 100 bytes");
  });
});

describe("a Parquet file that is not whole", () => {
  const whole = readFileSync(new URL("snappy.parquet", fixtures));

  it.each([
    ["is empty", Buffer.alloc(0), "too short"],
    ["is something else", Buffer.from("a,b\n1,2\n3,4\n5,6\n"), "does not end in PAR1"],
    ["is cut off", whole.subarray(0, 9000), "is cut off"],
    ["is encrypted", Buffer.concat([whole.subarray(0, -1), Buffer.from("E")]), "is encrypted"],
    ["has a footer longer than itself", withFooterLength(2 ** 31), "no room for a footer"],
    ["has a footer of other bytes", withFooterLength(77), "cannot be read"],
  ])("%s: refused by name", async (_, bytes, message) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder.path, "a.parquet"), bytes);
    expect(await failureOf(() => open({ path: "a.parquet" }, folder.baseUrl))).toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringContaining(message),
    });
  });

  function withFooterLength(length: number): Buffer {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(length, bytes.length - 8);
    return bytes;
  }

  it("is named by row group and column where its data are damaged, and other row groups are read", async () => {
    const folder = await temporaryFolder();
    const bytes = readFileSync(new URL("brotli.parquet", fixtures));
    bytes.fill(0x55, 4, 60);
    await writeFile(join(folder.path, "a.parquet"), bytes);
    const dataset = await open({ path: "a.parquet", features: ["i8"] }, folder.baseUrl);
    expect((await failureOf(() => dataset.get(0, epoch))).message).toMatch(
      /row group 0, column "i8" is not: /,
    );
    expect(await dataset.get(45, epoch)).toEqual({
      features: Float32Array.of((expected.i8 as number[])[45]),
    });
  });

  it("is noticed when it changes while it is used, in every thread", async () => {
    const folder = await temporaryFolder();
    const path = join(folder.path, "a.parquet");
    await copyFile(new URL("plain.parquet", fixtures), path);
    const options = { path: "a.parquet", features: ["f64"] };
    const dataset = await open(options, folder.baseUrl);
    const other = await reopened("parquet", options, folder.baseUrl, dataset);
    await appendFile(path, "more");
    for (const each of [dataset, other])
      expect((await failureOf(() => each.get(0, epoch))).message).toContain(
        "was changed since it was opened",
      );
  });
});

describe("a stream of a Parquet file", () => {
  it("goes on behind a row that cannot be a sample", async () => {
    const stream = (await open({ access: "stream", features: ["f64?"] })) as unknown as IterableDataset;
    const pass = stream.iterate({ epoch: 0, shard: { id: 0, count: 1 } });
    const keys: unknown[] = [];
    const faults: unknown[] = [];
    for (;;) {
      try {
        const next = await pass.next();
        if (next.done) break;
        keys.push(next.key);
      } catch (error) {
        faults.push(error);
      }
    }
    expect([keys.length, faults.length, keys[3]]).toEqual([43, 7, "pages.parquet:4"]);
    expect(faults[0]).toMatchObject({ code: "FILE_FORMAT", where: ["pages.parquet:3"] });
  });
});
