/** Batches by columns: the very ones that collation makes, or none. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldTypes } from "../../contracts/dataset.js";
import { ndarray, zeros } from "../../contracts/ndarray.js";
import { rowOf } from "../../testing/ragged.js";
import { defaultCollate, heapAllocator } from "../collate.js";
import { readBatch } from "./batches.js";
import { encode } from "./encode.js";
import { newMemory } from "./memory.js";
import { MemoryStore } from "./memory-store.js";
import { readRagged } from "./ragged-columns.js";

function storeOf(samples: readonly unknown[]): MemoryStore {
  const store = new MemoryStore(newMemory(samples.length, 2 ** 24), () => undefined);
  samples.forEach((sample, index) => store.write(index, encode(sample)));
  return store;
}

function batchOf(samples: readonly unknown[], fields?: FieldTypes, indices = [...samples.keys()]): unknown {
  return readBatch(storeOf(samples), indices, heapAllocator, fields);
}

const image = fc.uint8Array({ minLength: 300, maxLength: 300 }).map((data) => ndarray(data, [10, 10, 3]));
const value = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ min: -9, max: 9 }));
const plain = { noNullPrototype: true } as const;
const sample = fc.record(
  {
    image,
    small: fc.uint8Array({ minLength: 5, maxLength: 5 }),
    clamped: fc.uint8ClampedArray({ minLength: 270, maxLength: 270 }),
    mask: fc
      .uint8Array({ min: 0, max: 1, minLength: 4, maxLength: 4 })
      .map((data) => ndarray(data, [2, 2], "bool")),
    second: fc.float32Array({ minLength: 70, maxLength: 70, noNaN: true }),
    label: value,
    right: fc.boolean(),
    name: fc.string({ unit: "binary", maxLength: 9 }),
    nested: fc.record(
      { box: fc.tuple(value, value), pair: fc.tuple(fc.string(), image), none: fc.constant([]) },
      plain,
    ),
  },
  plain,
);

describe("a batch by columns", () => {
  it("is the batch that collation makes of the same samples", () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 5 }), (samples) => {
        expect(batchOf(samples)).toStrictEqual(defaultCollate(samples));
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });

  it("is that of fields as they are declared too, where their values can be read by columns", () => {
    const fields: FieldTypes = {
      flag: { type: "float32", nullable: true },
      seen: { type: "date" },
      file: { type: "bytes" },
    };
    const whole = [
      { flag: true, seen: 5 },
      { flag: false, seen: 1e9 },
    ];
    expect(batchOf(whole, fields)).toStrictEqual(defaultCollate(whole, heapAllocator, fields));
    expect(batchOf([{ flag: null }], fields)).toBeUndefined();
    expect(batchOf([{ file: Uint8Array.of(1) }], fields)).toBeUndefined();
  });

  it("takes any order, and a sample several times", () => {
    const samples = [1, 2, 3].map((label) => ({ label, x: new Float32Array(100).fill(label) }));
    const indices = [2, 0, 0, 1];
    expect(batchOf(samples, undefined, indices)).toStrictEqual(
      defaultCollate(indices.map((index) => samples[index])),
    );
  });

  it.each([
    ["a sample that is not there", [{ x: 1 }, { x: 2 }], [0, 5]],
    ["no samples", [{ x: 1 }], []],
    ["null", [{ x: null }], [0]],
    ["a bigint", [{ x: 1n }], [0]],
    ["bigints", [new BigInt64Array(3)], [0]],
    [
      "keys in another order",
      [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
      [0, 1],
    ],
    ["another shape", [zeros("uint8", [20, 30]), zeros("uint8", [30, 20])], [0, 1]],
    ["a longer array", [new Uint8Array(300), new Uint8Array(400)], [0, 1]],
    ["a shorter array", [new Uint8Array(400), new Uint8Array(300)], [0, 1]],
    ["another element type", [new Uint8Array(300), new Int8Array(300)], [0, 1]],
    ["data of another type than it says", [{ ...zeros("uint8", [4]), dtype: "float32" }], [0]],
    ["data of another size than its shape", [{ ...zeros("uint8", [4]), shape: [5] }], [0]],
  ])("is left to collation for %s", (_name, samples: readonly unknown[], indices) => {
    expect(batchOf(samples, undefined, indices)).toBeUndefined();
  });

  it("gives numbers the type of their field, and refuses those that do not fit, as collation does", () => {
    const samples = [{ id: 1 }, { id: 2 ** 31 }];
    expect(batchOf(samples)).toEqual(defaultCollate(samples));
    const fields: FieldTypes = { id: { type: "int32" } };
    const fault = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(fault(() => batchOf(samples, fields))).toBe(
      fault(() => defaultCollate(samples, heapAllocator, fields)),
    );
    expect(fault(() => batchOf(samples, fields))).toContain('"id" holds int32');
    expect(batchOf([{ id: 1 }], { id: { type: "float32" } })).toEqual({ id: ndarray(Float32Array.of(1)) });
  });
});

describe("columns with sequences of different lengths", () => {
  const sequences = fc.record(
    {
      tokens: fc.int32Array({ maxLength: 9 }),
      small: fc.uint8Array({ minLength: 5, maxLength: 5 }),
      weights: fc.float64Array({ maxLength: 3, noNaN: true }),
      label: value,
      name: fc.string({ unit: "binary", maxLength: 9 }),
      image,
    },
    plain,
  );
  const ragged = ["tokens", "weights"];
  const read = (samples: readonly unknown[], indices: readonly number[] = [...samples.keys()]) =>
    readRagged(storeOf(samples), indices, heapAllocator, {}, ragged);

  it("are what the samples hold, the others as collation makes them", () => {
    fc.assert(
      fc.property(fc.array(sequences, { minLength: 1, maxLength: 5 }), (samples) => {
        const { tokens, weights, ...others } = read(samples) ?? {};
        const rows = samples.map((_, row) => ({ tokens: rowOf(tokens, row), weights: rowOf(weights, row) }));
        expect(rows).toStrictEqual(samples.map(({ tokens, weights }) => ({ tokens, weights })));
        const rest = samples.map(({ small, label, name, image }) => ({ small, label, name, image }));
        expect(others).toStrictEqual(defaultCollate(rest));
      }),
    );
  });

  it("are none where samples differ in structure, other arrays in length, or one is not there", () => {
    const one = { tokens: Int32Array.of(1, 2), features: Float32Array.of(1) };
    expect(read([one, { ...one, tokens: new Int32Array(0) }])).toBeDefined();
    expect(read([one, { ...one, features: new Float32Array(2) }])).toBeUndefined();
    expect(read([one, { ...one, tokens: Int16Array.of(1) }])).toBeUndefined();
    expect(read([one, { tokens: one.tokens }])).toBeUndefined();
    expect(read([one, { ...one, more: null }])).toBeUndefined();
    expect(read([one], [0, 1])).toBeUndefined();
    expect(read([one], [])).toBeUndefined();
    expect(read([[one.tokens]])).toBeUndefined();
  });
});
