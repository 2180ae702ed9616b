/** The datasets of datasets; names in comments are those of PyTorch's own tests. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dataset, FetchContext } from "../../contracts/dataset.js";
import { ndarray } from "../../contracts/ndarray.js";
import { MillraceError } from "../../errors.js";
import { defaultCollate, heapAllocator } from "../collate.js";
import { recipeOf } from "../../contracts/recipe.js";
import { fromArray } from "./array.js";
import { ConcatDataset } from "./concat.js";
import { stratifiedSplit } from "../stratified-split.js";
import { StackDataset } from "./stack.js";
import { Subset } from "./subset.js";
import { TensorDataset } from "./tensor.js";

const epoch0 = { epoch: 0 };
const fault = (code: string, message: RegExp | string) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string });

/** A dataset that knows everything the contract has, and counts its calls of `getMany`. */
function rich(name: string, length: number): Dataset<string> & { calls: (readonly number[])[] } {
  const calls: (readonly number[])[] = [];
  return {
    calls,
    length,
    facts: { labels: ["no", "yes"] },
    get: (index, { epoch }) => Promise.resolve(`${name}${index}@${epoch}`),
    getMany(indices, { epoch }) {
      this.calls.push(indices);
      return indices.map((index) => `${name}${index}@${epoch}`);
    },
    key: (index) => `${name}/${index}`,
    column: (field) => (field === "label" ? Array.from({ length }, (_, i) => `${name}${i}`) : undefined),
  };
}

describe("a column that is on its way", () => {
  const later: Dataset<string> = {
    ...rich("a", 3),
    column: (name) => Promise.resolve(name === "label" ? [5, 6, 7] : undefined),
  };

  it("arrives through datasets of datasets, and where it is not there the next part is asked", async () => {
    expect(await new Subset(later, [2, 0]).column("label")).toEqual([7, 5]);
    expect(await new ConcatDataset([later, rich("b", 1)]).column("label")).toEqual([5, 6, 7, "b0"]);
    expect(await new ConcatDataset([rich("b", 1), later]).column("other")).toBeUndefined();
    expect(await new StackDataset(later, rich("b", 3)).column("label")).toEqual([5, 6, 7]);
    const unlike = { ...later, column: () => Promise.resolve(undefined) };
    expect(await new StackDataset(unlike, rich("b", 3)).column("label")).toEqual(["b0", "b1", "b2"]);
  });

  it("is asked for as values where a split needs it at once", () => {
    expect(() => stratifiedSplit(later, [0.5, 0.5], { by: "label" })).toThrow(
      fault("SPLIT_INVALID", /needs its column at once/),
    );
  });
});

describe("fromArray", () => {
  it("gives the samples, grows with the array, and counts negative indices from the end", () => {
    const samples = ["a", "b"];
    const dataset = fromArray(samples);
    expect(dataset.length).toBe(2);
    samples.push("c");
    expect([dataset.length, dataset.get(2, epoch0), dataset.get(-1, epoch0)]).toEqual([3, "c", "c"]);
  });

  it.each([3, -4, 0.5, Number.NaN])("refuses the index %d", (index) => {
    expect(() => fromArray(["a", "b", "c"]).get(index, epoch0)).toThrow(
      fault("DATASET_INDEX", `an index must lie from 0 to 2, was ${index}`),
    );
  });

  it("refuses any index where there is no sample", () => {
    expect(() => fromArray([]).get(0, epoch0)).toThrow(fault("DATASET_INDEX", "the dataset is empty; was 0"));
  });
});

describe("TensorDataset", () => {
  const images = ndarray(
    Uint8Array.from({ length: 24 }, (_, i) => i),
    [4, 2, 3],
  );
  const labels = Float64Array.of(0, 1, 2, 3);
  const dataset = new TensorDataset(images, labels);

  // TestTensorDataset.test_getitem, test_many_tensors
  it("has the slices of every array as samples, views without a copy", () => {
    expect(dataset.length).toBe(4);
    const [image, label] = dataset.get(2);
    expect(image).toEqual(ndarray(Uint8Array.of(12, 13, 14, 15, 16, 17), [2, 3]));
    expect(label).toEqual(ndarray(Float64Array.of(2), []));
    expect(image.data.buffer).toBe(images.data.buffer);
    expect(dataset.get(-1)).toEqual(dataset.get(3));
    expect(dataset.getMany([3, 0])).toEqual([dataset.get(3), dataset.get(0)]);
    expect(new TensorDataset(images, labels, images, labels).get(0)).toHaveLength(4);
  });

  it("collates back to what it was made of, element types and all", () => {
    const batch = defaultCollate(dataset.getMany([0, 1, 2, 3]));
    expect(batch).toEqual([images, ndarray(labels)]);
  });

  it("knows its one-axis arrays as columns, by position", () => {
    expect(["0", "1", "2", "label"].map((name) => dataset.column(name))).toEqual([
      undefined,
      labels,
      undefined,
      undefined,
    ]);
  });

  it.each([
    ["no arrays", () => new TensorDataset(), /at least one array/],
    [
      "unequal lengths",
      () => new TensorDataset(images, Int8Array.of(1)),
      /array 0 has 4 rows and array 1 has 1/,
    ],
    ["a scalar", () => new TensorDataset(ndarray(Int8Array.of(1), [])), /array 0 is int8 \[\]/],
    ["what is no array", () => new TensorDataset([1, 2] as never), /array 0 is an array of 2/],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(fault("OPTION_INVALID", message));
  });
});

describe("ConcatDataset", () => {
  // test_concat_two_singletons, test_concat_two_non_singletons_with_empty
  it("has all samples one dataset after the other, empty ones among them", () => {
    const dataset = new ConcatDataset([[], [1, 2], fromArray<number>([]), [3], []]);
    expect(dataset.cumulativeSizes).toEqual([0, 2, 2, 3, 3]);
    expect(dataset.length).toBe(3);
    expect([0, 1, 2, -1, -3].map((index) => dataset.get(index, epoch0))).toEqual([1, 2, 3, 3, 1]);
  });

  // test_concat_raises_index_error
  it.each([3, -4])("refuses the index %d", (index) => {
    expect(() => new ConcatDataset([[1, 2], [3]]).get(index, epoch0)).toThrow(
      fault("DATASET_INDEX", "from 0 to 2"),
    );
  });

  // test_iterable_dataset_err
  it("refuses streams, wherever they stand, and a list of nothing", () => {
    const stream = { iterate: () => [][Symbol.iterator]() };
    expect(() => new ConcatDataset([[1], stream as never])).toThrow(
      fault("OPTION_INVALID", "dataset 1 of a ConcatDataset must be a map-style dataset, was a stream"),
    );
    expect(() => new ConcatDataset([new Set([1]) as never])).toThrow(fault("OPTION_INVALID", "was a stream"));
    expect(() => new ConcatDataset([7 as never])).toThrow(fault("OPTION_INVALID", "was a number"));
    expect(() => new ConcatDataset([])).toThrow(fault("OPTION_INVALID", "at least one dataset"));
  });

  it("asks each part once for many samples, and keeps their order", async () => {
    const [a, b] = [rich("a", 3), rich("b", 2)];
    const dataset = new ConcatDataset<string>([a, b, ["c"]]);
    expect(await dataset.getMany?.([4, 0, 5, 2, -2], { epoch: 7 })).toEqual([
      "b1@7",
      "a0@7",
      "c",
      "a2@7",
      "b1@7",
    ]);
    expect([a.calls, b.calls]).toEqual([[[0, 2]], [[1, 1]]]);
    expect(new ConcatDataset([[1]]).getMany === undefined).toBe(true);
  });

  describe("by columns", () => {
    const pixels = (rows: number, from: number) =>
      ndarray(
        Uint8Array.from({ length: rows * 2 }, (_, i) => from + i),
        [rows, 2],
      );
    const part = (rows: number, from: number) =>
      new TensorDataset(
        pixels(rows, from),
        Int32Array.from({ length: rows }, (_, i) => from + i),
      );
    const batchOf = async (dataset: ConcatDataset, indices: readonly number[]) =>
      dataset.getBatch?.(indices, epoch0, heapAllocator);
    const collatedOf = (dataset: ConcatDataset, indices: readonly number[]) =>
      defaultCollate(
        indices.map((index) => dataset.get(index, epoch0)),
        heapAllocator,
      );

    it("gives the batch that its samples would make, wherever they lie", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }), async (indices) => {
          const dataset = new ConcatDataset([part(3, 0), part(1, 50), part(6, 100)]);
          expect(await batchOf(dataset, indices)).toEqual(collatedOf(dataset, indices));
        }),
        { seed: 7 },
      );
    });

    it("joins texts, fields and parts that answer later", async () => {
      const table = (rows: readonly { readonly x: number; readonly name: string | null }[]): Dataset => ({
        length: rows.length,
        get: (index) => rows[index],
        getBatch: (indices) =>
          Promise.resolve({
            x: ndarray(Float32Array.from(indices, (index) => rows[index].x)),
            name: indices.map((index) => rows[index].name),
          }),
      });
      const [a, b] = [
        [{ x: 1.5, name: "a" }],
        [
          { x: 2.5, name: null },
          { x: 3.5, name: "c" },
        ],
      ];
      const dataset = new ConcatDataset([table(a), table(b)]);
      expect(await batchOf(dataset, [2, 0, 1])).toEqual({
        x: ndarray(Float32Array.of(3.5, 1.5, 2.5)),
        name: ["c", "a", null],
      });
    });

    it.each<[string, Dataset]>([
      ["another element type", new TensorDataset(pixels(2, 0), Float32Array.of(1, 2))],
      ["other extents", new TensorDataset(ndarray(new Uint8Array(6), [2, 3]), Int32Array.of(1, 2))],
      ["another number of fields", new TensorDataset(pixels(2, 0))],
      ["no answer for these samples", { length: 2, get: () => [], getBatch: () => undefined }],
      [
        "a declared type",
        { length: 2, get: () => [], fields: { "[1]": { type: "int32" } }, getBatch: () => [] },
      ],
    ])("leaves samples to be read one by one where a part has %s", async (_, other) => {
      const dataset = new ConcatDataset<unknown>([part(2, 0), other]);
      expect(await batchOf(dataset, [0, 3])).toBeUndefined();
    });

    it("offers none where a part has none, or a subclass reads samples in its own way", () => {
      class Doubled extends ConcatDataset {
        override get(index: number) {
          return [super.get(index, epoch0), index];
        }
      }
      expect(new ConcatDataset<unknown>([part(2, 0), [1]]).getBatch === undefined).toBe(true);
      const doubled = new Doubled([part(2, 0)]);
      expect([doubled.getBatch === undefined, doubled.getMany === undefined]).toEqual([true, true]);
    });
  });

  it("finds every sample that its parts have", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat()), { minLength: 1 }), (parts) => {
        const dataset = new ConcatDataset(parts);
        const all = Array.from({ length: dataset.length }, (_, index) => dataset.get(index, epoch0));
        expect(all).toEqual(parts.flat());
      }),
    );
  });

  it("knows keys, columns and labels where all parts do", () => {
    const dataset = new ConcatDataset([rich("a", 1), rich("b", 2)]);
    expect(dataset.key?.(2)).toBe("b/1");
    expect(dataset.column("label")).toEqual(["a0", "b0", "b1"]);
    expect(dataset.facts).toEqual({ labels: ["no", "yes"] });
    const mixed = new ConcatDataset<unknown>([rich("a", 1), [1]]);
    expect([mixed.key === undefined, mixed.column("label"), mixed.facts]).toEqual([true, undefined, {}]);
  });
});

describe("StackDataset", () => {
  // test_empty, test_mixed, test_size_mismatch
  it.each([
    ["no datasets", () => new StackDataset(), /at least one dataset/],
    ["an empty record", () => new StackDataset({}), /at least one dataset/],
    [
      "positional and named datasets",
      () => new StackDataset(...([[1], { a: [1] }] as never[])),
      /by position or by name/,
    ],
    ["unequal lengths", () => new StackDataset([1, 2], [1]), /0 has 2 samples and 1 has 1/],
    ["unequal lengths by name", () => new StackDataset({ a: [1], b: [] }), /"a" has 1 samples and "b" has 0/],
    [
      "a stream",
      () => new StackDataset({ a: new Set() as never }),
      /dataset "a" of a StackDataset .* was a stream/,
    ],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(fault("OPTION_INVALID", message));
  });

  // test_getitem
  it("has lists or objects of the parts' samples", async () => {
    expect(new StackDataset([1, 2], ["a", "b"]).get(1, epoch0)).toEqual([2, "b"]);
    const named = new StackDataset({ image: rich("a", 2), label: [5, 6] });
    expect(await named.get(-1, { epoch: 3 })).toEqual({ image: "a1@3", label: 6 });
    expect(() => named.get(2, epoch0)).toThrow(fault("DATASET_INDEX", "from 0 to 1"));
  });

  // test_getitems
  it("asks each part once for many samples", async () => {
    const part = rich("a", 4);
    const dataset = new StackDataset({ a: part, n: [0, 10, 20, 30] });
    expect(await dataset.getMany?.([3, 0, -1], epoch0)).toEqual([
      { a: "a3@0", n: 30 },
      { a: "a0@0", n: 0 },
      { a: "a3@0", n: 30 },
    ]);
    expect(part.calls).toEqual([[3, 0, 3]]);
    expect(new StackDataset([1]).getMany === undefined).toBe(true);
  });

  // test_getitems_value_error
  it("refuses a part that gives another number of samples than it was asked for", async () => {
    const short: Dataset<number> = { length: 4, get: (index) => index, getMany: () => [1, 2, 3] };
    const dataset = new StackDataset(short, short);
    await expect(dataset.getMany?.([0, 1, 2, 3], epoch0)).rejects.toThrow(
      fault("DATASET_INVALID", "one sample per index: expected 4, got 3"),
    );
  });

  it("knows what the first part knows that does", () => {
    const dataset = new StackDataset({ n: [1, 2], a: rich("a", 2) });
    expect(dataset.key?.(-1)).toBe("a/1");
    expect(dataset.column("label")).toEqual(["a0", "a1"]);
    expect(dataset.facts).toEqual({ labels: ["no", "yes"] });
  });
});

describe("Subset", () => {
  it("has the samples at its indices, in their order", async () => {
    const dataset = new Subset(rich("a", 5), Int32Array.of(4, 0, 2));
    expect(dataset.length).toBe(3);
    expect(await dataset.get(0, { epoch: 2 })).toBe("a4@2");
    expect(await dataset.get(-1, epoch0)).toBe("a2@0");
    expect(dataset.key?.(1)).toBe("a/0");
    expect(dataset.column("label")).toEqual(["a4", "a0", "a2"]);
    expect(dataset.column("other")).toBeUndefined();
    expect(dataset.facts).toEqual({ labels: ["no", "yes"] });
    expect(await dataset.getMany?.([2, 0], epoch0)).toEqual(["a2@0", "a4@0"]);
  });

  // test_slicing_of_subset_of_dataset, test_slicing_of_subset_of_subset: several samples at once are getMany.
  it("gives several samples at once, of a subset of a subset too", async () => {
    const whole = new TensorDataset(Int32Array.of(1, 2, 3, 4, 5));
    const half = new Subset(whole, [0, 1, 2, 3, 4]);
    const inner = new Subset(half, [4, 3, 0]);
    expect(await half.getMany?.([1, 2, -1], epoch0)).toEqual(whole.getMany([1, 2, 4]));
    expect(await inner.getMany?.([0, 1, 2], epoch0)).toEqual(whole.getMany([4, 3, 0]));
    expect(new Subset([1, 2], [0]).getMany === undefined).toBe(true);
  });

  it.each([
    ["an index of its own out of range", 2, "from 0 to 1, was 2"],
    ["an index that its dataset does not have", 1, "from 0 to 4, was 9"],
  ])("refuses %s", (_, index, message) => {
    const dataset = new Subset(rich("a", 5), [0, 9]);
    expect(() => dataset.get(index, epoch0)).toThrow(fault("DATASET_INDEX", message));
    expect(() => dataset.getMany?.([index], epoch0)).toThrow(fault("DATASET_INDEX", message));
  });

  it("lets a subclass that overrides get alone see every sample", () => {
    class Loud extends Subset<string> {
      override get(index: number, context: FetchContext) {
        return Promise.resolve(super.get(index, context)).then((sample) => sample.toUpperCase());
      }
    }
    expect(new Loud(rich("a", 2), [0]).getMany === undefined).toBe(true);
    class Quick extends Loud {
      override getMany() {
        return ["own"];
      }
    }
    expect(new Quick(rich("a", 2), [0]).getMany()).toEqual(["own"]);
  });
});

describe("datasets in workers", () => {
  const recipe = (value: object) =>
    (value as { [recipeOf](): { export: string; args: unknown[] } })[recipeOf]();

  it("say how they are made again", () => {
    const tensors = new TensorDataset(Int32Array.of(1, 2));
    expect(recipe(tensors)).toMatchObject({ export: "TensorDataset", args: [ndarray(Int32Array.of(1, 2))] });
    expect(recipe(new Subset(tensors, [1]))).toMatchObject({ export: "Subset", args: [tensors, [1]] });
    expect(recipe(new ConcatDataset([tensors]))).toMatchObject({
      export: "ConcatDataset",
      args: [[tensors]],
    });
    expect(recipe(new StackDataset(tensors))).toMatchObject({ export: "StackDataset", args: [tensors] });
    expect(recipe(new StackDataset({ a: tensors }))).toMatchObject({ args: [{ a: tensors }] });
    expect(recipe(fromArray([1, 2]))).toMatchObject({ export: "fromArray", args: [[1, 2]] });
  });

  it("do not pass a subclass off as its base", () => {
    class Own extends Subset {}
    expect(() => recipe(new Own([1], [0]))).toThrow(MillraceError);
    expect(() => recipe(new Own([1], [0]))).toThrow(fault("WORKER_RECIPE", "a Subset again, but not Own"));
    expect(recipeOf in { ...fromArray([1]) }).toBe(false);
  });
});

describe("getBatch", () => {
  it("gives what collating the samples would, for arrays of any width and subsets of them", async () => {
    const { defaultCollate, heapAllocator } = await import("../collate.js");
    for (const width of [1, 3, 40]) {
      const x = ndarray(
        Float32Array.from({ length: 6 * width }, (_, i) => i),
        [6, width],
      );
      const dataset = new TensorDataset(x, Int32Array.of(5, 4, 3, 2, 1, 0));
      for (const view of [dataset, new Subset(dataset, [5, 0, 2])]) {
        const indices = [2, 0, 2, 1];
        const samples = indices.map((index) => view.get(index, epoch0));
        expect(view.getBatch?.(indices, epoch0, heapAllocator)).toEqual(defaultCollate(samples));
      }
    }
  });

  it("is not offered where a subclass reads samples its own way", () => {
    class Doubled extends TensorDataset {
      override get(index: number) {
        return super.get(index).map((slice) => ({ ...slice, data: slice.data.map((value) => 2 * value) }));
      }
    }
    expect(new Doubled(Float32Array.of(1)).getBatch === undefined).toBe(true);
    class Loud extends Subset {
      override get() {
        return "loud";
      }
    }
    expect(new Loud(new TensorDataset(Float32Array.of(1)), [0]).getBatch === undefined).toBe(true);
  });
});
