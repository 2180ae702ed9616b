import { describe, expect, expectTypeOf, it } from "vitest";
import {
  DataLoader,
  type DataLoaderOptions,
  defaultCollate,
  type NdArray,
  ndarray,
  StackDataset,
  TensorDataset,
} from "@millrace/core";
import type { Collated } from "@millrace/core/dataloader";

const samples = [
  { x: Float32Array.of(0, 1), label: 0, name: "a", flag: true },
  { x: Float32Array.of(1, 0), label: 1, name: "b", flag: false },
];

describe("the types of batches", () => {
  it("are those that the samples give, without a cast", async () => {
    const loader = new DataLoader(samples, { batchSize: 2 });
    for await (const { data, release } of loader) {
      expectTypeOf(data.x).toEqualTypeOf<NdArray<"float32">>();
      expectTypeOf(data.x.data).toEqualTypeOf<Float32Array>();
      expectTypeOf(data.label).toExtend<NdArray>();
      expectTypeOf(data.name).toEqualTypeOf<readonly string[]>();
      expectTypeOf(data.flag).toEqualTypeOf<NdArray<"bool">>();
      expect([data.x.shape, data.label.dtype, data.name, data.flag.dtype]).toEqual([
        [2, 2],
        "int32",
        ["a", "b"],
        "bool",
      ]);
      release();
    }
  });

  it("have NaN among numbers and null among texts, where samples may miss them", () => {
    interface Gaps {
      readonly age: number | null;
      readonly note: string | null;
      readonly flag: boolean | null;
      readonly point: Float32Array | null;
    }
    expectTypeOf<Collated<Gaps>>().toEqualTypeOf<{
      readonly age: NdArray<"int32" | "float32" | "float64">;
      readonly note: readonly (string | null)[];
      readonly flag: NdArray<"float32">;
      readonly point: NdArray<"float32">;
    }>();
    const fields = {
      age: { type: "float32", nullable: true },
      note: { type: "text", nullable: true },
      flag: { type: "float32", nullable: true },
    } as const;
    const gaps: Omit<Gaps, "point">[] = [
      { age: 1, note: null, flag: true },
      { age: null, note: "x", flag: null },
    ];
    const { age, note, flag } = defaultCollate(gaps, undefined, fields);
    expect([[...age.data], note, [...flag.data], flag.dtype]).toEqual([
      [1, Number.NaN],
      [null, "x"],
      [1, Number.NaN],
      "float32",
    ]);
  });

  it("are those of each array of a TensorDataset, in its place", async () => {
    const pixels = ndarray(new Uint8Array(8), [4, 2]);
    const tensors = new TensorDataset(pixels, Int32Array.of(0, 1, 0, 1));
    for await (const { data } of new DataLoader(tensors, { batchSize: 2 })) {
      const [x, y] = data;
      expectTypeOf(x).toEqualTypeOf<NdArray<"uint8">>();
      expectTypeOf(y.data).toEqualTypeOf<Int32Array>();
      expect([x.shape, y.shape]).toEqual([[2, 2], [2]]);
    }
  });

  it("are those of each part of a StackDataset, in its place or by its name", async () => {
    const named = new StackDataset({ image: [1, 2], label: ["a", "b"] });
    expectTypeOf(await named.get(0, { epoch: 0 })).toEqualTypeOf<{ image: number; label: string }>();
    const listed = new StackDataset([1, 2], ["a", "b"]);
    expectTypeOf(await listed.get(0, { epoch: 0 })).toEqualTypeOf<[number, string]>();
    for await (const { data } of new DataLoader(named, { batchSize: 2 })) {
      expectTypeOf(data.label).toEqualTypeOf<readonly string[]>();
      expect(data.label).toEqual(["a", "b"]);
    }
  });

  it("are what a collate function returns, where there is one", async () => {
    const loader = new DataLoader(samples, {
      batchSize: 2,
      collate: (batch) => batch.map(({ name }) => name),
    });
    for await (const { data } of loader) {
      expectTypeOf(data).toEqualTypeOf<string[]>();
      expect(data).toEqual(["a", "b"]);
    }
  });

  it("are those of single samples where batching is off", async () => {
    for await (const { data } of new DataLoader(samples, { batchSize: null })) {
      expectTypeOf(data.label).toEqualTypeOf<number>();
      expectTypeOf(data.x).toEqualTypeOf<NdArray<"float32">>();
      expect(data.x.shape).toEqual([2]);
    }
  });

  it("leave options in a variable usable for any samples", () => {
    const options: DataLoaderOptions = { batchSize: 2, shuffle: true };
    expect(new DataLoader([1, 2, 3], options).length).toBe(2);
    expect(new DataLoader(samples, options).length).toBe(1);
  });

  it("are also what defaultCollate returns", () => {
    const { x } = defaultCollate(samples);
    expectTypeOf(x).toEqualTypeOf<NdArray<"float32">>();
    expectTypeOf<Collated<unknown>>().toBeUnknown();
    expect(x.data).toEqual(Float32Array.of(0, 1, 1, 0));
  });
});
