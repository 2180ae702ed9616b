import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { canFuse, fuse } from "./fuse.js";

const number = fc.float({ min: Math.fround(-1e3), max: Math.fround(1e3), noNaN: true });
const f32 = Math.fround;

describe("a fused formula", () => {
  it("can be compiled here", () => {
    expect(canFuse()).toBe(true);
  });

  it("computes every operation as float32 does, for any length and any numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { maxLength: 70 }), number, (pairs, factor) => {
        const arena = new Arena();
        const [a, b, rest] = [0, 1, 2].map(() => arena.allocate(pairs.length));
        arena.view(a).set(pairs.map(([left]) => left));
        arena.view(b).set(pairs.map(([, right]) => right));
        const run = fuse<number>(arena.memory, 3, (algebra, [x, y], by) => [
          algebra.add(algebra.scale(x, by), algebra.multiply(x, y)),
          undefined,
          algebra.divide(
            algebra.subtract(x, y),
            algebra.shift(algebra.squareRoot(algebra.multiply(y, y)), 2),
          ),
        ]);
        run([a.address, b.address, rest.address], a.bytes, factor);
        const left = pairs.map(([x, y]) => f32(f32(x * factor) + f32(x * y)));
        const right = pairs.map(([x, y]) => f32(f32(x - y) / f32(f32(Math.sqrt(f32(y * y))) + 2)));
        expect([...arena.view(a)]).toEqual(left);
        expect([...arena.view(b)]).toEqual(pairs.map(([, y]) => y));
        expect([...arena.view(rest)]).toEqual(right);
      }),
    );
  });

  it("takes other numbers with each call, and leaves its neighbours in memory alone", () => {
    const arena = new Arena();
    const blocks = [5, 3, 100_000].map((length) => arena.allocate(length));
    const double = fuse<number>(arena.memory, 1, ({ scale }, [x], by) => [scale(x, by)]);
    for (const block of blocks) arena.view(block).fill(1);
    double([blocks[1].address], blocks[1].bytes, 3);
    double([blocks[2].address], blocks[2].bytes, 5);
    double([blocks[1].address], blocks[1].bytes, 7);
    expect(blocks.map((block) => [...new Set(arena.view(block))])).toEqual([[1], [21], [5]]);
  });
});
