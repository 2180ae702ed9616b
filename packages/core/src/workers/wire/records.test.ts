import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Layout } from "./layout.js";
import { NumberQueue, queueMemory } from "./queue.js";
import {
  nextIsMailed,
  Remembered,
  requestCapacity,
  sameLayout,
  takeRequest,
  writeMailed,
  writeRequest,
} from "./records.js";

function ends(capacity: number): readonly [NumberQueue, NumberQueue] {
  const memory = queueMemory(capacity);
  return [new NumberQueue(memory), new NumberQueue(memory)];
}

describe("NumberQueue", () => {
  it("gives every number once, in order, however writing and taking alternate", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 40 }), (rounds) => {
        const [writer, taker] = ends(16);
        let written = 0;
        let taken = 0;
        for (const [writes, takes] of rounds) {
          for (let i = 0; i < writes && writer.space > 0; i++) writer.write(written++ / 2);
          writer.publish();
          for (let i = 0; i < takes && taker.ready > 0; i++) expect(taker.take()).toBe(taken++ / 2);
          taker.free();
          expect(writer.space).toBe(16 - (written - taken));
        }
        expect(taker.ready).toBe(written - taken);
      }),
    );
  });

  it("wakes who waits, and says so at once where something is there already", async () => {
    const [writer, taker] = ends(16);
    const waiting = taker.wait();
    writer.write(7);
    writer.publish();
    await waiting;
    expect(taker.wait()).toBeUndefined();
    expect(taker.take()).toBe(7);
    const nothing = taker.wait();
    taker.wake();
    await nothing;
    expect(taker.ready).toBe(0);
  });
});

describe("requests", () => {
  const index = fc.nat(2 ** 40);
  it("arrive as they were written, lists and single indices, around the end of the memory", () => {
    const [writer, taker] = ends(requestCapacity);
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.nat(),
        fc.oneof(index, fc.array(index)),
        (ticket, buffer, epoch, indices) => {
          expect(writeRequest(writer, ticket, buffer, { epoch, indices })).toBe(true);
          expect(nextIsMailed(taker)).toBeUndefined();
          expect(takeRequest(taker)).toEqual({ ticket, buffer, epoch, indices });
          taker.free();
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("are refused where they do not fit, and nothing is written", () => {
    const [writer, taker] = ends(requestCapacity);
    const indices = Array.from({ length: requestCapacity / 4 }, (_, i) => i);
    expect(writeRequest(writer, 0, 0, { epoch: 0, indices: [...indices, 1] })).toBe(false);
    let fitted = 0;
    while (writeRequest(writer, fitted, 0, { epoch: 0, indices })) fitted++;
    expect(fitted).toBe(3);
    expect(taker.ready).toBe(3 * (indices.length + 4));
    expect(writeMailed(writer, 99)).toBe(true);
    for (let i = 0; i < 3; i++) takeRequest(taker);
    expect(nextIsMailed(taker)).toBe(99);
    expect(takeRequest(taker)).toEqual({ ticket: 99, buffer: undefined });
  });
});

describe("Remembered", () => {
  it("forgets what was sent longest ago", () => {
    const remembered = new Remembered<string>(2);
    for (const [serial, name] of ["one", "two", "three"].entries()) remembered.add(serial, name);
    expect([0, 1, 2].map((serial) => remembered.get(serial))).toEqual([undefined, "two", "three"]);
  });
});

describe("sameLayout", () => {
  const array = (shape: number[], offset = 0): Layout => ({
    kind: "ndarray",
    dtype: "float32",
    shape,
    offset,
  });
  const object = (...values: Layout[]): Layout => ({
    kind: "object",
    keys: values.map((_, i) => `field ${i}`),
    values,
  });

  it("tells arrays apart by type, shape and place, and structure by names", () => {
    expect(sameLayout(object(array([2, 3]), array([2], 64)), object(array([2, 3]), array([2], 64)))).toBe(
      true,
    );
    expect(sameLayout(object(array([2, 3])), object(array([3, 2])))).toBe(false);
    expect(sameLayout(object(array([2, 3])), object(array([2, 3], 64)))).toBe(false);
    expect(sameLayout(object(array([2])), object(array([2]), array([2])))).toBe(false);
    expect(sameLayout(object(array([2])), { kind: "list", items: [array([2])] })).toBe(false);
  });

  it("never takes data for structure", () => {
    const value = (item: unknown): Layout => ({ kind: "value", value: item });
    expect(sameLayout(value(1), value(1))).toBe(true);
    expect(sameLayout(value(0), value(-0))).toBe(false);
    const list = value(["a"]);
    expect(sameLayout(list, list)).toBe(false);
  });
});
