/** PyTorch's tests of default_collate, default_convert, and the batches that custom collation makes. */
import {
  DataLoader,
  type DType,
  defaultCollate,
  type NdArray,
  ndarray,
  TensorDataset,
  type TypedArray,
} from "@millrace/core";
import { createCollate, defaultConvert } from "@millrace/core/dataloader";
import { describe, expect, it } from "vitest";
import { CustomBatch, collateCustom } from "./fixtures/portable.js";
import { classes, leavesNothing, list, loaders, range, tolist, warningsOf } from "./loaders.js";

const int32 = (...values: readonly number[]) => ndarray(Int32Array.from(values));
const float32 = (...values: readonly number[]) => ndarray(Float32Array.from(values));

/** CustomList and CustomDict. */
class CustomList extends Array<unknown> {
  note = "";
}
class CustomMap extends Map<string, unknown> {
  note = "";
}
const customMap = (entries: readonly (readonly [string, unknown])[]) =>
  Object.assign(new CustomMap(entries), { note: "kept" });
const customList = (...items: readonly unknown[]) => {
  const made = new CustomList();
  made.push(...items);
  return Object.assign(made, { note: "kept" });
};

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);

  it("test_default_collate_dtype: whole numbers are int32, others float32, where torch has int64 and float64", () => {
    expect(defaultCollate([1, 2, -1])).toEqual(int32(1, 2, -1));
    expect(defaultCollate([1.1, 2.3, -0.9])).toEqual(float32(1.1, 2.3, -0.9));
    expect(defaultCollate([true, false])).toEqual(ndarray(Uint8Array.of(1, 0), [2], "bool"));
    const strings = ["a", "b", "c"];
    expect(defaultCollate(strings)).toBe(strings);
    // torch takes the type of the first number; here the order of a batch does not change its type.
    expect([defaultCollate([1, 2.5]), defaultCollate([2.5, 1])]).toEqual([float32(1, 2.5), float32(2.5, 1)]);
  });

  it("test_default_collate_bad_sequence_type: lists of unequal length, in either order", () => {
    const batch = [["X"], ["X", "X"]];
    for (const samples of [batch, batch.toReversed()]) {
      expect(() => defaultCollate(samples)).toThrow(
        expect.objectContaining({ code: "COLLATE_MISMATCH", message: expect.stringContaining("equal size") }),
      );
    }
  });

  it("test_default_collate_mapping_keep_type: a subclass of Map stays one, with its own properties", () => {
    const samples = [
      [1, 2],
      [3, 4],
    ].map(([a, b]) =>
      customMap([
        ["a", a],
        ["b", b],
      ]),
    );
    const collated = defaultCollate(samples);
    expect(collated).toBeInstanceOf(CustomMap);
    expect(collated).toEqual(
      customMap([
        ["a", int32(1, 3)],
        ["b", int32(2, 4)],
      ]),
    );
  });

  it("test_default_collate_sequence_keep_type: a subclass of Array stays one, with its own properties", () => {
    const collated = defaultCollate([customList(1, 2, 3), customList(4, 5, 6)]);
    expect(collated).toBeInstanceOf(CustomList);
    expect(collated).toEqual(customList(int32(1, 4), int32(2, 5), int32(3, 6)));
  });

  it("test_default_collate_sequence_dont_keep_type: a frozen array becomes an ordinary one", () => {
    const collated = defaultCollate([Object.freeze([0, 1]), Object.freeze([0, 1])]);
    expect(collated).toEqual([int32(0, 0), int32(1, 1)]);
    expect(Object.isFrozen(collated)).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ["64-bit integers", () => BigInt64Array.of(1n)],
    ["a DataView", () => new DataView(new ArrayBuffer(1))],
    ["an instance of a class", () => new Date(0)],
    ["null", () => null],
    ["undefined", () => undefined],
    ["a symbol", () => Symbol("a")],
    ["a function", () => () => 0],
  ])(
    "test_default_collate_bad_numpy_types: refuses %s, alone and nested, and names the place",
    (_name, value) => {
      expect(() => defaultCollate([value(), value()])).toThrow(
        expect.objectContaining({ code: "COLLATE_TYPE" }),
      );
      expect(() => defaultCollate([{ x: [value()] }])).toThrow(
        expect.objectContaining({ code: "COLLATE_TYPE", message: expect.stringContaining('"x[0]"') }),
      );
    },
  );

  it("test_default_collate_bad_numpy_types: strings are no array, but a list that is left as it is", () => {
    expect(defaultCollate([["a", "b"]])).toEqual([["a"], ["b"]]);
    expect(() => defaultCollate([1, "a"])).toThrow(expect.objectContaining({ code: "COLLATE_MISMATCH" }));
    expect(() => defaultCollate([])).toThrow(expect.objectContaining({ code: "COLLATE_EMPTY" }));
  });

  it.each([0, 1])("test_numpy_scalars: every element type is kept, %i workers", async (numWorkers) => {
    const types: readonly [DType, TypedArray][] = [
      ["float64", Float64Array.of(0)],
      ["float32", Float32Array.of(0)],
      ["int32", Int32Array.of(0)],
      ["int16", Int16Array.of(0)],
      ["int8", Int8Array.of(0)],
      ["uint8", Uint8Array.of(0)],
      ["uint16", Uint16Array.of(0)],
      ["uint32", Uint32Array.of(0)],
    ];
    const scalars = types.map(([dtype, data]): NdArray => ({ dtype, shape: [], data }));
    const [batch] = await list(make<unknown, NdArray[]>([scalars, scalars], { batchSize: 2, numWorkers }));
    expect(batch.map(({ dtype, shape }) => [dtype, shape])).toEqual(types.map(([dtype]) => [dtype, [2]]));
  });

  it.each([
    [0, ArrayBuffer],
    [1, SharedArrayBuffer],
  ])(
    "test_default_collate_shared_tensor: with %i workers, batches lie in memory of their own kind",
    async (numWorkers, Buffer) => {
      const samples = [Float32Array.of(0), Float32Array.of(0)];
      for (const batch of await list(make<unknown, NdArray>(samples, { numWorkers }))) {
        expect(batch.data.buffer).toBeInstanceOf(Buffer);
      }
      const { data } = defaultCollate(samples) as NdArray;
      expect(data.buffer).toBeInstanceOf(ArrayBuffer);
    },
  );

  it("test_default_convert_mapping_keep_type: a subclass of Map", () => {
    const converted = defaultConvert(
      customMap([
        ["a", 1],
        ["b", 2],
      ]),
    );
    expect(converted).toBeInstanceOf(CustomMap);
    expect(converted).toEqual(
      customMap([
        ["a", 1],
        ["b", 2],
      ]),
    );
  });

  it("test_default_convert_sequence_keep_type: a subclass of Array", () => {
    const converted = defaultConvert(customList(1, 2, 3));
    expect(converted).toBeInstanceOf(CustomList);
    expect(converted).toEqual(customList(1, 2, 3));
  });

  it("test_default_convert_sequence_dont_keep_type: a frozen array becomes an ordinary one", () => {
    expect(defaultConvert(Object.freeze([0, Float32Array.of(1)]))).toEqual([0, float32(1)]);
  });
});

describe("TestDictDataLoader", () => {
  const make = loaders(true);
  const samples = range(4).map((i) => ({
    a_tensor: ndarray(new Float32Array(8).fill(i), [4, 2]),
    another_dict: { a_number: i },
  }));

  it.each([0, 1])("test_sequential_batch: nested objects, %i persistent workers", async (numWorkers) => {
    interface Dict {
      readonly a_tensor: NdArray;
      readonly another_dict: { readonly a_number: NdArray };
    }
    const batches = await list(make<unknown, Dict>(samples, { batchSize: 2, shuffle: false, numWorkers }));
    expect(batches).toHaveLength(2);
    batches.forEach((batch, i) => {
      expect(Object.keys(batch)).toEqual(["a_tensor", "another_dict"]);
      expect(Object.keys(batch.another_dict)).toEqual(["a_number"]);
      expect(batch.a_tensor.shape).toEqual([2, 4, 2]);
      expect(tolist(batch.a_tensor)).toEqual([...new Array(8).fill(2 * i), ...new Array(8).fill(2 * i + 1)]);
      expect(batch.another_dict.a_number.shape).toEqual([2]);
      expect(tolist(batch.another_dict.a_number)).toEqual([2 * i, 2 * i + 1]);
    });
  });
});

describe("TestNamedTupleDataLoader", () => {
  leavesNothing();

  /** JavaScript's named tuples are classes; what `createCollate` is told about stays one. */
  class Signed {
    constructor(
      readonly positive: unknown,
      readonly negative: unknown,
    ) {}
  }
  class Sample {
    constructor(
      readonly data: Signed,
      readonly label: unknown,
      readonly random: unknown,
    ) {}
  }
  const samples = range(4).map((i) => new Sample(new Signed(i, -i), String(i), new Float32Array(3).fill(i)));
  const collate = createCollate({
    types: [
      [
        Sample,
        (values: readonly Sample[], context) =>
          new Sample(
            context.collate(
              values.map(({ data }) => data),
              "data",
            ) as Signed,
            context.collate(
              values.map(({ label }) => label),
              "label",
            ),
            context.collate(
              values.map(({ random }) => random),
              "random",
            ),
          ),
      ],
      [
        Signed,
        (values: readonly Signed[], context) =>
          new Signed(
            context.collate(values.map(({ positive }) => positive)),
            context.collate(values.map(({ negative }) => negative)),
          ),
      ],
    ],
  });

  it("test_dataloader_with_namedtuple: keeps its class, in batches and without", async () => {
    const batches = await list(new DataLoader<Sample, Sample>(samples, { batchSize: 2, collate }));
    expect(batches).toHaveLength(2);
    for (const [i, batch] of batches.entries()) {
      expect(batch).toBeInstanceOf(Sample);
      expect(batch.data).toBeInstanceOf(Signed);
      expect(batch.data).toEqual(new Signed(int32(2 * i, 2 * i + 1), int32(-2 * i, -2 * i - 1)));
      expect(batch.label).toEqual([String(2 * i), String(2 * i + 1)]);
      expect(batch.random).toMatchObject({ shape: [2, 3] });
    }
    expect(await list(new DataLoader(samples, { batchSize: null }))).toEqual(samples);
  });
});

describe("TestStringDataLoader", () => {
  const make = loaders(false);

  it.each([0, 2])("test_shuffle_pin_memory: strings stay strings, %i workers", async (numWorkers) => {
    const samples = ["1", "2", "3", "4", "5"].map((character, i) => [character, i]);
    let batches: readonly (readonly [string[], NdArray])[] = [];
    // Memory is not page-locked: the first loader that asks for it says so.
    await warningsOf(async () => {
      const options = { batchSize: 2, shuffle: true, numWorkers, pinMemory: true };
      batches = await list(make<unknown, readonly [string[], NdArray]>(samples, options));
    });
    expect(batches).toHaveLength(3);
    for (const [strings, numbers] of batches)
      expect(strings.map(Number)).toEqual(tolist(numbers).map((n) => n + 1));
    expect(batches.flatMap(([strings]) => strings).sort()).toEqual(["1", "2", "3", "4", "5"]);
  });
});

describe("TestCustomPinFn", () => {
  const make = loaders(false);
  const numbers = ndarray(Float32Array.from(range(50)), [10, 5]);
  const dataset = new TensorDataset(numbers, numbers);
  const loader = (options: object) =>
    make<unknown, CustomBatch>(dataset, { batchSize: 2, collate: collateCustom, ...options });

  it("test_custom_batch_pin: a batch of one's own class is pinned by its own method", async () => {
    const batches = await list(loader({ pinMemory: true }));
    expect(batches).toHaveLength(5);
    for (const batch of batches) {
      expect(batch).toBeInstanceOf(CustomBatch);
      expect(batch.pinned).toBe(true);
    }
    for (const batch of await list(loader({}))) expect(batch.pinned).toBe(false);
  });

  // A structured clone would make it a plain object without its methods: nothing pinned, nothing said.
  it("test_custom_batch_pin_worker: a class does not cross threads, and is refused instead of losing its methods", async () => {
    const epoch = loader({ pinMemory: true, numWorkers: 1 })[Symbol.asyncIterator]();
    await expect(epoch.next()).rejects.toMatchObject({
      code: "BATCH_NOT_TRANSFERABLE",
      message: expect.stringContaining("CustomBatch"),
    });
    await epoch.return?.();
  });
});
