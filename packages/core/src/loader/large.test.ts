/** What a loader of very many samples needs to begin, to say where it stands, and to go on. */
import { describe, expect, it } from "vitest";
import { BlockShuffleSampler } from "../data/samplers/block-shuffle.js";
import { Generator } from "../data/generator.js";
import { DataLoader } from "./loader.js";

const batchSize = 256;
const large = (length: number) => ({ length, get: (index: number) => index % 1000 });

describe("a loader of 10^8 samples or more", () => {
  it.each([
    ["in order", 1e9, () => ({})],
    ["shuffled", 1e8, () => ({ shuffle: true })],
    ["shuffled by torch's generator", 1e8, () => ({ shuffle: true, generator: new Generator(4) })],
    ["by blocks", 1e9, () => ({ sampler: new BlockShuffleSampler(large(1e9), { blockSize: 4096 }) })],
  ])(
    "%s, says where it stands, goes on and makes a batch again without listing the epoch",
    async (_name, length, options) => {
      const make = () => new DataLoader<number>(large(length), { batchSize, ...options() });
      const loader = make();
      const epoch = loader.batches(0);
      const seen: (readonly number[])[] = [];
      for (let step = 0; step < 4; step++) seen.push((await epoch.next()).value?.indices ?? []);
      const before = process.memoryUsage().rss;
      const state = JSON.parse(JSON.stringify(loader.state())) as { step: number };
      expect(JSON.stringify(state).length).toBeLessThan(4000);
      const again = await loader.batchAt(0, 2);
      expect(again.indices).toEqual(seen[2]);
      const resumed = make().resume({ ...state, step: 3 });
      expect((await resumed[Symbol.asyncIterator]().next()).value?.indices).toEqual(seen[3]);
      // Lists of the epoch would take a gigabyte.
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
      await epoch.return?.();
    },
  );

  it("goes on at a late step by arithmetic where the order is one", async () => {
    const loader = new DataLoader<number>(large(1e11), { batchSize });
    const state = { ...loader.state(), step: 3e8 };
    const { value } = await loader.resume(state)[Symbol.asyncIterator]().next();
    expect(value?.indices[0]).toBe(3e8 * batchSize);
  });

  it("refuses to shuffle more than 4 bytes can count, and says what serves instead", async () => {
    const loader = new DataLoader<number>(large(2 ** 31), { batchSize, shuffle: true });
    await expect(loader.batches(0).next()).rejects.toMatchObject({
      code: "OPTION_INVALID",
      hint: expect.stringContaining("BlockShuffleSampler"),
    });
  });
});
