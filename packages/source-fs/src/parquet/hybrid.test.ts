/** Runs and packed bits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHybrid } from "./hybrid.js";

/** As the format has them: packed groups of eight numbers. */
function packed(values: readonly number[], width: number): Uint8Array {
  const groups = Math.ceil(values.length / 8);
  const bytes = new Uint8Array(groups * width);
  for (const [i, value] of values.entries())
    for (let bit = 0; bit < width; bit++)
      if (Math.floor(value / 2 ** bit) % 2 === 1)
        bytes[(i * width + bit) >> 3] |= 1 << ((i * width + bit) & 7);
  return Uint8Array.of(...varint(groups * 2 + 1), ...bytes);
}

function run(value: number, length: number, width: number): Uint8Array {
  const bytes = Array.from({ length: (width + 7) >> 3 }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 255);
  return Uint8Array.of(...varint(length * 2), ...bytes);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const width = fc.integer({ min: 1, max: 31 });
const parts = width.chain((bits) => {
  const value = fc.integer({ min: 0, max: 2 ** bits - 1 });
  const part = fc.oneof(
    fc
      .array(value, { minLength: 8, maxLength: 64 })
      .map((all) => ({ values: all.slice(0, all.length - (all.length % 8)) })),
    fc.record({ value, length: fc.integer({ min: 0, max: 40 }) }),
  );
  return fc.record({ bits: fc.constant(bits), list: fc.array(part, { minLength: 1, maxLength: 5 }) });
});

describe("runs and packed bits", () => {
  it("are read as they were written, whatever their width", () => {
    fc.assert(
      fc.property(parts, ({ bits, list }) => {
        const values = list.flatMap((part) =>
          "values" in part ? part.values : new Array<number>(part.length).fill(part.value),
        );
        const bytes = list.map((part) =>
          "values" in part ? packed(part.values, bits) : run(part.value, part.length, bits),
        );
        const all = Uint8Array.of(7, ...bytes.flatMap((each) => [...each]));
        const out = new Int32Array(values.length + 2).fill(-1);
        readHybrid(all, { start: 1, end: all.length, width: bits }, out, 1, values.length);
        expect([...out]).toEqual([-1, ...values, -1]);
      }),
      { seed: 1 },
    );
  });

  it("are refused where they end too early", () => {
    const out = new Int32Array(64);
    const read = (bytes: Uint8Array, bits: number) => () =>
      readHybrid(bytes, { start: 0, end: bytes.length, width: bits }, out, 0, 64);
    expect(read(Uint8Array.of(), 3)).toThrow("before the last value");
    expect(read(Uint8Array.of(2), 3)).toThrow("a run has no value");
    expect(read(Uint8Array.of(0, 1), 3)).toThrow("before the last value");
    expect(read(Uint8Array.of(128, 128, 128, 128, 128, 128, 1), 3)).toThrow("before the last value");
    expect(read(packed([1, 2, 3, 4, 5, 6, 7, 0], 3), 3)).toThrow("before the last value");
    expect(read(Uint8Array.of(255, 255, 255, 255, 15, 1), 3)).toThrow("before the last value");
    expect(read(run(5, 64, 3), 33)).toThrow("33 bits");
  });
});
