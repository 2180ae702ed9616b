/** What samplers may not give, and what is said of it. */
import { describe, expect, it } from "vitest";
import type { DataLoaderOptions } from "./options.js";
import { DataLoader } from "./loader.js";

const ten = Array.from({ length: 10 }, (_, i) => i);

async function readAll(options: DataLoaderOptions<number>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const { indices } of new DataLoader(ten, options)) seen.push(indices);
  return seen;
}

describe("a batchSampler", () => {
  it("that gives indices where lists of them are wanted is refused by name", async () => {
    await expect(readAll({ batchSampler: [4, 5] as never })).rejects.toMatchObject({
      code: "SAMPLER_FAILED",
      message: "a batchSampler must yield lists of indices, was 4",
      where: ["batch 0", "epoch 0"],
    });
  });

  it("whose batch is empty fails at that batch, read in order or alone", async () => {
    const options = { batchSampler: [[4], [], [5]] };
    await expect(readAll(options)).rejects.toMatchObject({ code: "COLLATE_EMPTY" });
    await expect(new DataLoader(ten, options).batchAt(0, 1)).rejects.toMatchObject({ code: "COLLATE_EMPTY" });
  });
});

describe("a sampler", () => {
  it.each(["length", "description"])("whose %s throws is named", async (member) => {
    const broken = Object.defineProperty({ length: 2, indices: () => [0, 1] }, member, {
      get: () => {
        throw new Error("mine");
      },
    });
    const read = async () => new DataLoader(ten, { sampler: broken }).samples;
    await expect(read()).rejects.toMatchObject({
      code: "SAMPLER_FAILED",
      message: "the sampler failed: mine",
    });
  });
});
