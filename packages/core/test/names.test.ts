/** What messages and reports call a sample: its index and key in the source, whatever part of it is read. */
import {
  cached,
  ConcatDataset,
  DataLoader,
  type Dataset,
  fromArray,
  sampleName,
  Subset,
} from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

const samples = Array.from({ length: 40 }, (_, i) => ({ x: new Float32Array(i === 26 ? 3 : 2) }));

describe("a sample is named as the source has it", () => {
  it("through parts of parts, by its key too", () => {
    const dataset: Dataset = {
      ...fromArray(Array.from("abcdef")),
      length: 6,
      key: (index) => `row ${index}`,
    };
    const part = new Subset(new Subset(dataset, [5, 3, 1]), [2, 0]);
    expect([0, 1].map((index) => sampleName(part, index))).toEqual([
      { index: 1, key: "row 1" },
      { index: 5, key: "row 5" },
    ]);
    expect(sampleName(cached(part, { in: "memory" }), 0)).toEqual({ index: 1, key: "row 1" });
    expect(sampleName(new ConcatDataset([part, part]), 3)).toEqual({ index: 3, key: "row 5" });
    expect(sampleName(["a"], 0)).toEqual({ index: 0 });
    expect(sampleName(part, 9)).toEqual({ index: 9 });
  });

  it.each([0, 1])("where it does not fit into its batch, with %i workers", async (numWorkers) => {
    const part = new Subset(fromArray(samples), [3, 26, 7, 8]);
    const loader = new DataLoader(part, { batchSize: 4, numWorkers });
    await expect(loader[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "COLLATE_MISMATCH",
      where: expect.arrayContaining(["sample 26", "batch of samples 3, 26, 7, 8"]) as unknown,
    });
    await loader.close();
  });
});
