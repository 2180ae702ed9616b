import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseAhead, chooseWorkers, type Measured } from "./choose.js";

const limits = { cores: 4, budget: 256 * 2 ** 20 };
const measured = (given: Partial<Measured>): Measured => {
  const batchMs = given.batchMs ?? 10;
  return {
    batchMs,
    threadMs: batchMs,
    cpuMs: batchMs,
    stepMs: 0,
    bytes: 1000,
    batchesLeft: Number.POSITIVE_INFINITY,
    ...given,
  };
};
const workers = (given: Partial<Measured>, cores = 4) => chooseWorkers(measured(given), { ...limits, cores });

describe("the number of workers", () => {
  it.each([
    ["a batch costs hardly more than handing it over", { batchMs: 0.05 }, 0],
    ["a batch is nothing beside the caller's step", { batchMs: 1, stepMs: 100 }, 0],
    ["little is left to do", { batchMs: 5, batchesLeft: 10 }, 0],
    ["libuv's threads do the work and the caller only waits", { threadMs: 1, cpuMs: 20 }, 0],
    ["libuv's threads do the work beside the caller's", { threadMs: 1, cpuMs: 20, stepMs: 8 }, 1],
    ["the caller takes as long as a batch", { stepMs: 13 }, 1],
    ["the caller takes half as long", { stepMs: 6 }, 2],
    ["the caller is quicker than all cores", { stepMs: 2 }, 3],
    ["the caller takes no time", { stepMs: 0 }, 4],
    ["batches are awaited, from a network perhaps", { threadMs: 0.1, cpuMs: 0.2, stepMs: 2 }, 4],
    ["batches are so large that two of each fill the budget", { bytes: 64 * 2 ** 20 }, 2],
  ] as const)("where %s", (_name, given, expected) => {
    expect(workers(given).value).toBe(expected);
  });

  it("is none on one core that the caller works on", () => {
    expect(workers({ stepMs: 10 }, 1).value).toBe(0);
  });

  it("is said with its reason", () => {
    expect(workers({ stepMs: 6 }).reason).toBe(
      "a batch takes 10 ms, the caller asks for one every 6 ms: 2 workers are enough for its pace",
    );
    expect(workers({ batchMs: 0.05 }).reason).toBe("a batch takes 0.05 ms, hardly more than handing it over");
    expect(workers({ stepMs: 2 }).reason).toContain("3 workers are all that 4 cores allow");
  });

  it("never exceeds the cores, for whatever is measured", () => {
    const time = fc.double({ min: 0, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(
        time,
        time,
        time,
        time,
        fc.nat(1e9),
        fc.integer({ min: 1, max: 64 }),
        (a, b, c, d, bytes, cores) => {
          const { value } = workers({ batchMs: a, threadMs: b, cpuMs: c, stepMs: d, bytes }, cores);
          expect(Number.isInteger(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(Math.max(2, cores));
        },
      ),
    );
  });
});

describe("batches ahead", () => {
  const ahead = (batchMs: number, variation: number, bytes: number, numWorkers = 2) =>
    chooseAhead({ batchMs, bytes }, variation, numWorkers, limits).value;

  it("are two where batches are alike, more where they vary or are soon used up", () => {
    expect(ahead(10, 0, 1000)).toBe(2);
    expect(ahead(10, 1, 1000)).toBe(4);
    expect(ahead(0.2, 0, 1000)).toBe(4);
    expect(ahead(10, 50, 1000)).toBe(16);
  });

  it("stay within the budget, and are at least one", () => {
    expect(ahead(10, 3, 2 ** 25)).toBe(4);
    expect(ahead(10, 3, 2 ** 30)).toBe(1);
    expect(chooseAhead({ batchMs: 10, bytes: 2 ** 27 }, 0, 2, limits).reason).toBe(
      "1 ahead each: as many as 256 MB allow for batches of 128 MB",
    );
  });
});
