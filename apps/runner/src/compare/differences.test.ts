import { describe, expect, it } from "vitest";
import { differences, valueText } from "./differences.js";

describe("differences of specs", () => {
  it("are told by path, and only where there are any", () => {
    const spec = (rate: number, units: number) => ({
      seed: 1,
      model: { use: "layers", with: { layers: [{ type: "flatten" }, { type: "dense", units }] } },
      trainer: { use: "tfjs", with: { optimizer: { type: "adam", learningRate: rate } } },
    });
    expect(differences([spec(0.1, 8), spec(0.1, 8)])).toEqual([]);
    expect(differences([spec(0.1, 8), spec(0.2, 8), spec(0.1, 9)])).toEqual([
      { path: "model.with.layers[1].units", values: [8, 8, 9] },
      { path: "trainer.with.optimizer.learningRate", values: [0.1, 0.2, 0.1] },
    ]);
  });

  it("tell plugins of different names whole, and what one spec has alone", () => {
    const csv = { use: "csv", with: { path: "a.csv" } };
    const idx = { use: "idx", with: { images: "a.idx" } };
    expect(differences([{ source: csv }, { source: idx }])).toEqual([{ path: "source", values: [csv, idx] }]);
    expect(differences([{ split: { train: 1 } }, {}])).toEqual([
      { path: "split", values: [{ train: 1 }, undefined] },
    ]);
    expect(differences([{ list: [1, 2] }, { list: [1, 3] }])).toEqual([
      {
        path: "list",
        values: [
          [1, 2],
          [1, 3],
        ],
      },
    ]);
    expect([csv, undefined, "x", [1]].map(valueText)).toEqual(['csv {"path":"a.csv"}', "–", "x", "[1]"]);
  });

  it("pass over specs that could not be read, and the order of keys", () => {
    expect(differences([{ a: 1, b: 2 }, undefined, { b: 2, a: 1 }])).toEqual([]);
    expect(differences([{ a: 1 }, undefined, { a: 2 }])).toEqual([{ path: "a", values: [1, undefined, 2] }]);
    expect(differences([JSON.parse('{"__proto__": 1}'), { constructor: 2 }])).toHaveLength(2);
  });
});
