/** Numbers observed in torch 2.13.0, which the port gives bit for bit. */
import {
  DataLoader,
  type DataLoaderOptions,
  DistributedSampler,
  RandomSampler,
  randomSplit,
  type Sampler,
  WeightedRandomSampler,
} from "@millrace/core";
import { Generator, randperm } from "@millrace/core/dataloader";
import { describe, expect, it } from "vitest";
import { classes, leavesNothing, loaders, range } from "./loaders.js";

const ten = range(10);
const seeded = (seed: number) => ({ generator: new Generator(seed) });
const drawn = (sampler: Sampler, epoch = 0) => [...sampler.indices(epoch)].join("");

/** An epoch as the reference writes it: `654|089|213|7`. */
async function epochOf(loader: DataLoader<number>): Promise<string> {
  const batches: string[] = [];
  for await (const batch of loader) {
    batches.push(batch.indices.join(""));
    batch.release();
  }
  return batches.join("|");
}

describe("torch's numbers", () => {
  leavesNothing();

  it.each([
    [0, "4175390862"],
    [42, "2618450937"],
    [1, "5612089374"],
  ])("randperm(10), seed %i", (seed, expected) => {
    expect(randperm(10, new Generator(seed)).join("")).toBe(expected);
  });

  it("randperm(100000), seed 5, is a permutation that starts as torch's", () => {
    const permutation = randperm(100_000, new Generator(5));
    expect([...permutation.subarray(0, 5)]).toEqual([53411, 99184, 41565, 33006, 87522]);
    expect(permutation.toSorted().every((value, i) => value === i)).toBe(true);
  });

  it("the base seed of a loader, seed 42", () => {
    expect(new Generator(42).baseSeed()).toBe(6909045637428952499n);
  });

  it("random_split(10, [3, 7]), seed 1", () => {
    expect(randomSplit(ten, [3, 7], seeded(1)).map(({ indices }) => Array.from(indices))).toEqual([
      [5, 6, 1],
      [2, 0, 8, 9, 3, 7, 4],
    ]);
  });

  it("RandomSampler with replacement, seed 42", () => {
    expect(drawn(new RandomSampler(ten, { replacement: true, numSamples: 10, ...seeded(42) }))).toBe(
      "2764650403",
    );
  });

  it("RandomSampler of 25 out of 10, seed 42, is two permutations and half a third", () => {
    const generator = new Generator(42);
    const permutations = range(3).map(() => randperm(10, generator).join(""));
    expect(permutations[0]).toBe("2618450937");
    expect(drawn(new RandomSampler(ten, { numSamples: 25, ...seeded(42) }))).toBe(
      permutations.join("").slice(0, 25),
    );
  });

  it.each([
    [true, "11114"],
    [false, "13420"],
  ])("WeightedRandomSampler, seed 42, replacement %s", (replacement, expected) => {
    const weights = [0.1, 0.9, 0.4, 0.7, 3, 0.6];
    expect(drawn(new WeightedRandomSampler(weights, 5, { replacement, ...seeded(42) }))).toBe(expected);
  });

  it.each([
    [false, "436|192|704|581"],
    [true, "43|19|70|58"],
  ])("DistributedSampler of 10 for 4 processes, seed 0, dropLast %s", (dropLast, expected) => {
    const shares = range(4).map((rank) =>
      drawn(new DistributedSampler(ten, { numReplicas: 4, rank, dropLast })),
    );
    expect(shares.join("|")).toBe(expected);
  });

  it("DistributedSampler for one process, seed 7, epoch 3; another epoch is another order", () => {
    const sampler = new DistributedSampler(ten, { numReplicas: 1, rank: 0, seed: 7 });
    expect(drawn(sampler, 3)).toBe("7461359820");
    expect(drawn(sampler, 0)).not.toBe("7461359820");
  });
});

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);
  const options: DataLoaderOptions<number> = { batchSize: 3, shuffle: true };

  it("two epochs of a shuffled loader, seed 42, with 0 workers", async () => {
    const loader = make(ten, { ...options, ...seeded(42) });
    expect([await epochOf(loader), await epochOf(loader)]).toEqual(["654|089|213|7", "365|894|207|1"]);
  });

  it(`two epochs of a shuffled loader, seed 42, with 2 workers${persistent ? ": kept ones draw no second base seed" : ""}`, async () => {
    const loader = make(ten, { ...options, ...seeded(42), numWorkers: 2 });
    const generator = new Generator(42);
    generator.baseSeed();
    const sampler = new RandomSampler(ten, { generator });
    const [, second] = [drawn(sampler), drawn(sampler)];
    const kept = second.replace(/(...)/g, "$1|");
    expect(kept).not.toBe("365|894|207|1");
    expect([await epochOf(loader), await epochOf(loader)]).toEqual([
      "654|089|213|7",
      persistent ? kept : "365|894|207|1",
    ]);
  });

  it("a loader's order is not that of a RandomSampler of the same seed: the base seed is drawn first", async () => {
    const bare = drawn(new RandomSampler(ten, seeded(42)));
    expect(bare).toBe("2618450937");
    expect(await epochOf(make(ten, { ...options, ...seeded(42) }))).not.toBe(bare.replace(/(...)/g, "$1|"));
  });
});
