/** PyTorch's TestDatasetRandomSplit. */
import { DataLoader, type Dataset, type NdArray, randomSplit, Subset, TensorDataset } from "@millrace/core";
import { Generator } from "@millrace/core/dataloader";
import { describe, expect, it } from "vitest";
import { leavesNothing, range, warningsOf } from "./loaders.js";

const context = { epoch: 0 };
const ascending = (a: number, b: number) => a - b;
const lengths = (parts: readonly { readonly length: number }[]) => parts.map(({ length }) => length);
const values = <S>(part: Subset<S>) => range(part.length).map((i) => part.get(i, context) as S);
const seeded = (seed: number) => ({ generator: new Generator(seed) });

/** `subset[start:stop:step]`: TypeScript has no slices, so the positions are spelled out and asked for at once. */
async function slice(dataset: Dataset<readonly NdArray[]>, start = 0, stop = dataset.length, step = 1) {
  const positions = range(dataset.length).filter((i) => i >= start && i < stop && (i - start) % step === 0);
  return (await dataset.getMany?.(positions, context))?.map(([tensor]) => tensor.data[0]);
}

describe("TestDatasetRandomSplit", () => {
  leavesNothing();

  it("test_lengths_must_equal_dataset_size: refuses lengths that do not add up", () => {
    expect(() => randomSplit([1, 2, 3, 4], [1, 2])).toThrow(
      expect.objectContaining({ code: "SPLIT_INVALID", message: expect.stringContaining("add up to 4") }),
    );
  });

  it("test_splits_have_correct_size: by counts, by fractions, and with the rest dealt out from the first part", () => {
    const six = [1, 2, 3, 4, 5, 6];
    expect(lengths(randomSplit(six, [2, 4]))).toEqual([2, 4]);
    expect(lengths(randomSplit(six, [0.5, 0.5]))).toEqual([3, 3]);
    expect(lengths(randomSplit(range(3), [0.5, 0.5], seeded(1)))).toEqual([2, 1]);
    expect(lengths(randomSplit(range(106), [0.1, 0.2, 0.3, 0.4], seeded(1)))).toEqual([11, 22, 31, 42]);
  });

  it.each([
    [
      [5, 2, 3, 4, 1, 6],
      [2, 4],
    ],
    [
      [5, 2, 3, 4, 1, 6],
      [0.33, 0.67],
    ],
    [
      [1, 2, 3, 4],
      [0.25, 0.75],
    ],
  ])("test_splits_are_mutually_exclusive: %j by %j gives every sample to one part", (data, sizes) => {
    const all = randomSplit(data, sizes).flatMap(values);
    expect(all.sort(ascending)).toEqual(data.toSorted(ascending));
  });

  it.each([[[5]], [[1]]])("test_splits_indexing_type: parts %j ask for whole numbers", async (sizes) => {
    const asked: unknown[] = [];
    const samples = [1, 2, 3, 4, 5];
    const dataset: Dataset<number> = {
      length: samples.length,
      get: (index) => {
        asked.push(index);
        return samples[index];
      },
    };
    // 1 is a fraction: the whole of five samples.
    const [whole] = randomSplit(dataset, sizes);
    for await (const { data } of new DataLoader(whole)) expect(data).toBeDefined();
    expect(asked).toHaveLength(5);
    expect(asked.every((index) => typeof index === "number" && Number.isInteger(index))).toBe(true);
  });

  it("test_splits_reproducibility: torch's own division for a seed, and the same one every time", () => {
    const split = () => randomSplit(range(10), [3, 7], seeded(1)).map(values);
    expect(split()).toEqual([
      [5, 6, 1],
      [2, 0, 8, 9, 3, 7, 4],
    ]);
    for (const sizes of [
      [60, 40],
      [0.5, 0.5],
      [0.33, 0.33, 0.34],
    ]) {
      const again = () => randomSplit(range(100), sizes, seeded(42)).map(values);
      expect(again()).toEqual(again());
    }
  });

  it("test_incomplete_fractional_splits: refuses fractions that do not add up to 1, or lie above it", () => {
    for (const sizes of [[0.1], [1.1]]) {
      expect(() => randomSplit([1, 2, 3, 4], sizes)).toThrow(
        expect.objectContaining({ code: "SPLIT_INVALID" }),
      );
    }
  });

  it("test_splits_generator: moves the generator it is given, and no other (there is no global one)", () => {
    const [given, twin, bystander] = [new Generator(42), new Generator(42), new Generator(42)];
    randomSplit(range(10), [5, 5], { generator: given });
    expect(given.state()).not.toBe(twin.state());
    expect(bystander.state()).toBe(twin.state());
    const unseeded = () => randomSplit(range(10), [5, 5]).map(values);
    expect(unseeded()).toEqual(unseeded());
  });

  it("test_slicing_of_subset_of_dataset: positions of a subset are those of its dataset", async () => {
    const dataset = new TensorDataset(Int32Array.of(1, 2, 3, 4, 5));
    const subset = new Subset(dataset, [0, 1, 2, 3, 4]);
    for (const [start, stop, step] of [[], [1, 2], [0, 4, 2]])
      expect(await slice(subset, start, stop, step)).toEqual(await slice(dataset, start, stop, step));
    const [first] = randomSplit(dataset, [3, 2]);
    const picked = Array.from(first.indices, (index) => index + 1);
    expect(await slice(first)).toEqual(picked);
    expect(await slice(first, 0, 2)).toEqual(picked.slice(0, 2));
    expect(await slice(first, 0, 2, 2)).toEqual([picked[0]]);
  });

  it("test_slicing_of_subset_of_subset: positions are looked up through both", async () => {
    const dataset = new TensorDataset(Int32Array.of(1, 2, 3, 4, 5));
    const nested = new Subset(new Subset(dataset, [0, 1, 2, 3, 4]), [0, 1, 2, 3, 4]);
    for (const [start, stop, step] of [[], [0, 2], [0, 4, 2]])
      expect(await slice(nested, start, stop, step)).toEqual(await slice(dataset, start, stop, step));
    const [outer] = randomSplit(dataset, [4, 1]);
    const [inner] = randomSplit(outer, [3, 1]);
    const picked = Array.from(inner.indices, (index) => outer.indices[index] + 1);
    expect(await slice(inner)).toEqual(picked);
    expect(await slice(inner, 0, 2)).toEqual(picked.slice(0, 2));
    expect(await slice(inner, 0, 2, 2)).toEqual([picked[0]]);
  });

  it("random_split warns of a part without samples", async () => {
    const [warning] = await warningsOf(() => randomSplit([1, 2], [2, 0]));
    expect(warning).toMatchObject({ code: "SPLIT_EMPTY", message: "part 1 of a split has no samples" });
  });
});
