/** Workers for which a stream has no shard: the loader says so once, and what to do. */
import { DataLoader, type Logger } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { filesOf } from "./fixtures/streams.mjs";

async function told(sizes: readonly number[], numWorkers: number, epochs = 1): Promise<string[]> {
  const warnings: string[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (_, text) => void warnings.push(text ?? ""),
    error() {},
  };
  const loader = new DataLoader(filesOf(sizes), { batchSize: 2, numWorkers, logger });
  let samples = 0;
  for (let epoch = 0; epoch < epochs; epoch++)
    for await (const { data } of loader.batches(epoch))
      samples += (data as { shape: readonly number[] }).shape[0];
  expect(samples).toBe(epochs * sizes.reduce((sum, size) => sum + size, 0));
  await loader.close();
  return warnings;
}

describe("workers without a shard", () => {
  it("are told of once, with the number of workers that have something to read", async () => {
    expect(await told([20, 20], 3, 2)).toEqual([
      "1 of 3 workers have nothing to read, since the stream gives them no shard: set numWorkers to 2, or cut the data into as many shards as there are workers",
    ]);
    expect(await told([40], 3)).toEqual([expect.stringContaining("2 of 3 workers have nothing to read")]);
  });

  it("are nothing to speak of where all have some, or the stream is short", async () => {
    expect(await told([20, 1], 2)).toEqual([]);
    expect(await told([4], 2)).toEqual([]);
    expect(await told([20], 0)).toEqual([]);
  });
});
