/** Sources of files say when their content changes, which caches on disk live by. */
import { readFileSync } from "node:fs";
import { copyFile, rm, utimes } from "node:fs/promises";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../test/columnar.js";
import { type Folder, openSource, temporaryFolder } from "../test/support.js";

const arrays = new URL("../test/fixtures/arrays/", import.meta.url);
let folder: Folder;
let picture: Uint8Array;
beforeAll(async () => {
  folder = await temporaryFolder();
  picture = await sharp({ create: { width: 4, height: 4, channels: 3, background: "#123456" } })
    .png()
    .toBuffer();
  await folder.write("images/a/ä.png", picture);
  await folder.write("images/b/2.png", picture);
  for (const [name, fixture] of [
    ["t.parquet", "snappy.parquet"],
    ["t.feather", "lz4.feather"],
  ])
    await folder.write(name, readFileSync(new URL(fixture, fixtures)));
  await folder.write("table.csv", "x,label\n1,a\n2,b\n");
  await folder.write("t.jsonl", '{"x": 1}');
  await folder.write("t.json", '[{"x": 1}]');
  await folder.write("t.txt", "line");
  await copyFile(new URL("../sounds/pcm8-1.wav", arrays), new URL("pcm8-1.wav", folder.baseUrl));
  for (const name of ["labels.npy", "stored.npz", "tensors.safetensors"])
    await copyFile(new URL(name, arrays), new URL(name, folder.baseUrl));
  const header = (count: number): number[] => [0, 0, 8, 1, 0, 0, 0, count];
  await folder.write("images.idx", Uint8Array.from([...header(2), 1, 2]));
  await folder.write("labels.idx", Uint8Array.from([...header(2), 0, 1]));
});

async function fingerprint(use: string, options: object): Promise<string> {
  const dataset = await openSource(use, options, folder.baseUrl);
  const text = await dataset.fingerprint?.();
  await dataset.close?.();
  return text ?? "none";
}

describe("fingerprints", () => {
  it.each([
    ["image-folder", { root: "images" }, "images/a/ä.png"],
    ["csv", { path: "table.csv", label: "label" }, "table.csv"],
    ["parquet", { path: "t.parquet", features: ["f64"] }, "t.parquet"],
    ["arrow", { path: "t.feather", features: ["f64"] }, "t.feather"],
    ["json-lines", { path: "t.jsonl", columns: { x: "int32" } }, "t.jsonl"],
    ["json", { path: "t.json", columns: { x: "int32" } }, "t.json"],
    ["text-lines", { path: "t.txt" }, "t.txt"],
    ["npy", { fields: { label: "labels.npy" } }, "labels.npy"],
    ["npz", { path: "stored.npz" }, "stored.npz"],
    ["wav", { path: "*.wav" }, "pcm8-1.wav"],
    ["safetensors", { path: "tensors.safetensors" }, "tensors.safetensors"],
    ["idx", { images: "images.idx" }, "images.idx"],
    ["idx", { images: "images.idx", labels: "labels.idx" }, "labels.idx"],
  ])("%s: the same while nothing changes, another when a file does", async (use, options, file) => {
    const before = await fingerprint(use, options);
    expect(before).toMatch(/^[0-9a-f]{64}/);
    expect(await fingerprint(use, options)).toBe(before);
    await utimes(new URL(file, folder.baseUrl), 5, 5);
    expect(await fingerprint(use, options)).not.toBe(before);
  });

  it("image-folder: another when a file comes, goes, or is read otherwise", async () => {
    const before = await fingerprint("image-folder", { root: "images" });
    const file = await folder.write("images/a/3.png", picture);
    expect(await fingerprint("image-folder", { root: "images" })).not.toBe(before);
    await rm(file);
    expect(await fingerprint("image-folder", { root: "images" })).toBe(before);
    expect(await fingerprint("image-folder", { root: "images", mode: "grayscale" })).not.toBe(before);
  });
});
