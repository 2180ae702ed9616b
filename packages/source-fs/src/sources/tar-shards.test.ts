import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, type IterableDataset, type Logger, MillraceError } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { encoded, epoch, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import { type ShardSample, writeTarShards } from "../tar/write-shards.js";
import tarShards from "./tar-shards.js";

let folder: Folder;
let png: Uint8Array;
const at = (name: string): string => join(folder.path, name);
const baseUrl = (): URL => folder.baseUrl;

beforeAll(async () => {
  folder = await temporaryFolder();
  png = await encoded("png", 4, 3);
  await writeAnimals();
});

async function writeAnimals(): Promise<void> {
  const samples = Array.from({ length: 23 }, (_, i): ShardSample => {
    const json = {
      age: i % 5 === 0 ? undefined : i / 4,
      size: [i, i + 1],
      kind: ["cat", "eel", "dog"][i % 3],
    };
    return { key: `${i % 2 === 0 ? "even/" : ""}${i}`, files: { png, cls: i % 4, json, txt: `animal ${i}` } };
  });
  await writeTarShards(at("animals-%03d.tar"), samples, { samplesPerShard: 5 });
}

const columns = {
  image: "image",
  label: { type: "class", from: "cls" },
  kind: { type: "class", from: "json:kind" },
  age: { type: "float32?", from: "json:age" },
  size: { type: "float32[2]", from: "json:size" },
  text: "text",
};
const facts = { labels: ["0", "1", "2", "3"], categories: { kind: ["cat", "dog", "eel"] } };
// The request whose end started the test counts as open until the event loop turns.
const mayStayOpen = ["FSReqPromise"];

testSource({
  plugin: tarShards,
  options: { shards: "animals-{000..004}.tar", columns },
  baseUrl,
  length: 23,
  facts,
  columns: ["label", "kind", "text"],
  mayStayOpen,
  invalidOptions: [
    { name: "no shards", options: { shards: [] } },
    {
      name: "an image in JSON",
      options: { shards: "a.tar", columns: { image: { type: "image", from: "json:a" } } },
    },
    {
      name: "a range that runs backwards",
      options: { shards: "{9..1}.tar" },
      message: /smaller number, was \{9\.\.1\}/,
    },
  ],
  change: () => rm(at("animals-004.tar")).then(writeAnimals),
});
testSource({
  plugin: tarShards,
  options: { shards: "animals-*.tar", columns, access: "stream" },
  baseUrl,
  length: 23,
  stream: true,
  facts,
  mayStayOpen,
});
testSource({
  plugin: tarShards,
  options: {
    shards: ["animals-003.tar", "animals-00{0..2}.tar"],
    columns: { label: { type: "class", from: "cls", labels: ["d", "c", "b", "a"] }, text: "text" },
    access: "stream",
    shuffleShards: true,
  },
  baseUrl,
  stream: true,
  labels: "given",
  mayStayOpen,
});

/** A .npy file of one-byte elements; `descr` may say otherwise. */
function npy(shape: readonly number[], bytes: Uint8Array, descr = "|u1"): Uint8Array {
  const list = shape.map((extent) => `${extent},`).join(" ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${list}), }\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00\0\0${header}`, "latin1");
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, bytes]);
}

describe("tar-shards of arrays", () => {
  const samples = Array.from({ length: 7 }, (_, i): ShardSample => {
    const files = { npy: npy([2, 3], Buffer.alloc(6, i)), "row.npy": npy([2], Uint8Array.of(i, i + 1)) };
    return { key: `${i}`, files: { ...files, "number.npy": npy([], Uint8Array.of(i)) } };
  });
  const columns = {
    array: "array",
    row: { type: "float32[2]", from: "row.npy" },
    number: { type: "int32", from: "number.npy" },
  };
  beforeAll(() => writeTarShards(at("arrays-%d.tar"), samples, { samplesPerShard: 4 }));

  for (const access of ["random", "stream"]) {
    const stream = access === "stream";
    const options = { shards: "arrays-{0..1}.tar", columns, access };
    testSource({ plugin: tarShards, options, baseUrl, stream, mayStayOpen, ...(!stream && { length: 7 }) });
  }

  it("have the type and the number of axes that the first one has", async () => {
    const dataset = await openSource("tar-shards", { shards: "arrays-0.tar", columns }, folder.baseUrl);
    expect(dataset.fields?.array).toEqual({ type: "uint8", shape: [null, null] });
    expect(await dataset.get(3, epoch)).toEqual({
      array: { dtype: "uint8", shape: [2, 3], data: new Uint8Array(6).fill(3) },
      row: Float32Array.of(3, 4),
      number: 3,
    });
    await dataset.close?.();
    // By the extension alone, where no columns are stated.
    const usual = await openSource("tar-shards", { shards: "arrays-0.tar" }, folder.baseUrl);
    expect(Object.keys(usual.fields ?? {})).toEqual(["npy", "row", "number"]);
    await usual.close?.();
  });

  it.each([
    [
      "of another type",
      npy([2, 3], new Uint8Array(12), "<i2"),
      /must all be uint8 of 2 axes, as the first is, was int16 \[2, 3\]/,
    ],
    ["of other axes", npy([6], new Uint8Array(6)), /was uint8 \[6\]/],
    ["that says it is huge", npy([2 ** 30, 2 ** 9], new Uint8Array(6)), /takes 549755813888 bytes, found 6/],
    ["that is none", Buffer.from("text"), /an NPY file must start with/],
  ])("refuse one %s", async (_, other, message) => {
    await writeTarShards(at("odd-%d.tar"), [samples[0], { key: "b", files: { npy: other } }]);
    const options = { shards: "odd-0.tar", columns: { array: "array" } };
    const dataset = await openSource("tar-shards", options, folder.baseUrl);
    await expect((async () => dataset.get(1, epoch))()).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(message) as string,
      where: ["odd-0.tar/b"],
    });
    await dataset.close?.();
  });
});

describe("tar-shards", () => {
  beforeEach(() => writeAnimals());

  it("has the fields of the first sample where none are stated, and tells what others have beside them", async () => {
    const told: string[] = [];
    const say = (_: object, message?: string): void => void told.push(message ?? "");
    const logger: Logger = { debug() {}, info: say, warn: say, error: say };
    const first = { key: "a", files: { "seg.png": png, jpg: png, cls: 1, count: 7, txt: "ä" } };
    await writeTarShards(at("mixed-%d.tar"), [first, { key: "b", files: { ...first.files, extra: "more" } }]);
    const options = tarShards.options.parse({ shards: "mixed-0.tar" });
    const given = { baseUrl: folder.baseUrl, seed: 0, logger };
    const dataset = (await tarShards.create(options, given)) as Dataset<Record<string, unknown>>;
    const { seg, image, ...others } = await dataset.get(0, epoch);
    expect(others).toEqual({ label: 1, count: 7, txt: "ä" });
    expect([seg, image]).toEqual(
      Array(2).fill(expect.objectContaining({ materialize: expect.any(Function) as unknown })),
    );
    // Indices name all classes up to the largest.
    expect(dataset.facts?.labels).toEqual(["0", "1"]);
    expect(told.at(-1)).toBe(
      "files that the first sample does not have are left out: extra (1); state `columns` to have them",
    );
    await dataset.close?.();
  });

  it("takes equal keys in different shards for different samples", async () => {
    await copyFile(at("animals-000.tar"), at("copy.tar"));
    const dataset = await openSource(
      "tar-shards",
      { shards: ["animals-000.tar", "copy.tar"], columns },
      folder.baseUrl,
    );
    expect([dataset.length, dataset.key?.(0), dataset.key?.(5)]).toEqual([
      10,
      "animals-000.tar/even/0",
      "copy.tar/even/0",
    ]);
    await dataset.close?.();
  });

  it("keeps 8 bytes for each file that is read later, 4 for a class, and the keys", async () => {
    const options = { shards: "animals-*.tar", columns: { image: "image", label: "class" } };
    const dataset = await openSource("tar-shards", options, folder.baseUrl);
    const { index } = (dataset.share?.() ?? {}) as {
      index: { keys: object; members: Uint32Array; classes: { label: Int32Array } };
    };
    expect([index.members.byteLength, index.classes.label.byteLength]).toEqual([8 * 23, 4 * 23]);
    expect(Object.values(index.keys).map((array: Uint8Array) => array.buffer)).toEqual(
      Array(2).fill(expect.any(SharedArrayBuffer)),
    );
    await dataset.close?.();
  });

  it("says which sample lacks which file, or leaves it out, or fills it in", async () => {
    const files = { png, cls: 0 };
    await writeTarShards(at("gaps-%d.tar"), [
      { key: "a", files },
      { key: "b", files: { png } },
      { key: "c", files },
    ]);
    const open = (missing?: unknown, access = "random") => {
      const label = { type: "class", from: "cls", ...(missing === undefined ? {} : { missing }) };
      return openSource<{ label: number }>(
        "tar-shards",
        { shards: "gaps-0.tar", columns: { image: "image", label }, access },
        folder.baseUrl,
      );
    };
    await expect(open()).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: 'a sample must have a file cls for "label", but this one has png',
      where: ["gaps-0.tar/b"],
      path: ["columns", "label"],
    });
    const dropping = await open("drop");
    expect([dropping.length, dropping.key?.(1)]).toEqual([2, "gaps-0.tar/c"]);
    const filled = await open({ fill: "none" });
    const labels = await Promise.all([0, 1, 2].map(async (index) => (await filled.get(index, epoch)).label));
    expect(labels.map((label) => filled.facts?.labels?.[label])).toEqual(["0", "none", "0"]);
    const wanting = { shards: "gaps-0.tar", columns: { text: "text" } };
    await expect(openSource("tar-shards", wanting, folder.baseUrl)).rejects.toMatchObject({
      message: 'a sample must have a file text or txt for "text", but this one has png, cls',
      where: ["gaps-0.tar/a"],
    });
    const pass = ((await open("drop", "stream")) as unknown as IterableDataset).iterate({
      epoch: 0,
      shard: { id: 0, count: 1 },
    });
    const keys = [await pass.next(), await pass.next(), await pass.next()].map((each) =>
      "key" in each ? each.key : each.done,
    );
    expect(keys).toEqual(["gaps-0.tar/a", "gaps-0.tar/c", true]);
    for (const dataset of [dropping, filled]) await dataset.close?.();
  });

  it("names classes as stated where files hold indices, and refuses one that is none", async () => {
    const columns = { label: { type: "class", from: "cls", labels: ["cat", "dog", "eel"] } };
    const stated = (extra: object = {}) =>
      openSource<{ label: number }>(
        "tar-shards",
        { shards: "names-0.tar", columns, ...extra },
        folder.baseUrl,
        ["eel", "dog", "cat"],
      );
    await writeTarShards(at("names-%d.tar"), [
      { key: "a", files: { cls: 0 } },
      { key: "b", files: { cls: "eel\n" } },
    ]);
    const dataset = await stated();
    // The classes of the run come in an order of their own.
    expect(await Promise.all([0, 1].map(async (index) => (await dataset.get(index, epoch)).label))).toEqual([
      2, 0,
    ]);
    await dataset.close?.();
    await writeTarShards(at("names-%d.tar"), [{ key: "a", files: { cls: 3 } }]);
    await expect(stated()).rejects.toMatchObject({ code: "LABEL_UNKNOWN", where: ["names-0.tar/a.cls"] });
  });

  it("reads nothing but the first sample when a stream is opened whose classes are known", async () => {
    const columns = { label: { type: "class", from: "cls", labels: ["0", "1", "2", "3"] }, text: "text" };
    const whole = await readFile(at("animals-001.tar"));
    await writeFile(at("animals-001.tar"), whole.subarray(0, 2570));
    const options = { shards: "animals-*.tar", columns, access: "stream" };
    const stream = (await openSource("tar-shards", options, folder.baseUrl)) as unknown as IterableDataset;
    expect([stream.length, stream.facts?.labels?.length]).toEqual([undefined, 4]);
    const pass = stream.iterate({ epoch: 0, shard: { id: 0, count: 1 } });
    let seen = 0;
    const fault = await (async () => {
      for (let next = await pass.next(); !next.done; next = await pass.next()) seen++;
    })().catch((error: unknown) => error as MillraceError);
    expect([seen, fault?.code, pass.goesOn]).toEqual([5, "FILE_FORMAT", false]);
    expect(fault?.message).toMatch(
      /^entry ".*" must have \d+ bytes, but the file ends -?\d+ bytes after its header$/,
    );
    await stream.close?.();
  });

  it("gives the same where the storage is slow, and lets others work while it waits", async () => {
    const all = async (access: string): Promise<unknown[]> => {
      const columns = {
        label: { type: "class", from: "cls" },
        text: "text",
        size: { type: "float32[2]", from: "json:size" },
      };
      const options = { shards: "animals-*.tar", columns, access };
      const dataset = await openSource("tar-shards", options, folder.baseUrl);
      const found: unknown[] = [];
      if (access === "random") {
        for (let index = 0; index < dataset.length; index++) {
          const sample = dataset.get(index, epoch);
          found.push([sample instanceof Promise, await sample]);
        }
      } else {
        const pass = (dataset as unknown as IterableDataset).iterate({
          epoch: 0,
          shard: { id: 0, count: 1 },
        });
        for (let next = await pass.next(); !next.done; next = await pass.next())
          found.push([false, next.value]);
      }
      await dataset.close?.();
      return found;
    };
    const quick = await all("random");
    let clock = 0;
    const spy = vi.spyOn(performance, "now").mockImplementation(() => (clock += 50));
    onTestFinished(() => spy.mockRestore());
    expect(await all("random")).toEqual(quick.map((each) => [true, (each as unknown[])[1]]));
    expect(await all("stream")).toEqual(quick.map((each) => [false, (each as unknown[])[1]]));
  });

  it("says where a sample lies that cannot be read, and a stream goes on behind it", async () => {
    const samples = ["{", '{"a": 1}', '{"a": "x"}', '{"a": 4}'].map((json, i) => ({
      key: `${i}`,
      files: { json },
    }));
    await writeTarShards(at("bad-%d.tar"), samples);
    const options = { shards: "bad-0.tar", columns: { a: { type: "float32", from: "json:a" } } };
    const dataset = await openSource("tar-shards", options, folder.baseUrl);
    await expect((async () => dataset.get(0, epoch))()).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(/^a file of JSON must be JSON: /) as string,
      where: ["bad-0.tar/0.json"],
    });
    await expect((async () => dataset.get(2, epoch))()).rejects.toMatchObject({
      message: 'field "a" must be a finite float32 number, was "x"',
      where: ["bad-0.tar/2.json"],
    });
    const stream = (await openSource(
      "tar-shards",
      { ...options, access: "stream" },
      folder.baseUrl,
    )) as unknown as IterableDataset;
    const pass = stream.iterate({ epoch: 0, shard: { id: 0, count: 1 } });
    const seen: unknown[] = [];
    for (let i = 0; i < 5; i++)
      seen.push(await Promise.resolve(pass.next()).catch((error: MillraceError) => error.code));
    const good = (a: number) => expect.objectContaining({ value: { a } }) as unknown;
    expect(seen).toEqual(["FILE_FORMAT", good(1), "FILE_FORMAT", good(4), { done: true, value: undefined }]);
    await dataset.close?.();
  });

  it.each([
    ["nothing.tar", "FILE_NOT_FOUND", /does not exist/],
    ["none-*.tar", "FILE_NOT_FOUND", /a file must fit the pattern none-\*\.tar/],
    [["animals-000.tar", "animals-*.tar"], "OPTION_INVALID", /animals-000\.tar is named twice/],
    ["packed.tar.gz", "FILE_FORMAT", /plain tar archive, but the file is compressed/],
    ["empty.tar", "FILE_FORMAT", /must hold samples, but there are none/],
    ["text.tar", "FILE_FORMAT", /must be a tar archive, but the file does not begin with the header of one/],
    [".", "FILE_FORMAT", /must be a file/],
  ])("refuses %j", async (shards, code, message) => {
    await folder.write("packed.tar.gz", Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0));
    await folder.write("empty.tar", new Uint8Array(1024));
    await folder.write("text.tar", "text ".repeat(300));
    const fault = await openSource("tar-shards", { shards, columns }, folder.baseUrl).catch(
      (error: unknown) => error,
    );
    expect(fault).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect((fault as MillraceError).describe()).not.toContain("undefined");
  });
});
