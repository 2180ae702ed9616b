import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DType, type NdArray, ndarray, sizeOf, type TypedArray, zeros } from "../contracts/ndarray.js";
import { padSequence } from "./pad-sequence.js";
import type { Sequence } from "./sequence.js";
import { unpadSequence } from "./unpad-sequence.js";

const sides = ["left", "right"] as const;
const sequencesOf = (arrays: fc.Arbitrary<TypedArray>) => fc.array(arrays, { minLength: 1, maxLength: 6 });
const typedArrays = fc.oneof(
  sequencesOf(fc.int32Array({ maxLength: 9 })),
  sequencesOf(fc.uint8Array({ maxLength: 9 })),
  sequencesOf(fc.float32Array({ maxLength: 9 })),
  sequencesOf(fc.float64Array({ maxLength: 9 })),
);
const matrices = fc
  .tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 }),
  )
  .map(([width, lengths]) =>
    lengths.map((length, row) =>
      ndarray(
        Float32Array.from({ length: length * width }, (_, i) => 100 * row + i + 1),
        [length, width],
      ),
    ),
  );
const batches: fc.Arbitrary<Sequence[]> = fc.oneof(typedArrays, matrices);
const layouts = fc.record({ batchFirst: fc.boolean(), paddingSide: fc.constantFrom(...sides) });

describe("padSequence and unpadSequence", () => {
  it("give back the sequences, for both sides and both orders of axes", () => {
    fc.assert(
      fc.property(batches, layouts, (sequences, layout) => {
        const padded = padSequence(sequences, { ...layout, paddingValue: 7 });
        expect(unpadSequence(padded, sequences.map(lengthOf), layout)).toEqual(sequences.map(asNdArray));
      }),
    );
  });

  it("fill every other cell with the padding value", () => {
    fc.assert(
      fc.property(batches, layouts, (sequences, layout) => {
        const lengths = sequences.map(lengthOf);
        const longest = Math.max(...lengths);
        const padded = padSequence(sequences, { ...layout, paddingValue: 42 });
        const other = layout.paddingSide === "left" ? "right" : "left";
        const padding = unpadSequence(
          padded,
          lengths.map((length) => longest - length),
          {
            ...layout,
            paddingSide: other,
          },
        );
        expect(padding.flatMap(({ data }) => [...data]).every((value) => value === 42)).toBe(true);
      }),
    );
  });

  it("give the same cells in both orders of axes", () => {
    fc.assert(
      fc.property(batches, fc.constantFrom(...sides), (sequences, paddingSide) => {
        const rows = padSequence(sequences, { batchFirst: true, paddingSide });
        const columns = padSequence(sequences, { paddingSide });
        const [count, length, ...trailing] = rows.shape;
        expect(columns.shape).toEqual([length, count, ...trailing]);
        expect(transpose(columns)).toEqual(rows);
      }),
    );
  });
});

describe("padSequence", () => {
  const sequences = [Int32Array.of(1, 2, 3), Int32Array.of(4)];

  it("makes time × batch by default and batch × time with batchFirst, as torch does", () => {
    expect(padSequence(sequences)).toEqual(ndarray(Int32Array.of(1, 4, 2, 0, 3, 0), [3, 2]));
    expect(padSequence(sequences, { batchFirst: true })).toEqual(
      ndarray(Int32Array.of(1, 2, 3, 4, 0, 0), [2, 3]),
    );
  });

  it("pads on the left", () => {
    const padded = padSequence(sequences, { batchFirst: true, paddingSide: "left", paddingValue: -1 });
    expect([...padded.data]).toEqual([1, 2, 3, -1, -1, 4]);
  });

  it("has the element type of the first sequence", () => {
    expect(padSequence([Float32Array.of(0.5), Int32Array.of(1)]).dtype).toBe("float32");
    expect(padSequence([ndarray(Uint8Array.of(1), [1], "bool")]).dtype).toBe("bool");
    expect(padSequence([[1, 2], [3]]).dtype).toBe("int32");
    expect(padSequence([[1, 2], [3.5]]).dtype).toBe("float32");
  });

  it("cuts a padding value to an integer where the type is one, as torch does", () => {
    expect([...padSequence(sequences, { paddingValue: 0.5 }).data]).toEqual([1, 4, 2, 0, 3, 0]);
  });

  it("pads to a given length, in memory that an allocator gives", () => {
    const given: NdArray[] = [];
    const allocate = (dtype: DType, shape: readonly number[]) => {
      given.push(zeros(dtype, shape));
      return given[0];
    };
    const padded = padSequence(sequences, { batchFirst: true, length: 5, allocator: { allocate } });
    expect(padded).toBe(given[0]);
    expect(padded).toEqual(ndarray(Int32Array.of(1, 2, 3, 0, 0, 4, 0, 0, 0, 0), [2, 5]));
  });

  it("takes any iterable, and sequences of no steps", () => {
    expect(padSequence(new Set([Int32Array.of()]))).toEqual(ndarray(Int32Array.of(), [0, 1]));
    expect(padSequence([Int32Array.of(), Int32Array.of(5)]).shape).toEqual([1, 2]);
  });

  const refused: [string, () => unknown, string, RegExp][] = [
    ["what is not iterable", () => padSequence(5 as never), "COLLATE_TYPE", /iterable, was a number/],
    ["an empty list", () => padSequence([]), "COLLATE_EMPTY", /at least one sequence/],
    [
      "another side",
      () => padSequence(sequences, { paddingSide: "top" as never }),
      "OPTION_INVALID",
      /"top"/,
    ],
    [
      "a sequence longer than the given length",
      () => padSequence(sequences, { length: 2 }),
      "OPTION_INVALID",
      /was 2; sequence 0 has 3 steps/,
    ],
    ["text", () => padSequence(["ab" as never]), "COLLATE_TYPE", /sequence 0 is a string/],
    ["an array without axes", () => padSequence([ndarray(Int32Array.of(1), [])]), "COLLATE_TYPE", /rank 1/],
    [
      "sequences that differ in another axis",
      () => padSequence([ndarray(new Int8Array(4), [2, 2]), ndarray(new Int8Array(3), [1, 3])]),
      "COLLATE_MISMATCH",
      /sequence 0 has \[\*, 2\], sequence 1 has \[\*, 3\]/,
    ],
    [
      "a fraction among integers",
      () => padSequence([Int32Array.of(1), Float32Array.of(0.5)]),
      "COLLATE_OVERFLOW",
      /sequence 1 has 0.5 at 0/,
    ],
    ["a number beyond int32", () => padSequence([[1, 3_000_000_000]]), "COLLATE_OVERFLOW", /3000000000 at 1/],
    [
      "a padding value beyond the type",
      () => padSequence([Uint8Array.of(1)], { paddingValue: -100 }),
      "OPTION_INVALID",
      /must fit uint8.*-100/,
    ],
  ];
  it.each(refused)("refuses %s", (_, work, code, message) => {
    expect(work).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

describe("unpadSequence", () => {
  const padded = ndarray(Int32Array.of(1, 4, 2, 0, 3, 0), [3, 2]);

  it("copies, so that a batch may be released afterwards", () => {
    const [first] = unpadSequence(padded, [3, 1]);
    padded.data[0] = 99;
    expect([...first.data]).toEqual([1, 2, 3]);
    padded.data[0] = 1;
  });

  it.each([
    ["lengths for other than each sequence", () => unpadSequence(padded, [3]), /2 sequences, 1 lengths/],
    [
      "a length beyond the time axis",
      () => unpadSequence(padded, [4, 1]),
      /from 0 to 3, was 4 for sequence 0/,
    ],
    ["an array without a time axis", () => unpadSequence(ndarray(new Int32Array(2)), [1, 1]), /int32 \[2\]/],
  ])("refuses %s", (_, work, message) => {
    expect(work).toThrow(
      expect.objectContaining({ code: "COLLATE_MISMATCH", message: expect.stringMatching(message) }),
    );
  });
});

function lengthOf(sequence: Sequence): number {
  return "shape" in sequence ? sequence.shape[0] : sequence.length;
}

function asNdArray(sequence: Sequence): NdArray {
  return "shape" in sequence ? sequence : ndarray(sequence as TypedArray);
}

function transpose({ dtype, shape, data }: NdArray): NdArray {
  const [length, count, ...trailing] = shape;
  const step = sizeOf(trailing);
  const flipped = data.slice();
  for (let time = 0; time < length; time++) {
    for (let row = 0; row < count; row++) {
      const from = (time * count + row) * step;
      flipped.set(data.subarray(from, from + step), (row * length + time) * step);
    }
  }
  return { dtype: dtype satisfies DType, shape: [count, length, ...trailing], data: flipped };
}
