/** PyTorch's tests of what workers know, keep and are seeded with. */
import { Generator, getWorkerInfo } from "@millrace/core/dataloader";
import { describe, expect, it } from "vitest";
import { checkWorkerInfo, identity, reads, seeds, setOwnSeed, valued } from "./fixtures/portable.js";
import { classes, list, loaders, range } from "./loaders.js";

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);
  const collate = identity as never;

  it("test_worker_seed: every worker has a seed of its own", async () => {
    const loader = make<string, readonly [string]>(seeds(4), { numWorkers: 4, collate });
    expect(new Set((await list(loader)).flat()).size).toBe(4);
  });

  it("test_worker_seed_reproducibility: base seed + id, the same for the same generator", async () => {
    const read = async () => {
      const loader = make<string, readonly [string]>(seeds(3), {
        numWorkers: 3,
        collate,
        generator: new Generator(42),
      });
      return (await list(loader)).flat().map(BigInt);
    };
    const baseSeed = 6909045637428952499n;
    expect(await read()).toEqual([baseSeed, baseSeed + 1n, baseSeed + 2n]);
    expect(await read()).toEqual([baseSeed, baseSeed + 1n, baseSeed + 2n]);
  });

  it(`test_worker_seed_reproducibility: ${persistent ? "kept workers are not seeded again" : "an epoch's workers have new seeds"}`, async () => {
    const loader = make<string, readonly [string]>(seeds(2), { numWorkers: 2, collate });
    const [first, second] = [(await list(loader)).flat(), (await list(loader)).flat()];
    expect(first).toHaveLength(2);
    expect(second.filter((seed) => first.includes(seed))).toEqual(persistent ? first : []);
  });

  it("test_worker_init_fn: runs before the first sample, and may seed what it likes", async () => {
    const loader = make<string, readonly string[]>(seeds(4), {
      batchSize: 2,
      numWorkers: 2,
      collate,
      workerInit: setOwnSeed,
    });
    expect(await list(loader)).toEqual([
      ["12345", "12345"],
      ["12345", "12345"],
    ]);
  });

  // The init hook itself throws unless the info is as it should be, frozen, and that of a copy of the dataset.
  it("test_get_worker_info: frozen and whole in a worker, null here, the dataset here untouched", async () => {
    expect(getWorkerInfo()).toBeNull();
    const dataset = valued(6);
    const options = { batchSize: 2, numWorkers: 2, collate, workerInit: checkWorkerInfo };
    const batches = await list(make<unknown, readonly (readonly [number, number])[]>(dataset, options));
    expect(batches.map((samples) => samples.map(([id]) => id))).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
    ]);
    const threads = new Set(batches.flat().map((sample) => sample.join()));
    expect(threads.size).toBe(2);
    expect(getWorkerInfo()).toBeNull();
    expect(dataset).not.toHaveProperty("value");
    expect(() => dataset.get(0, { epoch: 0 })).toThrow("no value");
  });

  it(`test_dataset_not_reset: ${persistent ? "a kept worker's own state stays" : "every epoch's workers begin anew"}; what a list holds counts when an epoch begins`, async () => {
    const samples = range(4);
    const [edited, counted] = [
      make<number, readonly [number]>(samples, { numWorkers: 1, collate }),
      make<number, readonly [number]>(reads(2), { numWorkers: 1, collate }),
    ];
    expect((await list(edited)).flat()).toEqual([0, 1, 2, 3]);
    expect((await list(counted)).flat()).toEqual([1, 2]);
    samples[0] = 100;
    expect((await list(edited)).flat()).toEqual([100, 1, 2, 3]);
    expect((await list(counted)).flat()).toEqual(persistent ? [3, 4] : [1, 2]);
  });
});
