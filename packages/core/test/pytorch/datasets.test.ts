/** PyTorch's TestTensorDataset, TestStackDataset and TestConcatDataset. */
import {
  ConcatDataset,
  type Dataset,
  type NdArray,
  ndarray,
  StackDataset,
  sizeOf,
  TensorDataset,
} from "@millrace/core";
import { Generator } from "@millrace/core/dataloader";
import { describe, expect, it } from "vitest";
import { countingStream } from "./fixtures/portable.js";
import { leavesNothing, range } from "./loaders.js";

const context = { epoch: 0 };

/** `torch.randn`, but for the distribution. */
function random(...shape: readonly number[]): NdArray {
  const generator = new Generator(sizeOf(shape));
  return ndarray(
    Float32Array.from({ length: sizeOf(shape) }, () => generator.uniform()),
    shape,
  );
}

/** `tensor[index]` */
function row({ dtype, shape: [, ...shape], data }: NdArray, index: number): NdArray {
  const size = sizeOf(shape);
  return { dtype, shape, data: data.slice(index * size, (index + 1) * size) };
}

function samples<S>(dataset: Dataset<S>): unknown[] {
  return range(dataset.length).map((i) => dataset.get(i, context));
}

/** What `zip(*tensors)` gives. */
function rows(...tensors: readonly NdArray[]): NdArray[][] {
  return range(tensors[0].shape[0]).map((i) => tensors.map((tensor) => row(tensor, i)));
}

/** GetItemsDataset: four numbers, also several at once; `lost` of those asked for are not returned. */
function withGetMany(lost = 0): Dataset<number> & { readonly asked: (readonly number[])[] } {
  const asked: (readonly number[])[] = [];
  return {
    asked,
    length: 4,
    get: (index) => index * 1.5,
    getMany: (indices) => {
      asked.push(indices);
      return indices.slice(0, indices.length - lost).map((index) => index * 1.5);
    },
  };
}

describe("TestTensorDataset", () => {
  leavesNothing();

  it("test_len: the first axis", () => {
    expect(new TensorDataset(random(15, 10, 2, 3), random(15)).length).toBe(15);
  });

  it("test_getitem: the i-th slice of each array", () => {
    const tensors = [random(15, 10, 2, 3, 4, 5), random(15, 10)];
    expect(samples(new TensorDataset(...tensors))).toEqual(rows(...tensors));
  });

  it("test_getitem_1d: slices of one axis are arrays without axes", () => {
    const tensors = [random(15), random(15)];
    expect(samples(new TensorDataset(...tensors))).toEqual(rows(...tensors));
  });

  it("test_single_tensor: a sample is still a list", () => {
    expect(samples(new TensorDataset(random(5, 10)))).toEqual(rows(random(5, 10)));
  });

  it("test_many_tensors: of different shapes", () => {
    const tensors = [random(5, 10, 2, 3, 4, 5), random(5, 10), random(5, 10, 2, 5), random(5, 10, 3, 7)];
    expect(samples(new TensorDataset(...tensors))).toEqual(rows(...tensors));
  });
});

describe("TestStackDataset", () => {
  leavesNothing();

  it("test_empty: needs a dataset", () => {
    expect(() => new StackDataset()).toThrow("StackDataset needs at least one dataset");
  });

  it("test_mixed: takes datasets by position or by name, not both", () => {
    const both = [new TensorDataset(random(15, 10)), { a: new TensorDataset(random(10, 15)) }];
    expect(() => new StackDataset(...(both as never))).toThrow("by position or by name, but both were given");
  });

  it("test_size_mismatch: refuses datasets of unequal length", () => {
    const [a, b] = [new TensorDataset(random(15, 10)), new TensorDataset(random(10, 15))];
    expect(() => new StackDataset(a, b)).toThrow(
      "must be of equal length, but 0 has 15 samples and 1 has 10",
    );
    expect(() => new StackDataset({ a, b })).toThrow('but "a" has 15 samples and "b" has 10');
  });

  it("test_len: that of its parts", () => {
    const [a, b] = [new TensorDataset(random(15, 10)), new TensorDataset(random(15))];
    const stacks = [
      new StackDataset(a, b),
      new StackDataset(a),
      new StackDataset({ a, b }),
      new StackDataset({ a }),
    ];
    expect(stacks.map(({ length }) => length)).toEqual([15, 15, 15, 15]);
  });

  it("test_single: one part, by position and by name", () => {
    const a = new TensorDataset(random(15, 10));
    for (const i of range(15)) {
      expect(new StackDataset(a).get(i, context)).toEqual([a.get(i)]);
      expect(new StackDataset({ a }).get(i, context)).toEqual({ a: a.get(i) });
    }
  });

  it("test_getitem: a list by position, an object by name", () => {
    const [a, b] = [new TensorDataset(random(15, 10)), new TensorDataset(random(15, 5, 4))];
    const [listed, named] = [new StackDataset(a, b), new StackDataset({ a, b })];
    for (const i of range(15)) {
      expect(listed.get(i, context)).toEqual([a.get(i), b.get(i)]);
      expect(named.get(i, context)).toEqual({ a: a.get(i), b: b.get(i) });
    }
  });

  it("test_getitems: asks a part that gives several at once a single time", async () => {
    const [t, l] = [withGetMany(), [1, 2, 3, 4]];
    const indices = [0, 1, 2, 3];
    expect(await new StackDataset(t, l).getMany?.(indices, context)).toEqual(
      indices.map((i) => [t.get(i, context), l[i]]),
    );
    expect(await new StackDataset({ t, l }).getMany?.(indices, context)).toEqual(
      indices.map((i) => ({ t: t.get(i, context), l: l[i] })),
    );
    expect(t.asked).toEqual([indices, indices]);
  });

  it("test_getitems_raises_index_error: for an index beyond the end", async () => {
    const stack = new StackDataset(withGetMany(), [1, 2, 3, 4]);
    await expect(stack.getMany?.([0, 4], context)).rejects.toMatchObject({ code: "DATASET_INDEX" });
  });

  it("test_getitems_value_error: a part that returns fewer samples than asked for", async () => {
    const stack = new StackDataset(withGetMany(1), [1, 2, 3, 4]);
    await expect(stack.getMany?.([0, 1, 2, 3], context)).rejects.toMatchObject({
      code: "DATASET_INVALID",
      message: expect.stringContaining("expected 4, got 3"),
    });
  });
});

describe("TestConcatDataset", () => {
  leavesNothing();
  const [low, high] = [range(5), [5, 6, 7, 8, 9]];

  it("test_concat_two_singletons: one sample each", () => {
    expect(samples(new ConcatDataset([[0], [1]]))).toEqual([0, 1]);
  });

  it("test_concat_two_non_singletons: several samples each", () => {
    expect(samples(new ConcatDataset([low, high]))).toEqual(range(10));
  });

  it("test_concat_two_non_singletons_with_empty: an empty one between changes nothing", () => {
    expect(samples(new ConcatDataset([low, [], high]))).toEqual(range(10));
  });

  it("test_concat_raises_index_error: for an index beyond the end, on either side", () => {
    const dataset = new ConcatDataset([low, high]);
    for (const index of [11, 10, -11]) {
      expect(() => dataset.get(index, context)).toThrow(expect.objectContaining({ code: "DATASET_INDEX" }));
    }
    expect(dataset.get(-1, context)).toBe(9);
  });

  it("test_add_dataset: what d1 + d2 + d3 gives there is a ConcatDataset of a ConcatDataset here", () => {
    const parts = range(3).map((i) => new TensorDataset(random(7, 3, 8 + i, 28), random(7)));
    const sum = new ConcatDataset([new ConcatDataset([parts[0], parts[1]]), parts[2]]);
    expect(sum.length).toBe(21);
    parts.forEach((part, i) => expect(sum.get(7 * i, context)).toEqual(part.get(0)));
  });

  it("test_iterable_dataset_err: refuses streams, wherever they stand", () => {
    const dataset = new TensorDataset(random(7, 3), random(7));
    const [five, ten] = [countingStream(5), countingStream(10)];
    for (const parts of [[dataset, ten, five], [ten], [five, dataset]]) {
      const position = parts.findIndex((part) => part !== dataset);
      expect(() => new ConcatDataset(parts as never)).toThrow(
        `dataset ${position} of a ConcatDataset must be a map-style dataset, was a stream`,
      );
    }
  });
});
