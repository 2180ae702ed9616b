import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayConstructors, type DType, ndarray } from "../../contracts/ndarray.js";
import { fromLayout } from "./layout.js";
import { SlotPool, SlotWriter } from "./slots.js";

function roundTrip(value: unknown, bytes = 0): unknown {
  const buffer = new SharedArrayBuffer(bytes);
  const { layout, grown } = new SlotWriter(buffer).finish(value);
  return fromLayout(structuredClone(layout), grown ?? buffer);
}

describe("SlotWriter", () => {
  it("brings any batch of arrays and plain data through a slot unchanged, whatever the slot's size", () => {
    const array = fc
      .tuple(
        fc.constantFrom(...(Object.keys(arrayConstructors) as DType[])),
        fc.array(fc.nat(200), { maxLength: 50 }),
      )
      .map(([dtype, values]) => ({
        dtype,
        shape: [values.length],
        data: arrayConstructors[dtype].from(values),
      }));
    const { batch } = fc.letrec((tie) => ({
      batch: fc.oneof(
        { maxDepth: 3 },
        array,
        array.map(({ data }) => data),
        fc.string(),
        fc.double(),
        fc.constant(null),
        fc.array(fc.string()),
        fc.array(tie("batch"), { maxLength: 4 }),
        fc.array(fc.tuple(fc.string(), tie("batch")), { maxLength: 3 }).map((entries) => new Map(entries)),
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          tie("batch"),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
    }));
    fc.assert(
      fc.property(batch, fc.nat(2000), (value, bytes) => {
        expect(roundTrip(value, bytes)).toEqual(value);
      }),
    );
  });

  it("writes allocated arrays in place and does not grow while they fit", () => {
    const buffer = new SharedArrayBuffer(256);
    const writer = new SlotWriter(buffer);
    const array = writer.allocate("float32", [2, 3]);
    array.data.set([1, 2, 3, 4, 5, 6]);
    expect(array.data.buffer).toBe(buffer);
    const { layout, grown } = writer.finish({ array });
    expect(grown).toBeUndefined();
    expect(fromLayout(layout, buffer)).toEqual({ array: ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]) });
  });

  it("starts every array at a cache line, which satisfies every element type", () => {
    const writer = new SlotWriter(new SharedArrayBuffer(1024));
    const offsets = [3, 5, 1].map((length) => writer.allocate("uint8", [length]).data.byteOffset);
    expect([...offsets, writer.allocate("float64", [2]).data.byteOffset]).toEqual([0, 64, 128, 192]);
  });
});

describe("SlotPool", () => {
  it("lends a free slot again before it makes another", () => {
    const pool = new SlotPool();
    const first = pool.acquire();
    pool.acquire();
    pool.release(first);
    expect(pool.acquire()).toBe(first);
    expect(pool.count).toBe(2);
  });

  it("sizes slots by the largest batch so far", () => {
    const pool = new SlotPool();
    const [first, second] = [pool.acquire(), pool.acquire()];
    pool.grow(first, new SharedArrayBuffer(512));
    pool.release(second);
    expect(pool.acquire().buffer.byteLength).toBe(512);
    expect(pool.acquire().buffer.byteLength).toBe(512);
  });
});
