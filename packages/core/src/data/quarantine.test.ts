import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Dataset } from "../contracts/dataset.js";
import { excluding } from "./datasets/excluding.js";
import { Quarantine, readQuarantine } from "./quarantine.js";
import { randomSplit } from "./random-split.js";
import { RandomSampler } from "./samplers/random.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-quarantine-"));
  path = join(folder, "bad ones.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const entry = (index: number, key?: string) => ({
  ...(key !== undefined && { key }),
  index,
  stage: "reading",
  reason: "it is broken",
  code: "FILE_FORMAT",
  epoch: 0,
});

function named(keys: readonly string[]): Dataset<string> {
  return { length: keys.length, get: (index) => keys[index], key: (index) => keys[index] };
}

describe("a quarantine", () => {
  it("has one whole line for each sample, however often it comes, also over several programs", () => {
    const first = new Quarantine(path);
    first.add(entry(7, "g"));
    first.add({ ...entry(7, "g"), epoch: 3 });
    const lines = () => readFileSync(path, "utf8").split("\n");
    expect(lines()).toEqual([
      '{"key":"g","index":7,"stage":"reading","reason":"it is broken","code":"FILE_FORMAT","epoch":0}',
      "",
    ]);
    const second = new Quarantine(path);
    second.add({ ...entry(7, "g"), epoch: 4 });
    second.add(entry(8, "h"));
    expect(readQuarantine(path).map(({ index }) => index)).toEqual([7, 8]);
  });

  it("goes on where a line was cut off, which nobody reads", () => {
    new Quarantine(path).add(entry(1, "a"));
    appendFileSync(path, '{"key":"b","ind');
    expect(readQuarantine(path)).toHaveLength(1);
    new Quarantine(path).add(entry(2, "c"));
    expect(readQuarantine(path).map(({ key }) => key)).toEqual(["a", "c"]);
  });

  it("keeps what comes before its file is known", () => {
    const quarantine = new Quarantine();
    quarantine.add({ ...entry(1), split: "train" });
    quarantine.add({ ...entry(1), split: "validation" });
    quarantine.writeTo(path);
    expect(readQuarantine(path).map(({ split, index }) => [split, index])).toEqual([
      ["train", 1],
      ["validation", 1],
    ]);
  });

  it("refuses what is none, with its place", () => {
    const fault = (code: string, place: string) =>
      expect.objectContaining({ code, where: [expect.stringContaining(place)] }) as Error;
    writeFileSync(path, '{"index":1}\n{"name":"x"}\n{"index":2}\n');
    expect(() => readQuarantine(path)).toThrow(fault("FILE_FORMAT", "bad ones.jsonl:2"));
    expect(() => readQuarantine(join(folder, "none"))).toThrow(
      expect.objectContaining({ code: "FILE_NOT_FOUND" }),
    );
    expect(() => new Quarantine(join(folder, "none", "x"))).toThrow(
      expect.objectContaining({ code: "FILE_NOT_FOUND" }),
    );
  });

  it("given back gives the order, and the split, of a source without its samples", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.uniqueArray(fc.nat(59), { maxLength: 20 }),
        fc.nat(1000),
        fc.boolean(),
        (n, spots, seed, hasKeys) => {
          const keys = Array.from({ length: n }, (_, i) => `k${i}`);
          const bad = spots.filter((index) => index < n);
          if (bad.length === n) return;
          const whole = hasKeys ? named(keys) : { ...named(keys), key: undefined };
          const without = named(keys.filter((_, index) => !bad.includes(index)));
          const left = excluding(
            whole,
            bad.map((index) => entry(index, hasKeys ? keys[index] : undefined)),
          );
          const order = (dataset: Dataset<string>) =>
            [...new RandomSampler(dataset, { seed }).indices(1)].map((index) =>
              dataset.get(index, { epoch: 0 }),
            );
          expect(order(left)).toEqual(order(without));
          const parts = (dataset: Dataset<string>) =>
            randomSplit(dataset, [0.5, 0.5], { seed }).map((part) =>
              Array.from({ length: part.length }, (_, index) => part.get(index, { epoch: 0 })),
            );
          expect(parts(left)).toEqual(parts(without));
        },
      ),
      { numRuns: 100, seed: 20260801 },
    );
  });

  it("means a sample by its key, wherever it is by now", () => {
    const left = excluding(named(["new", "a", "b", "c"]), [entry(1, "b"), entry(9, "gone")]);
    expect(Array.from(left.indices)).toEqual([0, 1, 3]);
  });

  it("of a stream is refused", () => {
    expect(() => excluding(named(["a"]), [{ ...entry(0), shard: 1 }])).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});
