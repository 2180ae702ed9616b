/** Arrow and Feather files as a source: the samples of the same table in Parquet. */
import { copyFile, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { heapAllocator } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { fixtures } from "../../test/columnar.js";
import { epoch, failureOf, openSource, temporaryFolder } from "../../test/support.js";
import arrow from "./arrow.js";

const columns = {
  number: { type: "float64", from: "f64" },
  half: { type: "float32", from: "f16" },
  maybe: { type: "int32?", from: "int?" },
  text: "text",
  kind: "text",
  other: { type: "class?", from: "kind?" },
  digits: { type: "text", from: "u64" },
  raw: "bytes",
  when: { type: "date", from: "ns" },
  price: { type: "float64", from: "dec18" },
  exact: { type: "text", from: "dec38" },
  three: "float32[3]",
  member: { type: "text?", from: "item.b" },
};

testSource({
  plugin: arrow,
  options: { path: "zstd.feather", columns },
  baseUrl: fixtures,
  length: 50,
  columns: ["number", "text", "kind", "when", "price", "exact"],
  labels: "given",
});
testSource({
  plugin: arrow,
  options: {
    path: "file.arrow",
    label: "i8",
    columns: { kept: { type: "float32", from: "f64?", missing: "drop" } },
  },
  baseUrl: fixtures,
  length: 43,
  columns: ["label", "kept"],
});
testSource({
  plugin: arrow,
  options: {
    path: "stream.arrow",
    access: "stream",
    label: "f32",
    labelType: "number",
    features: ["f64", "dec9"],
  },
  baseUrl: fixtures,
  length: 50,
  stream: true,
});

describe("samples of an Arrow file", () => {
  it.each(["lz4.feather", "zstd.feather", "file.arrow", "stream.arrow"])(
    "are those of the same table in Parquet: %s",
    async (path) => {
      const settings = { columns: { ...columns, label: { type: "class", from: "i8" } } };
      const table = await openSource("parquet", { path: "gzip.parquet", ...settings }, fixtures);
      const dataset = await openSource("arrow", { path, ...settings }, fixtures);
      const indices = Array.from({ length: 50 }, (_, i) => (i * 17) % 50);
      expect(dataset.facts).toEqual(table.facts);
      expect(dataset.fields).toEqual(table.fields);
      expect(await dataset.getBatch?.(indices, epoch, heapAllocator)).toEqual(
        await table.getBatch?.(indices, epoch, heapAllocator),
      );
    },
  );

  it("are named by file and row, and those of damaged batches by batch and column", async () => {
    const folder = await temporaryFolder();
    const bytes = readFileSync(new URL("lz4.feather", fixtures));
    // Within the first batch, behind its metadata.
    bytes.fill(0xff, 8000, 9500);
    await writeFile(join(folder.path, "a.feather"), bytes);
    await copyFile(new URL("lz4.feather", fixtures), join(folder.path, "b.feather"));
    const whole = await openSource<object>(
      "arrow",
      { path: "b.feather", columns: { text: "text" } },
      folder.baseUrl,
    );
    expect(whole.key?.(21)).toBe("b.feather:21");
    const damaged = () => openSource("arrow", { path: "a.feather", columns }, folder.baseUrl);
    expect(await failureOf(async () => (await damaged()).get(0, epoch))).toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(/record batch 0(, column "[^"]+")? is not: /),
    });
  });
});
