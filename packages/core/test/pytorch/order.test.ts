/** PyTorch's tests of the order in which samples come: sequential, shuffled, by samplers. */
import {
  type Dataset,
  type NdArray,
  ndarray,
  RandomSampler,
  type Sampler,
  SubsetRandomSampler,
  TensorDataset,
  WeightedRandomSampler,
} from "@millrace/core";
import { Generator, randperm } from "@millrace/core/dataloader";
import { describe, expect, it } from "vitest";
import { countingStream } from "./fixtures/portable.js";
import { classes, list, loaders, range, tolist } from "./loaders.js";

type Pair = readonly [data: NdArray, labels: NdArray];

const sampleSize = 2 * 3 * 5;
const generator = new Generator(0);
const data = ndarray(
  Float32Array.from({ length: 100 * sampleSize }, () => generator.uniform()),
  [100, 2, 3, 5],
);
const fifty = randperm(50, generator);
const labels = ndarray(Int32Array.from({ length: 100 }, (_, i) => fifty[i % 50]));
const dataset = new TensorDataset(data, labels) as Dataset as Dataset<Pair>;

const dataAt = (start: number, end: number) =>
  Array.from(data.data.subarray(start * sampleSize, end * sampleSize));
const labelsAt = (start: number, end: number) => Array.from(labels.data.subarray(start, end));
/** Which sample a slice of data is. */
const indexOf = new Map(range(100).map((i) => [dataAt(i, i + 1).join(), i]));

/** `_test_sequential`: what batches hold, and what they should. */
function contents(batches: readonly Pair[]): unknown[] {
  return batches.map(([sample, target]) => ({ ...plain(sample), labels: plain(target) }));
}
function sequential(batchSize: number): unknown[] {
  return range(Math.ceil(100 / batchSize)).map((i) => {
    const [start, end] = [i * batchSize, Math.min((i + 1) * batchSize, 100)];
    return {
      dtype: "float32",
      shape: [end - start, 2, 3, 5],
      data: dataAt(start, end),
      labels: { dtype: "int32", shape: [end - start], data: labelsAt(start, end) },
    };
  });
}
function plain({ dtype, shape, data }: NdArray) {
  return { dtype, shape, data: Array.from(data) };
}

/** `_test_shuffle`: which sample each is, found by its data; -1 where its label is not its own. */
function found(batches: readonly Pair[]): number[] {
  return batches.flatMap(([sample, target]) =>
    tolist(target).map((label, i) => {
      const index =
        indexOf.get(
          tolist(sample)
            .slice(i * sampleSize, (i + 1) * sampleSize)
            .join(),
        ) ?? -1;
      return label === labels.data[index] ? index : -1;
    }),
  );
}
const ascending = (a: number, b: number) => a - b;

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);
  const read = (options: Parameters<typeof make<Pair, Pair>>[1]) => list(make<Pair, Pair>(dataset, options));

  it.each([1, 2, 3])("test_sequential_batch: batches of %i", async (batchSize) => {
    expect(contents(await read({ batchSize }))).toEqual(sequential(batchSize));
  });

  it("test_sequential_nonbatch: samples as they are, without a batch axis", async () => {
    const samples = await read({ batchSize: null });
    expect(samples).toHaveLength(100);
    samples.forEach(([sample, target], i) => {
      expect(sample.shape).toEqual([2, 3, 5]);
      expect(tolist(sample)).toEqual(dataAt(i, i + 1));
      expect(target).toMatchObject({ shape: [], data: labels.data.slice(i, i + 1) });
    });
  });

  it("test_seqential_batch_workers: the same, epoch after epoch", async () => {
    const loader = make<Pair, Pair>(dataset, { batchSize: 2, numWorkers: 2 });
    for (let epoch = 0; epoch < 2; epoch++) expect(contents(await list(loader))).toEqual(sequential(2));
  });

  it("test_seqential_batch_workers_prefetch: three batches ahead", async () => {
    const batches = await read({ batchSize: 2, numWorkers: 2, prefetchFactor: 3 });
    expect(contents(batches)).toEqual(sequential(2));
  });

  it.each([1, 2])(
    "test_shuffle_batch: batches of %i, each sample once, its label beside it",
    async (batchSize) => {
      const order = found(await read({ batchSize, shuffle: true }));
      expect(order).not.toEqual(range(100));
      expect(order.sort(ascending)).toEqual(range(100));
    },
  );

  it("test_shuffle_batch_none: without batches", async () => {
    const order = found(await read({ batchSize: null, shuffle: true }));
    expect(order).not.toEqual(range(100));
    expect(order.sort(ascending)).toEqual(range(100));
  });

  it("test_shuffle_batch_workers: also three ahead, and each epoch anew", async () => {
    const options = { batchSize: 2, shuffle: true, numWorkers: 2, prefetchFactor: 3 };
    const loader = make<Pair, Pair>(dataset, options);
    const [first, second] = [found(await list(loader)), found(await list(loader))];
    expect(first).not.toEqual(second);
    expect(first.sort(ascending)).toEqual(range(100));
    expect(second.sort(ascending)).toEqual(range(100));
  });

  it("test_shuffle_reproducibility: the same for one seed, with 0 and with 2 workers", async () => {
    const order = async (numWorkers: number) =>
      (await read({ shuffle: true, numWorkers, generator: new Generator(42) })).map(tolistOfPair);
    const here = await order(0);
    expect(await order(0)).toEqual(here);
    expect(await order(2)).toEqual(here);
  });

  const stat = (sampler: Sampler) => {
    const counts = new Map<number, number>();
    for (const index of sampler.indices(0)) counts.set(index, (counts.get(index) ?? 0) + 1);
    return {
      repeated: [...counts.values()].filter((count) => count > 1).length,
      least: Math.min(...counts.keys()),
      most: Math.max(...counts.keys()),
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
    };
  };

  it("test_random_sampler: with replacement, and more draws than samples", () => {
    const { repeated, least, most, total } = stat(
      new RandomSampler(dataset, { replacement: true, numSamples: 101 }),
    );
    expect(repeated).toBeGreaterThan(0);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThan(100);
    expect(total).toBe(101);
  });

  it.each([
    [undefined, { repeated: 0, least: 0, most: 99, total: 100 }],
    [200, { repeated: 100, least: 0, most: 99, total: 200 }],
    [101, { repeated: 1, least: 0, most: 99, total: 101 }],
  ])("test_random_sampler: without replacement, %s draws", (numSamples, expected) => {
    expect(stat(new RandomSampler(dataset, { numSamples }))).toEqual(expected);
  });

  it("test_random_sampler: without replacement, one draw fewer than samples", () => {
    const { repeated, least, most, total } = stat(new RandomSampler(dataset, { numSamples: 99 }));
    expect([repeated, total]).toEqual([0, 99]);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThan(100);
  });

  it("test_random_sampler: replacement must be a boolean", () => {
    expect(() => new RandomSampler(dataset, { replacement: 0 as never })).toThrow(
      "replacement must be true or false, was 0",
    );
  });

  const weights = [0.1, 0.9, 0.4, 0.7, 3, 0.6];
  it.each<[string, (randomness: { generator?: Generator; seed?: number }) => Sampler]>([
    [
      "RandomSampler with replacement",
      (r) => new RandomSampler(dataset, { numSamples: 5, replacement: true, ...r }),
    ],
    ["RandomSampler", (r) => new RandomSampler(dataset, r)],
    ["WeightedRandomSampler", (r) => new WeightedRandomSampler(weights, 5, r)],
    [
      "WeightedRandomSampler without replacement",
      (r) => new WeightedRandomSampler(weights, 5, { replacement: false, ...r }),
    ],
    ["SubsetRandomSampler", (r) => new SubsetRandomSampler(range(10), r)],
  ])(
    "test_sampler_reproducibility: %s, by generator, by epoch, and with iterators interleaved",
    (_name, sampler) => {
      const generated = () => {
        const own = sampler({ generator: new Generator(42) });
        return [[...own.indices(0)], [...own.indices(1)]];
      };
      expect(generated()).toEqual(generated());
      const seeded = sampler({ seed: 3 });
      expect([...seeded.indices(4)]).toEqual([...seeded.indices(4)]);
      expect([...seeded.indices(4)]).not.toEqual([...seeded.indices(5)]);
      const iterators = [0, 1].map(() => seeded.indices(4)[Symbol.iterator]());
      const seen: number[][] = [[], []];
      for (let i = 0; i < seeded.length; i++)
        iterators.forEach((iterator, j) => seen[j].push(iterator.next().value as number));
      expect(seen).toEqual([[...seeded.indices(4)], [...seeded.indices(4)]]);
    },
  );

  it.each([0, 2])("test_sampler: any iterable of indices, %i workers", async (numWorkers) => {
    const loader = make<Pair, Pair>(dataset, {
      sampler: range(10).map((i) => i + 2),
      batchSize: 2,
      numWorkers,
    });
    expect(loader.length).toBe(5);
    const batches = await list(loader);
    expect(batches.map(([sample]) => tolist(sample))).toEqual(
      range(5).map((i) => dataAt(2 * i + 2, 2 * i + 4)),
    );
  });

  it.each([0, 2])("test_batch_sampler: uneven batches from any iterable, %i workers", async (numWorkers) => {
    const batchSampler = range(4).flatMap((i) => [
      [5 * i, 5 * i + 1],
      [5 * i + 2, 5 * i + 3, 5 * i + 4],
    ]);
    const loader = make<Pair, Pair>(dataset, { batchSampler, numWorkers });
    expect(loader.length).toBe(8);
    const batches = await list(loader);
    expect(batches.map(([, target]) => tolist(target))).toEqual(
      batchSampler.map((indices) => labelsAt(indices[0], indices[0] + indices.length)),
    );
    expect(batches.map(([sample]) => tolist(sample))).toEqual(
      batchSampler.map((indices) => dataAt(indices[0], indices[0] + indices.length)),
    );
  });

  it.each([0, 2])(
    "test_bulk_loading_nobatch: without batches, a sampler of lists asks for many at once, %i workers",
    async (numWorkers) => {
      const sampler: Sampler<readonly number[]> = {
        length: 9,
        indices: (epoch) => {
          const order = Array.from(randperm(35, new Generator(epoch)));
          return range(9).map((i) => order.slice(4 * i, 4 * i + 4));
        },
      };
      const loader = make<number, readonly number[]>(range(35), {
        batchSize: null,
        sampler: sampler as unknown as Sampler,
        numWorkers,
      });
      const batches = await list(loader);
      expect(batches.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 3]);
      expect(batches.flat().sort(ascending)).toEqual(range(35));
    },
  );

  it.each([0, 1])(
    "test_builtin_collection_conversion: all batches into an array, %i workers",
    async (numWorkers) => {
      const pairs = range(10).map((i) => Int32Array.of(2 * i, 2 * i + 1));
      for (const source of [range(20), countingStream(20)]) {
        expect(await list(make(source, { batchSize: null, numWorkers }))).toEqual(range(20));
        const batches = await list(make<number, NdArray>(source, { batchSize: 2, numWorkers }));
        expect(batches.map((batch) => batch.data)).toEqual(pairs);
      }
    },
  );
});

function tolistOfPair([sample, target]: Pair): number[][] {
  return [tolist(sample), tolist(target)];
}
