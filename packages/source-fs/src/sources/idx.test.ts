import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, failureOf, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import type { IdxSample } from "./idx.js";
import { readIdx } from "../idx/file.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const open = (options: object, labels?: readonly string[]) =>
  openSource<IdxSample>("idx", options, folder.baseUrl, labels);

const writers = {
  8: [1, "setUint8", "uint8"],
  9: [1, "setInt8", "int8"],
  11: [2, "setInt16", "int16"],
  12: [4, "setInt32", "int32"],
  13: [4, "setFloat32", "float32"],
  14: [8, "setFloat64", "float64"],
} as const;

/** An IDX file, written big-endian through a DataView. */
function idxFile(
  type: keyof typeof writers,
  shape: readonly number[],
  values: readonly number[],
): Uint8Array {
  const [width, setter] = writers[type];
  const start = 4 + 4 * shape.length;
  const view = new DataView(new ArrayBuffer(start + values.length * width));
  view.setUint8(2, type);
  view.setUint8(3, shape.length);
  shape.forEach((extent, axis) => view.setUint32(4 + 4 * axis, extent));
  values.forEach((value, i) => view[setter](start + i * width, value));
  return new Uint8Array(view.buffer);
}

const count = (length: number) => Array.from({ length }, (_, i) => i);

describe("readIdx", () => {
  it("reads every element type and rank, plain and gzipped, as it was written", async () => {
    const type = fc.constantFrom<keyof typeof writers>(8, 9, 11, 12, 13, 14);
    const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(type, shape, fc.boolean(), async (type, shape, zipped) => {
        const values = count(shape.reduce((a, b) => a * b, 1)).map((i) => (i % 120) - (type === 8 ? 0 : 60));
        const bytes = idxFile(type, shape, values);
        const path = await folder.write("any.idx", zipped ? gzipSync(bytes) : bytes);
        const { dtype, shape: found, data } = await readIdx(path);
        expect([dtype, found, Array.from(data)]).toEqual([writers[type][2], shape, values]);
      }),
      { numRuns: 60 },
    );
  });

  const good = idxFile(11, [2, 3], count(6));
  const faults: [string, Uint8Array, string][] = [
    ["an empty file", new Uint8Array(), "was empty"],
    ["another magic number", new TextEncoder().encode("PNG, perhaps"), "was 504e472c"],
    ["an unknown element type", good.map((byte, i) => (i === 2 ? 7 : byte)), "was 00000702"],
    ["a header cut short", good.subarray(0, 9), "header of rank 2 takes 12 bytes, the file has 9"],
    ["data cut short", good.subarray(0, 20), "truncated: int16 [2, 3] takes 24 bytes, found 20"],
    [
      "trailing bytes",
      Buffer.concat([good, Buffer.of(0)]),
      "followed by other bytes: int16 [2, 3] takes 24 bytes, found 25",
    ],
    ["a truncated gzip file", gzipSync(good).subarray(0, 20), "a gzip file must be whole"],
    [
      "a corrupt gzip file",
      gzipSync(good).map((byte, i) => (i === 14 ? byte ^ 255 : byte)),
      "a gzip file must be whole",
    ],
  ];
  it.each(faults)("refuses %s, naming the file", async (name, bytes, message) => {
    const path = await folder.write(`${name}.idx`, bytes);
    const error = await failureOf(() => readIdx(path));
    expect([error.code, error.where]).toEqual(["FILE_FORMAT", [path]]);
    expect(error.message).toContain(message);
  });
});

describe("idx", () => {
  beforeAll(async () => {
    await folder.write("images", idxFile(8, [3, 2, 2], count(12)));
    await folder.write("labels", idxFile(8, [3], [2, 0, 5]));
  });

  it("yields images [height, width, 1] with their labels, and names the classes 0 to the highest", async () => {
    const dataset = await open({ images: "images", labels: "labels" });
    const fields = { image: { type: "uint8", shape: [2, 2, 1] } };
    const facts = { labels: ["0", "1", "2", "3", "4", "5"], fields };
    expect([dataset.length, dataset.facts]).toEqual([3, facts]);
    expect(await dataset.get(1, epoch)).toEqual({
      image: { dtype: "uint8", shape: [2, 2, 1], data: Uint8Array.of(4, 5, 6, 7) },
      label: 0,
    });
    expect(Array.from((await dataset.column?.("label")) ?? [])).toEqual([2, 0, 5]);
    expect(dataset.column?.("image")).toBeUndefined();
  });

  it("yields images alone where there are no labels, other ranks and types in their own shape", async () => {
    await folder.write("vectors", idxFile(13, [2, 3], [0.5, 1, 1.5, 2, 2.5, 3]));
    const dataset = await open({ images: "vectors" });
    expect(await dataset.get(1, epoch)).toEqual({
      image: { dtype: "float32", shape: [3], data: Float32Array.of(2, 2.5, 3) },
    });
    expect(dataset.facts).toEqual({ fields: { image: { type: "float32", shape: [3] } } });
  });

  it("has no class names for labels that are not class indices", async () => {
    await folder.write("targets", idxFile(13, [3], [0.5, 1, 2]));
    await folder.write("negative", idxFile(9, [3], [-1, 0, 1]));
    expect((await open({ images: "images", labels: "targets" })).facts?.labels).toBeUndefined();
    expect((await open({ images: "images", labels: "negative" })).facts?.labels).toBeUndefined();
  });

  it("takes the training set's class names, and refuses a label beyond them", async () => {
    const names = count(6).map((i) => `class ${i}`);
    expect((await open({ images: "images", labels: "labels" }, names)).facts?.labels).toEqual(names);
    const error = await failureOf(() => open({ images: "images", labels: "labels" }, ["a", "b"]));
    expect([error.code, error.message]).toEqual(["LABEL_UNKNOWN", expect.stringContaining('was "5"')]);
  });

  it("refuses files that do not belong together, and a file that is not there", async () => {
    await folder.write("two", idxFile(8, [2], [0, 1]));
    const counts = await failureOf(() => open({ images: "images", labels: "two" }));
    expect(counts.message).toBe("each image needs one label, but there are 3 images and 2 labels");
    expect(counts.where).toHaveLength(2);
    const swapped = await failureOf(() => open({ images: "labels", labels: "images" }));
    expect([swapped.code, swapped.message]).toEqual([
      "FILE_FORMAT",
      "a labels file must have rank 1, was uint8 [3, 2, 2]",
    ]);
    const missing = await failureOf(() => open({ images: "nowhere" }));
    expect([missing.code, missing.hint]).toEqual(["FILE_NOT_FOUND", expect.stringContaining("`images`")]);
    const directory = await failureOf(() => open({ images: "." }));
    expect([directory.code, directory.message]).toEqual([
      "FILE_NOT_FOUND",
      expect.stringContaining("was a folder"),
    ]);
  });
});

const mnist = new URL("../../../../../shared/data/", import.meta.url);
const images = "mnist-t10k-images-idx3-ubyte.gz";

it.skipIf(!existsSync(fileURLToPath(new URL(images, mnist))))(
  "reads MNIST's test set (needs ../shared/data)",
  async () => {
    const labels = "mnist-t10k-labels-idx1-ubyte.gz";
    const dataset = await openSource<IdxSample>("idx", { images, labels }, mnist);
    const counts = new Array<number>(10).fill(0);
    for (const label of Array.from((await dataset.column?.("label")) ?? [])) counts[Number(label)]++;
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect((await dataset.get(9999, epoch)).image.shape).toEqual([28, 28, 1]);
  },
);
