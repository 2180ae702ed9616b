/** Arrow files of pyarrow and of apache-arrow: the very values, whatever they are written with. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as arrow from "apache-arrow";
import { describe, expect, it } from "vitest";
import { expected, fixtures, valuesIn } from "../../test/columnar.js";
import { temporaryFolder } from "../../test/support.js";
import { arrowStorage, openArrow } from "./storage.js";

const opened = async (path: string) => arrowStorage(await openArrow([{ path, name: path }]));

describe("an Arrow file of pyarrow", () => {
  it.each([
    ["lz4.feather", "LZ4, pyarrow's default for Feather"],
    ["zstd.feather", "Zstandard, a dictionary"],
    ["file.arrow", "uncompressed, a dictionary"],
    ["stream.arrow", "a stream"],
  ])("%s (%s) has its values", async (name) => {
    const storage = await opened(fileURLToPath(new URL(name, fixtures)));
    expect(storage.rows).toEqual([20, 20, 10]);
    expect(storage.columns.map((column) => column.name)).toEqual(Object.keys(expected));
    for (const column of Object.keys(expected))
      expect([column, await valuesIn(storage, column)]).toEqual([column, expected[column]]);
  });
});

describe("an Arrow file of another writer", () => {
  it("has its values: dictionaries of texts, lists, structs, what is missing", async () => {
    const folder = await temporaryFolder();
    const rows = [
      { number: 1.5, text: "a", list: [1, 2], item: { x: 1, y: "p" } },
      { number: null, text: "b", list: [], item: null },
      { number: -2, text: "a", list: [3], item: { x: 2, y: "q" } },
    ];
    const table = arrow.tableFromJSON(rows);
    for (const format of ["file", "stream"] as const) {
      const path = join(folder.path, `${format}.arrow`);
      await writeFile(path, arrow.tableToIPC(table, format));
      const storage = await opened(path);
      expect(storage.columns.map(({ name, type }) => `${name}: ${type}`)).toEqual([
        "number: float64",
        "text: text",
        "list: list of float64",
        "item.x: float64",
        "item.y: text",
      ]);
      expect(await valuesIn(storage, "number")).toEqual([1.5, null, -2]);
      expect(await valuesIn(storage, "text")).toEqual(["a", "b", "a"]);
      expect(await valuesIn(storage, "list")).toEqual([[1, 2], [], [3]]);
      expect(await valuesIn(storage, "item.y")).toEqual(["p", null, "q"]);
    }
  });

  it("is read where it holds views and large offsets, as Polars writes them", async () => {
    const name = "views.arrow";
    const storage = await opened(fileURLToPath(new URL(name, fixtures)));
    for (const column of ["text", "raw", "text?", "texts"])
      expect([column, await valuesIn(storage, column)]).toEqual([column, expected[column]]);
    expect(await valuesIn(storage, "large")).toEqual(expected.text);
    // The first batch has a dictionary of three words, and none for others; the second adds to it.
    const first = expected.kind.slice(0, 3);
    const grown = expected.kind.map((word, row) => (row < 20 && !first.includes(word) ? null : word));
    expect(await valuesIn(storage, "grown")).toEqual(grown);
    expect(await valuesIn(storage, "dec")).toEqual(expected.dec9);
  });
});

describe("an Arrow file that is not whole", () => {
  const whole = readFileSync(new URL("stream.arrow", fixtures));

  it.each([
    ["is empty", Buffer.alloc(0), "cannot be read"],
    ["is something else", Buffer.from("a,b,c,d,e,f,g,h\n"), "none"],
    ["is cut off", whole.subarray(0, whole.length - 900), "cut off"],
    ["is a file that is cut off", readFileSync(new URL("file.arrow", fixtures)).subarray(0, -700), "cut off"],
    ["is Feather of version 1", Buffer.from("FEA1............FEA1"), "Feather of version 1"],
  ])("%s: refused by name", async (_, bytes, message) => {
    const folder = await temporaryFolder();
    const path = join(folder.path, "a.arrow");
    await writeFile(path, bytes);
    await expect(opened(path)).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringContaining(message),
    });
  });
});
