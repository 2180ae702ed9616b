/** A regression whose target a transform changes, from the report to the exported program. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "./support/cli.js";
import { askExample, installTfjs } from "./support/exported.js";
import { millraceHere as millrace } from "./support/host.js";

let home: string;

/** A price of 1000 and 40 for every unit of size. */
const samples = Array.from({ length: 40 }, (_, i) => ({ size: [i / 40], price: 1000 + (40 * i) / 40 }));

const spec = {
  seed: 1,
  source: { use: "memory", with: { samples, label: "price" } },
  split: { train: 0.7, validation: 0.3 },
  transforms: [
    { use: "standardize", with: { fields: "price" } },
    { use: "rename", with: { fields: { price: "target" } } },
  ],
  loader: { batchSize: 4, shuffle: true },
  model: { use: "layers", with: { layers: [{ type: "dense", units: 1 }] } },
  trainer: {
    use: "tfjs",
    with: {
      device: "cpu",
      epochs: 20,
      input: "size",
      target: "target",
      loss: "meanSquaredError",
      optimizer: { type: "adam", learningRate: 0.1 },
    },
  },
};

const json = async (...path: string[]) =>
  JSON.parse(await readFile(join(home, ...path), "utf8")) as Record<string, never>;

beforeAll(async () => {
  home = await newFolder();
  await writeFile(join(home, "prices.json"), JSON.stringify(spec));
  const { code, stdout, stderr } = await millrace(["run", "prices.json", "--out", "run"], home);
  if (code !== 0) throw new Error(stderr);
  expect(stdout).toContain('unit: predictions and metrics are those of "price" as the source has it');
}, 60_000);

describe("a regression on a target that was standardized", () => {
  it("is measured in the target's own unit, and its report says which numbers are", async () => {
    const { metrics } = (await json("run", "run.json")) as never as { metrics: Record<string, number> };
    expect(metrics.loss).toBeLessThan(0.01);
    // In the unit of the price, whose deviation is 11.5: as trained it would be a tenth of that.
    expect(metrics.meanAbsoluteError).toBeGreaterThan(Math.sqrt(metrics.loss) * 5);
    const report = await readFile(join(home, "run", "report.html"), "utf8");
    expect(report).toContain("Transforms changed the target <b>price</b> for training.");
    const prices = [
      ...report.matchAll(/data-head="true">(1,?0\d\d(?:\.\d+)?)<\/td><td[^>]*>(1,?0\d\d(?:\.\d+)?)<\/td>/g),
    ];
    expect(prices.length).toBeGreaterThan(5);
    const { stdout } = await millrace(["evaluate", "run"], home);
    expect(stdout).toContain('unit: predictions and metrics are those of "price"');
    const measured = await json("run", "evaluation-validation.json");
    expect(measured).toMatchObject({ metrics, restored: "price" });
    const { worst } = measured as never as { worst: { target: number; predicted: number }[] };
    for (const { target, predicted } of worst) {
      expect(target).toBeGreaterThanOrEqual(999.9);
      expect(predicted).toBeGreaterThan(900);
    }
  });

  it("predicts, and exports a model that predicts, in that unit", async () => {
    await writeFile(join(home, "in.jsonl"), '{"size":[0.5]}\n{"size":[0.25]}');
    const { code, stdout } = await millrace(["predict", "run", "in.jsonl", "--format", "jsonl"], home);
    expect(code).toBe(0);
    const lines = stdout.trim().split("\n");
    const values = lines.map((line) => (JSON.parse(line) as { value: number }).value);
    expect(values[0]).toBeGreaterThan(1010);
    expect(values[0]).toBeLessThan(1030);
    for (const value of values) expect(`${value}`).toMatch(/^\d{4}(\.\d{1,6})?$/);
    const exported = await millrace(["export", "run", "--to", "model", "--json"], home);
    expect(JSON.parse(exported.stdout)).toMatchObject({ output: { kind: "numbers", unit: "own" } });
    expect(await json("model", "preprocessing.json")).toMatchObject({ output: { unit: "own" } });
    expect(await readFile(join(home, "model", "README.md"), "utf8")).toContain(
      "the predicted numbers, in the target's own unit",
    );
    // Transforms of the target alone are nothing that an input passes.
    expect(await json("model", "preprocessing.json")).toMatchObject({ transforms: [] });
    const folder = join(home, "model");
    await installTfjs(folder);
    const [answer] = Object.values(await askExample(folder, "[0.5]"));
    expect(answer / values[0]).toBeCloseTo(1, 6);
  });
});
