/** Datasets whose storage changes between their opening and that of their workers. */
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataLoader, type Dataset, MillraceError, Subset } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { folder } from "./fixtures/folder.mjs";

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "millrace-witness-"));
  for (const name of ["b1", "b2", "c1", "d1"]) await writeFile(join(path, name), "");
});
afterEach(async () => {
  await rm(path, { recursive: true });
  expect(aliveThreads()).toBe(0);
});

async function read(dataset: Dataset<number>, numWorkers: number): Promise<number[]> {
  const seen: number[] = [];
  await using loader = new DataLoader(dataset, { batchSize: null, numWorkers });
  for await (const { data } of loader) seen.push(data);
  return seen;
}

const reading = (dataset: Dataset<number>): Promise<unknown> =>
  read(dataset, 2).catch((error: MillraceError) => [error.code, error.message]);

describe("a dataset that workers make again from storage that has changed", () => {
  it("is read as ever where nothing changed, whatever its threads have written", async () => {
    const dataset = folder(path);
    const samples = await read(dataset, 0);
    expect(await read(dataset, 1)).toEqual(samples);
    expect(await read(new Subset(dataset, [3, 0]), 2)).toEqual([samples[3], samples[0]]);
  });

  it("is refused, with the length, the class and the sample that differ", async () => {
    const dataset = folder(path);
    await writeFile(join(path, "a1"), "");
    expect(await reading(dataset)).toEqual([
      "DATA_CHANGED",
      'workers must make the dataset that the main thread has, but it has 5 samples there, but 4 in the main thread; class 0 is "a" there, but "b" in the main thread; sample 0 is a1 there, but b1 in the main thread',
    ]);
    expect(await reading(new Subset(dataset, [0]))).toMatchObject(["DATA_CHANGED", expect.any(String)]);
  });

  it("is refused where only one sample is another one", async () => {
    const dataset = folder(path);
    await rename(join(path, "c1"), join(path, "c2"));
    expect(await reading(dataset)).toEqual([
      "DATA_CHANGED",
      expect.stringMatching(/but sample 2 is c2 there, but c1 in the main thread$/),
    ]);
  });

  it("is refused where only what it shares differs, by its place", async () => {
    const dataset = folder(path);
    const shared = dataset.share?.() as { readonly codes: Int32Array } | undefined;
    const { codes } = shared ?? { codes: new Int32Array(0) };
    codes[1] = 7;
    expect(await reading(dataset)).toEqual([
      "DATA_CHANGED",
      expect.stringContaining("share().codes is another there than in the main thread"),
    ]);
  });

  it("gives the main thread's samples where the recipe takes what that shares", async () => {
    const dataset = folder(path, { takes: true });
    const samples = await read(dataset, 0);
    await writeFile(join(path, "a1"), "");
    expect(await read(dataset, 2)).toEqual(samples);
  });
});
