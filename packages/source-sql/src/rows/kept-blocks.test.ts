import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Block } from "./block.js";
import { KeptBlocks } from "./kept-blocks.js";

const budget = 64 * 2 ** 20;

/** Blocks of a size of `bytes`, of 10 rows each, and what was read and forgotten. */
function store(count: number, bytes: number) {
  const reads: [number, number][] = [];
  const forgotten: number[] = [];
  const block = (number: number): Block => ({
    start: number * 10,
    features: new Float32Array(1),
    labels: new Float64Array(0),
    columns: [],
    unusable: new Set(),
    bytes,
  });
  const kept = new KeptBlocks({
    count,
    estimate: bytes,
    async read(number, count) {
      reads.push([number, count]);
      await delay(1);
      if (number === 13) throw new Error("number 13 cannot be read");
      return Array.from({ length: count }, (_, i) => block(number + i));
    },
    forget: ({ start }) => forgotten.push(start / 10),
  });
  const use = (...numbers: number[]) =>
    kept.use(numbers, async (blocks) => numbers.map((number) => blocks.get(number)?.start));
  return { kept, reads, forgotten, use };
}

describe("kept blocks", () => {
  it("are read once, several with one query where one is asked for after the other", async () => {
    const { reads, use } = store(20, 1000);
    for (let number = 0; number < 12; number++) expect(await use(number)).toEqual([number * 10]);
    expect(await use(3, 2, 11)).toEqual([30, 20, 110]);
    expect(reads).toEqual([
      [0, 1],
      [1, 8],
      [9, 8],
    ]);
  });

  it("are read alone in another order, and never beyond the last one or over one that is there", async () => {
    const { reads, use } = store(6, 1000);
    for (const number of [4, 2, 0, 1, 5]) await use(number);
    expect(reads).toEqual([
      [4, 1],
      [2, 1],
      [0, 1],
      [1, 1],
      [5, 1],
    ]);
  });

  it("are read ahead by no more than an eighth of the budget", async () => {
    const { reads, use } = store(20, budget / 20);
    for (let number = 0; number < 5; number++) await use(number);
    expect(reads).toEqual([
      [0, 1],
      [1, 2],
      [3, 2],
    ]);
  });

  it("are forgotten beyond the budget, the one that was used longest ago first, but none that is in use", async () => {
    const { kept, forgotten, use } = store(20, budget / 4);
    let end = (): void => {};
    const long = kept.use([0], () => new Promise<void>((resolve) => (end = resolve)));
    for (const number of [2, 4, 6, 2, 8, 10]) await use(number);
    expect(forgotten).toEqual([4, 6]);
    end();
    await long;
    await use(12);
    expect(forgotten).toEqual([4, 6, 0]);
  });

  it("are read again after a fault, which everybody who waits is told", async () => {
    const { reads, use } = store(20, 1000);
    const both = await Promise.allSettled([use(13), use(13)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(use(13)).rejects.toThrow("number 13");
    expect(reads).toEqual([
      [13, 1],
      [13, 1],
    ]);
    expect(await use(0)).toEqual([0]);
  });
});
