/** One opening of IDX files for all threads, names of their samples, and what a model trained on them can be asked. */
import { rm } from "node:fs/promises";
import {
  type DatasetFacts,
  defaultCollate,
  heapAllocator,
  isDeferred,
  type LooseSample,
} from "@millrace/core";
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
import idx, { type IdxSample } from "./idx.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.write("a.png", await encoded("png", 2, 2, 1));
  await folder.write("rgb.png", await encoded("png", 2, 1));
});

const bytes = (...values: number[]) =>
  Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, ...values]);
const floats = (...values: number[]) => {
  const file = Buffer.alloc(16 + values.length * 4);
  file.set([0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]);
  values.forEach((value, i) => file.writeFloatBE(value, 16 + i * 4));
  return file;
};
const options = { images: "i.idx", labels: "l.idx" };

it("a worker has the arrays of the main thread's opening, whatever the files hold since", async () => {
  await folder.write("i.idx", bytes(1, 2, 3, 4, 5, 6, 7, 8));
  await folder.write("l.idx", Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]));
  const first = await openSource<IdxSample>("idx", options, folder.baseUrl);
  await folder.write("l.idx", Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 3, 2]));
  await rm(new URL("i.idx", folder.baseUrl));
  const second = await reopened<IdxSample>("idx", options, folder.baseUrl, first);
  expect([second.length, second.facts]).toEqual([2, first.facts]);
  for (const index of [0, 1]) expect(await second.get(index, epoch)).toEqual(await first.get(index, epoch));
  expect(Array.from((await second.column?.("label")) ?? [])).toEqual([0, 1]);
  expect(await second.fingerprint?.()).toBe(await first.fingerprint?.());
  const { image } = await second.get(0, epoch);
  expect(image.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(second.key?.(1)).toBe("i.idx#1");
});

it("labels have one type in every batch, whatever their values", async () => {
  await folder.write("i.idx", bytes(1, 2, 3, 4, 5, 6, 7, 8));
  const targets = Buffer.from([0, 0, 13, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  targets.writeFloatBE(3, 8);
  targets.writeFloatBE(0.5, 12);
  await folder.write("l.idx", targets);
  const dataset = await openSource<IdxSample>("idx", options, folder.baseUrl);
  for (const index of [0, 1]) {
    const batch = await dataset.getBatch?.([index], epoch, heapAllocator);
    expect(batch).toMatchObject({ label: { dtype: "float32" } });
    expect(batch).toEqual(defaultCollate([await dataset.get(index, epoch)], heapAllocator, dataset.fields));
  }
});

describe("a model trained on IDX files is asked about", () => {
  async function read(fields: DatasetFacts["fields"], path: string): Promise<LooseSample[]> {
    const facts = { ...(fields && { fields }) };
    const inputs = await idx.inputs?.(idx.options.parse({ images: "gone" }), {
      baseUrl: folder.baseUrl,
      seed: 1,
      facts,
    });
    const found: LooseSample[] = [];
    for await (const each of inputs?.read(path) ?? []) if ("sample" in each) found.push(each);
    return found;
  }
  const shapeOf = async ([{ sample }]: LooseSample[]) => {
    const { image } = sample as { image: unknown };
    return isDeferred(image) && ((await image.materialize()) as { shape: number[] }).shape;
  };

  it("picture files with the channels that it saw", async () => {
    const path = `${folder.path}/rgb.png`;
    expect(await shapeOf(await read({ image: { type: "uint8", shape: [1, 2, 3] } }, path))).toEqual([
      1, 2, 3,
    ]);
    expect(await shapeOf(await read({ image: { type: "uint8", shape: [1, 2, 1] } }, path))).toEqual([
      1, 2, 1,
    ]);
  });

  it("no picture files, if it saw anything but their bytes", async () => {
    for (const image of [
      { type: "float32", shape: [2, 2, 1] },
      { type: "uint8", shape: [4] },
    ] as const) {
      const error = await failureOf(() => read({ image }, `${folder.path}/a.png`));
      expect([error.code, error.message]).toEqual([
        "INPUT_INVALID",
        expect.stringContaining(`trained on ${image.type} [${image.shape.join(", ")}]`),
      ]);
    }
  });

  it("IDX files of the same type and shape, and of no other", async () => {
    const path = await folder.write("new.idx", floats(0.5, 1, 2, 3));
    const found = await read({ image: { type: "float32", shape: [2, 2] } }, path);
    const image = { dtype: "float32", shape: [2, 2], data: Float32Array.of(0.5, 1, 2, 3) };
    expect(found).toEqual([{ name: `${path}#0`, sample: { image } }]);
    const error = await failureOf(() => read({ image: { type: "uint8", shape: [2, 2, 1] } }, path));
    expect(error.message).toContain("uint8 [2, 2, 1], as the model was trained on, holds float32 [2, 2]");
  });

  it("lists of numbers, as many as an image has", async () => {
    const facts: DatasetFacts = { fields: { image: { type: "float32", shape: [2, 2] } } };
    const inputs = await idx.inputs?.(idx.options.parse({ images: "gone" }), {
      baseUrl: folder.baseUrl,
      seed: 1,
      facts,
    });
    const from = (image: unknown) => inputs?.fromValues?.({ image }, "/");
    const image = { dtype: "float32", shape: [2, 2], data: Float32Array.of(0.5, 1, 2, 3) };
    expect(
      from([
        [0.5, 1],
        [2, 3],
      ]),
    ).toEqual({ image });
    for (const wrong of [
      [1, 2, 3],
      [
        [1, 2],
        [3, "x"],
      ],
      undefined,
      "a.png",
    ]) {
      expect(() => from(wrong)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }) as Error);
    }
  });
});
