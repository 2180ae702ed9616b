/** Samples without answers, from tar archives and beside them, for a model that shards have trained. */
import { join } from "node:path";
import {
  type DatasetFacts,
  isDeferred,
  type LooseFault,
  type LooseSample,
  type SourceInputs,
} from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import { encoded, failureOf, type Folder, temporaryFolder } from "../../test/support.js";
import tarShards from "../sources/tar-shards.js";
import { writeTarShards } from "./write-shards.js";

let folder: Folder;
let png: Uint8Array;
beforeAll(async () => {
  folder = await temporaryFolder();
  png = await encoded("png", 4, 3);
});

const columns = {
  image: "image",
  label: { type: "class", from: "cls" },
  kind: { type: "class", from: "json:kind" },
  age: { type: "float32?", from: "json:age" },
};
const facts: DatasetFacts = {
  labels: ["0", "1"],
  categories: { kind: ["cat", "dog"] },
  fields: {
    image: { type: "image" },
    label: { type: "int32" },
    kind: { type: "int32" },
    age: { type: "float32" },
  },
};

async function inputsOf(options: object): Promise<SourceInputs> {
  const parsed = tarShards.options.parse({ shards: "gone.tar", ...options });
  const inputs = await tarShards.inputs?.(parsed, { baseUrl: folder.baseUrl, seed: 1, facts });
  if (inputs === undefined) throw new Error("no inputs");
  return inputs;
}

async function read(options: object, path: string): Promise<unknown[]> {
  const told: (LooseSample | LooseFault)[] = [];
  for await (const each of (await inputsOf(options)).read(path)) told.push(each);
  // Images are made when all inputs have been told.
  return Promise.all(told.map(seen));
}

/** Images by their size. */
async function seen(each: LooseSample | LooseFault): Promise<unknown> {
  if ("error" in each) return [each.name, each.error.code, each.error.message];
  const { image, ...others } = each.sample as Record<string, unknown>;
  const pixels = isDeferred(image) ? ((await image.materialize()) as { shape: number[] }).shape : image;
  return [each.name, { image: pixels, ...others }];
}

describe("inputs of a run on tar shards", () => {
  it("are the samples of a tar archive, without the answer, and with a fault in the place of one that is none", async () => {
    const [path] = await writeTarShards(join(folder.path, "new-%d.tar"), [
      { key: "a", files: { png, cls: 1, json: { kind: "dog", age: 3 } } },
      { key: "b", files: { png, json: { kind: "cow" } } },
      { key: "c", files: { png, json: { kind: "cat" } } },
      { key: "d", files: { json: { kind: "cat" } } },
    ]);
    expect(await read({ columns }, path)).toEqual([
      [`${path}/a`, { image: [3, 4, 3], kind: 1, age: 3 }],
      [`${path}/b`, "LABEL_UNKNOWN", 'a label must be one of the 2 known classes, was "cow"'],
      [`${path}/c`, { image: [3, 4, 3], kind: 0, age: null }],
      // It may be the answer; what needs it says so.
      [`${path}/d`, { image: undefined, kind: 0, age: null }],
    ]);
    // Where no columns are stated, those of training that the first sample has.
    expect(await read({}, path)).toEqual(
      "abcd".split("").map((key) => [`${path}/${key}`, { image: key === "d" ? undefined : [3, 4, 3] }]),
    );
  });

  it("are image files, where a sample has one image", async () => {
    const path = await folder.write("ü.png", png);
    expect(await read({ columns }, path)).toEqual([[path, { image: [3, 4, 3] }]]);
    expect(await read({ images: { mode: "grayscale" } }, path)).toEqual([[path, { image: [3, 4, 1] }]]);
    expect((await inputsOf({ columns: { text: "text" } })).endings).toEqual([".tar"]);
    expect((await inputsOf({ columns: { a: "image", b: "image" } })).endings).toEqual([".tar"]);
  });

  it("are lines of JSON Lines, by the names of fields", async () => {
    const path = await folder.write("a.png", png);
    const inputs = await inputsOf({ columns });
    const sample = inputs.fromValues?.({ image: "a.png", kind: "dog", note: "x" }, folder.path);
    expect(await seen({ name: path, sample })).toEqual([path, { image: [3, 4, 3], kind: 1, age: null }]);
    const wrong = await failureOf(() => inputs.fromValues?.({ image: 3, kind: "dog" }, folder.path));
    expect(wrong.message).toBe('"image" must be the path of an image file, was 3');
    const other = await failureOf(() => inputs.fromValues?.({ kind: "dog", age: "old" }, folder.path));
    expect(other.message).toBe('"age" must be a finite float32 number, was "old"');
  });

  it("are lists of numbers where training had arrays", async () => {
    const parsed = tarShards.options.parse({ shards: "gone.tar", columns: { array: "array" } });
    const trained = { fields: { array: { type: "float32", shape: [null, null] } } } as DatasetFacts;
    const context = { baseUrl: folder.baseUrl, seed: 1, facts: trained };
    const inputs = await tarShards.inputs?.(parsed, context);
    const rows = [
      [1, 2, 3],
      [4, 5, 6.5],
    ];
    expect(inputs?.fromValues?.({ array: rows }, ".")).toEqual({
      array: { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6.5) },
    });
    for (const array of [[[1], [2, 3]], [["a"]], "text"]) {
      const wrong = await failureOf(() => inputs?.fromValues?.({ array }, "."));
      expect(wrong.message).toBe('"array" must be numbers, in lists of one length');
    }
  });

  it("are refused as a whole where the archive is none", async () => {
    const path = await folder.write("text.tar", "text ".repeat(200));
    const fault = await failureOf(() => read({ columns }, path));
    expect([fault.code, fault.where[0]]).toEqual(["FILE_FORMAT", `${path}, byte 0`]);
    expect((await failureOf(() => read({ columns }, join(folder.path, "gone.tar")))).code).toBe(
      "FILE_NOT_FOUND",
    );
  });
});
