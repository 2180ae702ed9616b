/** Parquet files of pyarrow: the very values, whatever they are written with. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { expected, fixtures, valuesIn } from "../../test/columnar.js";
import { openParquet, parquetStorage } from "./storage.js";

async function opened(name: string) {
  const path = fileURLToPath(new URL(name, fixtures));
  return parquetStorage(await openParquet([{ path, name }]), 2 ** 24);
}

describe("a Parquet file of pyarrow", () => {
  it.each([
    ["plain.parquet", "uncompressed, without dictionaries"],
    ["snappy.parquet", "Snappy, dictionaries"],
    ["gzip.parquet", "gzip, the second version of pages"],
    ["brotli.parquet", "Brotli, pages with checksums"],
    ["zstd.parquet", "Zstandard, differences, the second version of pages"],
    ["lz4.parquet", "LZ4, split bytes"],
    ["pages.parquet", "many pages, dictionaries that are given up"],
  ])("%s (%s) has its values", async (name) => {
    const storage = await opened(name);
    expect(storage.rows).toEqual([20, 20, 10]);
    expect(storage.columns.map((column) => column.name)).toEqual(Object.keys(expected));
    for (const column of Object.keys(expected))
      expect([column, await valuesIn(storage, column)]).toEqual([column, expected[column]]);
  });

  it("has its values where it is of the oldest version, with times of 96 bits", async () => {
    const storage = await opened("older.parquet");
    for (const { name } of storage.columns)
      expect([name, await valuesIn(storage, name)]).toEqual([name, expected[name]]);
  });
});
