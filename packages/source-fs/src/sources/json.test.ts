import { gzipSync } from "node:zlib";
import type { Dataset } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, failureOf, type Folder, openSource, temporaryFolder } from "../../test/support.js";

type Sample = Readonly<Record<string, unknown>>;

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

async function open(options: object, text: string | Uint8Array): Promise<Dataset<Sample>> {
  await folder.write("t.json", text);
  return openSource<Sample>("json", { path: "t.json", ...options }, folder.baseUrl);
}

describe("elements of a list in a JSON file", () => {
  const rows = [
    { a: 1, s: "],[" },
    { a: 2, s: '}\\",' },
    { a: 3, s: "é" },
  ];
  const columns = { a: "int32", s: "text" };

  it("are samples, however the file is written", async () => {
    for (const text of [
      JSON.stringify(rows),
      JSON.stringify(rows, null, 2),
      `\ufeff\n${JSON.stringify(rows, null, "\t").replaceAll("\n", "\r\n")}\r\n`,
      gzipSync(JSON.stringify(rows)),
    ]) {
      const dataset = await open({ columns }, text);
      const many = (await dataset.getMany?.([2, 0, 1], epoch)) as Sample[];
      expect(many).toEqual([rows[2], rows[0], rows[1]]);
      expect(dataset.key?.(1)).toBe("t.json#1");
    }
  });

  it("may lie under keys", async () => {
    const text = JSON.stringify({ n: 3, data: { other: [[1]], items: rows }, more: "x" });
    const dataset = await open({ columns, at: "data.items" }, text);
    expect(await dataset.getMany?.([0, 1, 2], epoch)).toEqual(rows);
  });

  it("at fault are named by line and column, on whatever line they stand", async () => {
    for (const [text, place] of [
      ['[{"a": 1}, {"a": x}]', "t.json:1:18"],
      ['[{"a": 1},\n  {"a":\n x}]', "t.json:3:2"],
      ['["é😀", {"a": "x"}]', "t.json:1:15"],
      ["[1,\n\n  2]", "t.json:3:3"],
    ] as const) {
      const dataset = await open({ columns: { a: "int32" } }, text);
      const { code, where } = await failureOf(() => dataset.get(1, epoch));
      expect([code, where[0]]).toEqual(["FILE_FORMAT", place]);
    }
  });

  it("are refused where the list is empty, or the file is none of lists", async () => {
    const failed = async (text: string) => (await failureOf(() => open({ columns }, text))).message;
    expect(await failed("[ ]")).toBe("there must be samples, but t.json holds none");
    expect(await failed('{"a": 1}\n{"a": 2}\n')).toBe("the file must be a list of samples");
    expect(await failed('[{"a": 1}')).toBe("a JSON file must be whole, but ends here");
  });
});
