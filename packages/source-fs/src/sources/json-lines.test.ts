import { rm, utimes } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { Dataset } from "@millrace/core";
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

type Sample = Readonly<Record<string, unknown>>;

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

async function open(options: object, lines?: string | Uint8Array): Promise<Dataset<Sample>> {
  if (lines !== undefined) await folder.write("t.jsonl", lines);
  return openSource<Sample>("json-lines", { path: "t.jsonl", ...options }, folder.baseUrl);
}

async function samplesOf(dataset: Dataset<Sample>): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let index = 0; index < dataset.length; index++) samples.push(await dataset.get(index, epoch));
  return samples;
}

/** Code, message and place of what opening or reading ends with. */
async function faultOf(columns: object, lines: string | Uint8Array, index = 0) {
  const { code, message, where } = await failureOf(async () => {
    await (await open({ columns }, lines)).get(index, epoch);
  });
  return [code, message, ...where];
}

describe("lines of JSON", () => {
  it("have their fields by key, by keys and positions within, and by the key that has the dots itself", async () => {
    const dataset = await open(
      {
        columns: {
          x: { type: "float32", from: "a.b.1" },
          y: { type: "int32", from: "c.d" },
          xy: { type: "float32[2]", from: ["a.b.0", "c.d"] },
        },
      },
      '{"a": {"b": [1, 2.5]}, "c.d": 3, "c": {"d": 4}}\r\n\n[{"a": 1}]\n{"c.d": 5, "a": {"b": [7, 8]}}',
    );
    expect(await dataset.get(0, epoch)).toEqual({ x: 2.5, y: 3, xy: Float32Array.of(1, 3) });
    expect(await dataset.get(2, epoch)).toEqual({ x: 8, y: 5, xy: Float32Array.of(7, 5) });
    expect([0, 1, 2].map((index) => dataset.key?.(index))).toEqual(["t.jsonl:1", "t.jsonl:3", "t.jsonl:4"]);
    expect(dataset.facts).toEqual({ elements: { xy: ["a.b.0", "c.d"] }, fields: dataset.fields });
  });

  it("may have lists of any lengths, and one that is no array in a batch", async () => {
    const dataset = await open({ columns: { ids: "int32[]" } }, '{"ids": [1, 2]}\n{"ids": []}\n');
    expect(await samplesOf(dataset)).toEqual([{ ids: Int32Array.of(1, 2) }, { ids: Int32Array.of() }]);
    expect(dataset.fields).toEqual({ ids: { type: "int32", shape: [null] } });
    expect("getBatch" in dataset).toBe(false);
    const lines = '{"ids": [1]}\n{"ids": null}\n{}\n{"ids": []}\n';
    const dropped = await open({ columns: { ids: { type: "int32[]", missing: "drop" } } }, lines);
    expect(await samplesOf(dropped)).toEqual([{ ids: Int32Array.of(1) }, { ids: Int32Array.of() }]);
    for (const [index, value] of [
      [1, "null"],
      [2, "missing"],
    ] as const)
      expect((await faultOf({ ids: "int32[]" }, lines, index))[1]).toBe(
        `"ids" must have a value, was ${value}`,
      );
  });

  it("name image files, from where they lie, or from `root`", async () => {
    await folder.write("pets/a.png", await encoded("png", 5, 4));
    const lines = '{"file": "a.png"}\n{"file": null}\n';
    await folder.write("pets/t.jsonl", lines);
    const columns = { image: { type: "image?", from: "file" } };
    const beside = await open({ path: "pets/t.jsonl", columns });
    const elsewhere = await open({ columns, images: { root: "pets", mode: "grayscale" } }, lines);
    for (const [dataset, channels] of [
      [beside, 3],
      [elsewhere, 1],
    ] as const) {
      const [{ image }, none] = await samplesOf(dataset);
      expect(await (image as { materialize(): unknown }).materialize()).toMatchObject({
        shape: [4, 5, channels],
      });
      expect(none).toEqual({ image: null });
    }
    const before = await beside.fingerprint?.();
    await utimes(new URL("pets/a.png", folder.baseUrl), 5, 5);
    expect(await beside.fingerprint?.()).not.toBe(before);
    expect((await faultOf(columns, '{"file": 5}'))[1]).toBe(
      '"file" must be the path of an image file, was 5',
    );
  });

  it("keep the digits of long whole numbers as texts and classes, and refuse them as numbers", async () => {
    const line = '{"id": 9007199254740993}';
    const columns = { text: { type: "text", from: "id" }, label: { type: "class", from: "id" } };
    const dataset = await open({ columns }, line);
    expect(await dataset.get(0, epoch)).toEqual({ text: "9007199254740993", label: 0 });
    expect(dataset.facts?.labels).toEqual(["9007199254740993"]);
    const [code, message] = await faultOf({ id: "float64" }, line);
    expect([code, message]).toEqual(["FILE_FORMAT", expect.stringContaining("with all its digits")]);
    const deep = `{"id": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(await faultOf({ id: "text" }, deep)).toEqual([
      "FILE_FORMAT",
      '"id" must be a text, was lists in lists, too deep to be shown',
      "t.jsonl:1:1",
    ]);
  });

  it("are left out where a value is missing and the policy says so: null, no key, a blank, a word", async () => {
    const lines = [
      '{"a": 1, "k": "x"}',
      '{"a": null, "k": "y"}',
      '{"k": "z"}',
      '{"a": "", "k": "v"}',
      '{"a": "NA", "k": "w"}',
      '{"a": 2, "k": "x"}',
    ];
    const columns = { a: { type: "float32", missing: "drop" }, k: "class" };
    const dataset = await open({ columns, missing: ["NA"] }, lines.join("\n"));
    expect(await samplesOf(dataset)).toEqual([
      { a: 1, k: 0 },
      { a: 2, k: 0 },
    ]);
    expect(dataset.facts?.categories).toEqual({ k: ["x"] });
    expect([0, 1].map((index) => dataset.key?.(index))).toEqual(["t.jsonl:1", "t.jsonl:6"]);
    const filled = await open({ columns: { a: { type: "int32", missing: { fill: -1 } } } }, lines.join("\n"));
    expect((await filled.get(1, epoch)).a).toBe(-1);
    expect((await faultOf({ a: { type: "int32", missing: "drop" } }, '{"a":null}'))[1]).toContain("left out");
  });

  it("come from several files in the order of the names that fit, and a line never leaves its file", async () => {
    await folder.write("many/b.jsonl", '{"a": 3}');
    await folder.write("many/a.jsonl", '{"a": 1}\n{"a": 2}');
    await folder.write("many/c.jsonl", "\n");
    await folder.write("many/d.jsonl.gz", gzipSync('{"a": 4}\n'));
    const columns = { a: "int32" };
    const dataset = await open({ path: ["many/*.jsonl", "many/d.jsonl.gz"], columns });
    expect((await samplesOf(dataset)).map(({ a }) => a)).toEqual([1, 2, 3, 4]);
    expect([1, 2, 3].map((index) => dataset.key?.(index))).toEqual([
      "many/a.jsonl:2",
      "many/b.jsonl:1",
      "many/d.jsonl.gz:1",
    ]);
    expect(await dataset.column?.("a")).toEqual([1, 2, 3, 4]);
    const none = await failureOf(() => open({ path: "many/*.txt", columns }));
    expect([none.code, none.message]).toEqual(["FILE_NOT_FOUND", expect.stringContaining("many/*.txt")]);
    const twice = await failureOf(() => open({ path: ["many/a.jsonl", "many/*.jsonl"], columns }));
    expect([twice.code, twice.message]).toEqual(["OPTION_INVALID", expect.stringContaining("many/a.jsonl")]);
  });

  it("are read together where they are neighbours, and in the order asked for", async () => {
    const count = 3000;
    const lines = Array.from({ length: count }, (_, i) =>
      JSON.stringify({ a: i, pad: "x".repeat((i * 37) % 90) }),
    );
    const dataset = await open({ columns: { a: "int32" } }, lines.join("\r\n"));
    const indices = Array.from({ length: 500 }, (_, i) => (i * 1009) % count);
    const samples = (await dataset.getMany?.(indices, epoch)) as Sample[];
    expect(samples.map(({ a }) => a)).toEqual(indices);
  });
});

describe("a fault of a line is the sample's own, by file, line and column:", () => {
  const columns = { a: "int32" };

  it.each([
    [
      "no JSON",
      '{"a": 1}\n{"a": 1,}\n',
      "a sample must be JSON: a key in quotes must stand here",
      "t.jsonl:2:9",
    ],
    [
      "a cut line",
      '{"a": 1}\n{"a": ',
      "a sample must be JSON: a value of JSON must stand here, but the text ends",
      "t.jsonl:2:7",
    ],
    ["no object", '{"a": 1}\n  5\n', "a sample must be an object or a list, was 5", "t.jsonl:2:1"],
    [
      "another type",
      '{"a": 1}\n{"b": [], "a": "x"}',
      '"a" must be a whole number within ±2^31, was "x"',
      "t.jsonl:2:16",
    ],
    ["no value", '{"a": 1}\n{"a": null}', '"a" must have a value, was null', "t.jsonl:2:7"],
    ["no key", '{"a": 1}\n {"b": 1}', '"a" must have a value, was missing', "t.jsonl:2:2"],
  ])("%s", async (_, lines, message, place) => {
    expect(await faultOf(columns, lines, 1)).toEqual(["FILE_FORMAT", message, place]);
  });

  it("a byte that is no UTF-8, though the replacement character is", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a": 1}\n{"b": "é\ufffd😀'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect(await faultOf(columns, bytes, 1)).toEqual([
      "FILE_FORMAT",
      "text must be UTF-8, but a byte here is none",
      "t.jsonl:2:12",
    ]);
    expect(await (await open({ columns: { b: "text" } }, '{"b": "\ufffd"}')).get(0, epoch)).toEqual({
      b: "\ufffd",
    });
  });

  it("also where the classes are looked for in all lines: it stays a sample, and the rest is well", async () => {
    const dataset = await open({ columns: { k: "class" } }, '{"k": "b"}\n{"k": \n{"k": "a"}\n{"k": null}\n');
    expect([dataset.length, dataset.facts?.categories]).toEqual([4, { k: ["a", "b"] }]);
    expect(await dataset.get(2, epoch)).toEqual({ k: 0 });
    for (const index of [1, 3])
      expect((await failureOf(() => dataset.get(index, epoch))).code).toBe("FILE_FORMAT");
  });
});

describe("what cannot be meant is refused when the file is opened:", () => {
  it("no columns, with those that the first sample suggests", async () => {
    const error = await failureOf(() => open({}, '{"a": 1.5, "b": "x", "c": [1, 2], "d": true, "e": {}}'));
    expect([error.code, error.path, error.hint]).toEqual([
      "OPTION_INVALID",
      ["columns"],
      'By the first sample it may be: { "a": "float32", "b": "text", "c": "float32[2]", "d": "bool" }.',
    ]);
  });

  it("a key that is only written otherwise", async () => {
    const error = await failureOf(() => open({ columns: { agee: "float32?" } }, '{"age": 1}'));
    expect([error.code, error.message, error.path]).toEqual([
      "OPTION_INVALID",
      '"agee" must be in the samples, but none of the first 1 has it (did you mean "age"?)',
      ["columns", "agee"],
    ]);
  });

  it("no file, no line, a line that is too long, more in a gzip file than may be held, a damaged one", async () => {
    const columns = { a: "int32" };
    const codeOf = async (options: object, content?: string | Uint8Array) => {
      const { code, message } = await failureOf(() => open({ columns, ...options }, content));
      return `${code} ${message}`;
    };
    expect(await codeOf({ path: "gone.jsonl" })).toContain("FILE_NOT_FOUND");
    expect(await codeOf({}, "\n\r\n \t")).toContain("FILE_FORMAT there must be samples");
    expect(await codeOf({ maxLineBytes: 5 }, '{"a": 1}')).toContain(
      "FILE_FORMAT a line must end within 5 bytes",
    );
    const bomb = gzipSync(Buffer.alloc(2 ** 20, '{"a": 1}\n'));
    expect(await codeOf({ maxUnzippedBytes: 1000 }, bomb)).toContain("at most 1,000 bytes");
    expect(await codeOf({}, bomb.subarray(0, 500))).toContain("FILE_FORMAT a gzip file must be whole");
    const flipped = Uint8Array.from(bomb);
    flipped[bomb.length - 6] ^= 1;
    expect(await codeOf({}, flipped)).toContain("FILE_FORMAT a gzip file must be whole");
  });
});

describe("a file that changes", () => {
  it("is refused from then on, in this thread and in a worker; one that is gone is named", async () => {
    const columns = { a: "int32" };
    const dataset = await open({ columns }, '{"a": 1}\n');
    await folder.write("t.jsonl", '{"a": 12}\n');
    const worker = await reopened<Sample>(
      "json-lines",
      { path: "t.jsonl", columns },
      folder.baseUrl,
      dataset,
    );
    for (const each of [dataset, worker]) {
      const error = await failureOf(() => each.get(0, epoch));
      expect([error.code, error.message]).toEqual([
        "FILE_FORMAT",
        expect.stringContaining("was changed since"),
      ]);
    }
    await rm(new URL("t.jsonl", folder.baseUrl));
    for (const each of [dataset, worker])
      expect((await failureOf(() => each.get(0, epoch))).code).toBe("FILE_NOT_FOUND");
  });

  it("is of no matter where it was gzipped: it is held in memory", async () => {
    const columns = { a: "int32" };
    const dataset = await open({ columns }, gzipSync('{"a": 1}\n'));
    await rm(new URL("t.jsonl", folder.baseUrl));
    const worker = await reopened<Sample>(
      "json-lines",
      { path: "t.jsonl", columns },
      folder.baseUrl,
      dataset,
    );
    expect(await worker.get(0, epoch)).toEqual({ a: 1 });
  });

  it("cannot be read after close", async () => {
    const dataset = await open({ columns: { a: "int32" } }, '{"a": 1}\n');
    await dataset.close?.();
    expect((await failureOf(() => dataset.get(0, epoch))).code).toBe("DATASET_CLOSED");
  });
});

it("the index takes 8 bytes a sample, in shared memory", async () => {
  const dataset = await open({ columns: { a: "int32" } }, '{"a": 1}\n'.repeat(1000));
  const { index } = (dataset.share?.() ?? {}) as { index: { starts: Float64Array } };
  expect([index.starts.byteLength, index.starts.buffer]).toEqual([8000, expect.any(SharedArrayBuffer)]);
});
