/** Element types that nobody declares, where several processes share each batch: those of the whole batch, for all. */
import { DataLoader, type DataLoaderOptions, isNdArray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { over } from "./fixtures/derived.mjs";

/** Every third number has a fraction, the others are whole. */
const samples = Array.from({ length: 40 }, (_, i) => ({ x: i % 3 === 0 ? i + 0.5 : i, label: i % 2 }));

async function typesOf(options: DataLoaderOptions, epoch = 0): Promise<(string | undefined)[][]> {
  const loader = new DataLoader(over(samples), options);
  const types: (string | undefined)[][] = [];
  for await (const { data, empty, release } of loader.batches(epoch)) {
    const { x, label } = data as Record<string, unknown>;
    types.push(empty === true ? [] : [x, label].map((each) => (isNdArray(each) ? each.dtype : undefined)));
    release();
  }
  await loader.close();
  return types;
}

const float = ["float32", "int32"];

describe("element types by the first batch, of which each process has a share", () => {
  it.each([0, 2])("are those of the whole batch on every rank, with %d workers", async (numWorkers) => {
    const common = { batchSize: 6, numWorkers };
    expect(await typesOf(common)).toEqual(Array.from({ length: 7 }, () => float));
    for (const rank of [0, 1, 2])
      expect(await typesOf({ ...common, shard: { rank, size: 3 } })).toEqual(
        Array.from({ length: 7 }, () => float),
      );
  });

  it("are so whichever batch comes first, shuffled, out of order, or with a share that is empty", async () => {
    for (const more of [
      { shuffle: true, seed: 5 },
      { inOrder: false, numWorkers: 2 },
      { batchSize: 39 },
    ] as DataLoaderOptions[])
      for (const rank of [0, 1, 2]) {
        const types = await typesOf({ batchSize: 6, ...more, shard: { rank, size: 3 } }, 1);
        for (const each of types.filter(({ length }) => length > 0)) expect(each).toEqual(float);
      }
    // The one sample of the first batch is rank 0's; what rank 1 has of the next would decide otherwise.
    const batchSampler = [[0], [1, 2], [3, 4]];
    for (const rank of [0, 1]) {
      const types = await typesOf({ batchSampler, shard: { rank, size: 2 } });
      expect(types).toEqual(rank === 0 ? [float, float, float] : [[], float, float]);
    }
  });

  it("meet the same number without room on any number of processes", async () => {
    const only = samples.map((_, i) => ({ late: i < 12 ? i : i + 0.25 }));
    for (const shard of [undefined, { rank: 0, size: 2 }, { rank: 1, size: 2 }]) {
      const loader = new DataLoader(over(only), { batchSize: 6, ...(shard && { shard }) });
      const reading = (async () => {
        for await (const batch of loader) batch.release();
      })();
      await expect(reading).rejects.toMatchObject({ code: "COLLATE_OVERFLOW" });
      await loader.close();
    }
  });
});
