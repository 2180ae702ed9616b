/** A permutation that is drawn as it is read is torch's own, whoever reads how much of it. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Generator, randperm } from "./generator.js";
import { Permutation } from "./permutation.js";

describe("Permutation", () => {
  it("is randperm, whatever is read first and in which stretches", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(1000), fc.array(fc.nat(299), { maxLength: 20 }), (n, seed, places) => {
        const whole = [...randperm(n, new Generator(seed))];
        expect([...whole].sort((a, b) => a - b)).toEqual(whole.map((_, i) => i));
        const drawn = new Permutation(n, new Generator(seed));
        for (const place of places.filter((at) => at < n)) {
          expect(drawn.at(place)).toBe(whole[place]);
          expect(drawn.slice(place, n)).toEqual(whole.slice(place));
        }
        expect(drawn.slice(0, n)).toEqual(whole);
      }),
    );
  });

  it("begins at once, whatever its length, and takes no memory for what nobody reads", () => {
    const before = process.memoryUsage().rss;
    const permutation = new Permutation(200_000_000, new Generator(0));
    // torch.randperm(200_000_000) at seed 0 begins with the remainders of its first draws.
    expect(permutation.at(0)).toBe(new Generator(0).random32() % 200_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  it("gets ready in slices between which the thread does other things", async () => {
    const n = 300_000;
    const permutation = new Permutation(n, new Generator(1));
    expect(permutation.prepare(1000)).toBeUndefined();
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    await permutation.prepare(n);
    clearInterval(counting);
    expect(turns).toBeGreaterThan(0);
    expect(permutation.slice(0, n)).toEqual([...randperm(n, new Generator(1))]);
  });

  it("refuses a length beyond what 4 bytes count, and says what serves instead", () => {
    expect(() => new Permutation(2 ** 31, new Generator(0))).toThrow(
      expect.objectContaining({
        code: "OPTION_INVALID",
        hint: expect.stringContaining("BlockShuffleSampler"),
      }),
    );
  });
});

describe("a generator that lends its numbers", () => {
  it("goes on behind them, however many of them were drawn, and when", () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(3000), fc.nat(3000), (before, count, drawn) => {
        const [plain, lending] = [new Generator(5), new Generator(5)];
        for (let i = 0; i < before; i++) expect(lending.random32()).toBe(plain.random32());
        const lent = lending.lend(count);
        const numbers = Array.from({ length: count }, () => plain.random32());
        const seen = Array.from({ length: Math.min(drawn, count) }, () => lent.random32());
        expect(seen).toEqual(numbers.slice(0, seen.length));
        expect(lending.state()).toBe(plain.state());
        expect(lending.random32()).toBe(plain.random32());
      }),
    );
  });

  it("passes over numbers as if they had been drawn", () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(3000), (before, count) => {
        const [plain, passing] = [new Generator(7), new Generator(7)];
        for (let i = 0; i < before; i++) expect(passing.random32()).toBe(plain.random32());
        for (let i = 0; i < count; i++) plain.random32();
        expect(passing.discard(count).random32()).toBe(plain.random32());
      }),
    );
  });
});
