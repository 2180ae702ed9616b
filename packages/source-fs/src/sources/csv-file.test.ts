/** CSV files whose rows stay in the file: the same samples as those of a table in memory. */
import { utimes } from "node:fs/promises";
import { type Dataset, heapAllocator } from "@millrace/core";
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

async function both(text: string | Uint8Array, options: object): Promise<Dataset<CsvSample>[]> {
  await folder.write("t.csv", text);
  const open = (access: string) =>
    openSource<CsvSample>("csv", { path: "t.csv", access, ...options }, folder.baseUrl);
  return [await open("memory"), await open("file")];
}

describe("rows that stay in the file are those of the table in memory", () => {
  const numbers = 'x,"y, of z",label\r\n1,2,b\r\n\r\n3,"4.5",a\r\n-1e-3,+7,b\r\n';
  it.each([
    ["numbers and classes", numbers, { label: "label" }],
    [
      "one feature, and a number as the label",
      numbers,
      { label: "y, of z", labelType: "number", features: ["x"] },
    ],
    ["without a header", "1;2\n3;4", { header: false }],
    [
      "quotes, lines within, comments and blank lines",
      '# first\nid,note\n1,"a ""b""\n\nc"\n\n#2,x\n3,"é, d"\n4,plain "quoted"\n',
      { comment: "#", columns: { id: "int32", note: "text" } },
    ],
    [
      "types and policies",
      "\ufeffage,sex,born,n,w,h\n31,f,01.02.2000,1,1,2\n,m,,2,3,4\nNA,,31.12.1999,3,5,6\n5,f,01.01.2001,,7,8\n",
      {
        columns: {
          age: "float32?",
          sex: "class?",
          born: { type: "date?", format: "%d.%m.%Y" },
          n: { type: "int32", missing: "drop" },
          size: { type: "float32[2]", from: ["w", "h"] },
        },
      },
    ],
    [
      "numbers of another style",
      "a;b\n1.234,5;x\n-7,25;y\n",
      { decimal: ",", thousands: ".", columns: { a: "float64", b: "text" } },
    ],
    ["rows of one kind", "a,s\n1,x\n2,y\n3,x\n", { features: ["a"], where: { s: "x" } }],
    [
      "quotes as plain text",
      'label\tt\nham\t"hi\nspam\t5" wide\nham\t"x"\n',
      { quote: null, label: "label", columns: { t: "text" } },
    ],
    ["another quote", "a,t\n1,'x,''\ny\"'\n2,\"\n", { quote: "'", columns: { t: "text" } }],
    [
      "quotes behind a delimiter that is no ASCII",
      'a€t\n1€"x\ny"\n2€z\n',
      { delimiter: "€", columns: { t: "text" } },
    ],
    ["a zero with a sign", "a,b\n-0,-0\n1,1\n", { columns: { a: "int32", b: "float64" } }],
    ["old line ends", "a,b\r1,2\r3,4\r", {}],
  ])("%s", async (_, text, options) => {
    const [memory, file] = await both(text, options);
    expect([file.length, file.facts, file.fields]).toEqual([memory.length, memory.facts, memory.fields]);
    const indices = Array.from({ length: memory.length }, (_, i) => memory.length - 1 - i);
    for (const index of indices) {
      expect(await file.get(index, epoch)).toEqual(await memory.get(index, epoch));
      expect(file.key?.(index)).toBe(memory.key?.(index));
    }
    expect(await file.getBatch?.(indices, epoch, heapAllocator)).toEqual(
      await memory.getBatch?.(indices, epoch, heapAllocator),
    );
    const worker = await reopened<CsvSample>(
      "csv",
      { path: "t.csv", access: "file", ...options },
      folder.baseUrl,
      file,
    );
    expect(await worker.getMany?.(indices, epoch)).toEqual(await file.getMany?.(indices, epoch));
    expect(Array.from((await file.column?.("label")) ?? [])).toEqual(
      Array.from((await memory.column?.("label")) ?? []),
    );
    for (const each of [file, worker]) await each.close?.();
  });

  it("with their images", async () => {
    await folder.write("a.png", await encoded("png", 5, 4));
    const [memory, file] = await both("image,label\na.png,x\n", {
      columns: { image: "image", label: "class" },
    });
    const images = await Promise.all(
      [memory, file].map(async (each) =>
        ((await each.get(0, epoch)).image as { materialize(): unknown }).materialize(),
      ),
    );
    expect(images[1]).toEqual(images[0]);
  });
});

describe("a fault of a row is that of its sample, by line", () => {
  it.each([
    ["a,b\n1,2\n3\n4,5", "every row must have 2 values, as the first line has, but one has 1"],
    ['a,b\n1,2\n3,"x"y\n4,5', 'a quoted value must end at its closing quote, was followed by "y\\n"'],
    ["a,b\n1,2\n3,x\n4,5", '"features (a, b)" must be a finite float32 number, was "x"'],
  ])("%o", async (text, message) => {
    await folder.write("t.csv", text);
    const dataset = await openSource<CsvSample>("csv", { path: "t.csv", access: "file" }, folder.baseUrl);
    expect(dataset.length).toBe(3);
    expect(await dataset.get(2, epoch)).toEqual({ features: Float32Array.of(4, 5) });
    const error = await failureOf(() => dataset.get(1, epoch));
    expect([error.code, error.message, error.where[0]]).toEqual([
      "FILE_FORMAT",
      message,
      expect.stringMatching(/^t\.csv:3/),
    ]);
  });
});

describe("what is wrong with the file as a whole is refused when it is opened", () => {
  const failed = async (text: string | Uint8Array, options: object = {}) => {
    await folder.write("t.csv", text);
    const { code, message, hint } = await failureOf(() =>
      openSource("csv", { path: "t.csv", access: "file", ...options }, folder.baseUrl),
    );
    return `${code} ${message} ${hint}`;
  };

  it("no rows, no such column, a quote that is never closed, another encoding", async () => {
    expect(await failed("a,b\n")).toContain("FILE_FORMAT a CSV file must have rows");
    expect(await failed("")).toContain("FILE_FORMAT a CSV file must have rows");
    expect(await failed("a,b\n1,2\n", { label: "c" })).toContain(
      'OPTION_INVALID column "c" is not in the file',
    );
    expect(await failed("a,b\n1,2\n", { where: { c: 1 } })).toContain(
      'OPTION_INVALID column "c" is not in the file',
    );
    expect(await failed("a,b\n1,2\n", { where: { a: 5 } })).toContain(
      "FILE_FORMAT there must be rows that `where` takes",
    );
    expect(await failed("a,a\n1,2\n")).toContain("FILE_FORMAT column names must differ");
    expect(await failed(`a,b\n1,"${"x".repeat(2 ** 24)}`)).toMatch(
      /FILE_FORMAT a row must end within[^]*set `quote` to null/,
    );
    expect(await failed(Buffer.from("\ufeffa,b\n1,2\n", "utf16le"))).toContain("must be UTF-8, was utf-16le");
    expect(await failed("a,b\n1,2\n", { encoding: "latin1" })).toContain("must be UTF-8, was latin1");
    expect(await failed("PK\u0003\u0004\0\0")).toContain("but holds U+0000");
  });

  it("and a file that changes is refused from then on", async () => {
    await folder.write("t.csv", "a,b\n1,2\n");
    const dataset = await openSource<CsvSample>("csv", { path: "t.csv", access: "file" }, folder.baseUrl);
    await utimes(new URL("t.csv", folder.baseUrl), 5, 5);
    expect((await failureOf(() => dataset.get(0, epoch))).message).toContain(
      "was changed since it was opened",
    );
  });
});
