/** Fitted transforms from a run's first line to its answers: fitted once, kept with the run, never fitted again. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, millrace, newFolder, start } from "./support/cli.js";

let home: string;

/** Two classes by the sign of x − 1000, which no model finds before x is scaled. */
const table = [
  "x,y,label",
  ...Array.from(
    { length: 120 },
    (_, i) => `${1000 + (i % 2 ? 3 : -3) + (i % 7) / 7},${(i % 5) * 1e-3},${i % 2 ? "above" : "below"}`,
  ),
].join("\n");

const spec = {
  seed: 3,
  source: { use: "csv", with: { path: "data.csv", label: "label" } },
  split: { train: 0.8, validation: 0.2 },
  transforms: [{ use: "standardize", with: { fields: "features" } }],
  loader: { batchSize: 16, shuffle: true },
  model: {
    use: "layers",
    with: { layers: [{ type: "dense", units: { from: "labels.count" }, activation: "softmax" }] },
  },
  trainer: {
    use: "tfjs",
    with: { device: "cpu", epochs: 4, optimizer: { type: "adam", learningRate: 0.1 } },
  },
};

beforeAll(async () => {
  home = await newFolder();
  await writeFile(join(home, "data.csv"), table);
  await writeFile(join(home, "spec.json"), JSON.stringify(spec));
});

const weights = (run: string) => readFile(join(home, run, "model", "weights.bin"));

describe("a run with a fitted transform", () => {
  it("fits once, keeps what was learned, and a second run of the same spec need not", async () => {
    const first = await millrace(["run", "spec.json", "--out", "whole"], home);
    expect(first.stderr).toBe("");
    expect(first.stdout).toContain("fitted standardize (transforms[0]) to 96 training samples in ");
    expect((await readdir(join(home, "whole", "fitted"))).sort()).toEqual([
      "0-standardize.json",
      "0-standardize.safetensors",
    ]);
    const again = await millrace(["run", "spec.json", "--out", "again"], home);
    expect(again.stdout).toContain("fitted before: standardize (transforms[0]) to 96 training samples");
    expect((await weights("again")).equals(await weights("whole"))).toBe(true);
    const { stdout } = await millrace(["check", "spec.json"], home);
    expect(stdout).toContain("fitted   standardize, to 96 training samples");
  }, 60_000);

  it("that goes on ends with the very weights, by what the first run learned", async () => {
    await millrace(["run", "spec.json", "--out", "first", "--set", "trainer.with.maxSteps=8"], home);
    await rm(join(home, ".millrace"), { recursive: true });
    const second = await millrace(
      ["resume", "first", "--set", "trainer.with.maxSteps=1000", "--out", "second"],
      home,
    );
    expect(second.stdout).not.toContain("fitted");
    expect((await weights("second")).equals(await weights("whole"))).toBe(true);
    expect(await readdir(join(home, "second", "fitted"))).toHaveLength(2);
  }, 60_000);

  it("measures by it, and predicts and exports when the data is gone", async () => {
    const measured = await millrace(["evaluate", "whole", "--json"], home);
    expect(JSON.parse(measured.stdout)).toMatchObject({ metrics: { accuracy: 1 } });
    await rm(join(home, "data.csv"));
    await writeFile(join(home, "new.csv"), "x,y\n1004,0.001\n997,0.002\n");
    const predicted = await millrace(["predict", "whole", "new.csv", "--format", "jsonl"], home);
    const labels = predicted.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { label: string }).label);
    expect(labels).toEqual(["above", "below"]);
    const exported = await millrace(["export", "whole", "--format", "tfjs-layers", "--to", "exported"], home);
    expect(exported).toMatchObject({ code: 0, stderr: "" });
    const preprocessing = await readFile(join(home, "exported", "preprocessing.json"), "utf8");
    const { transforms } = JSON.parse(preprocessing) as { transforms: { fitted: string }[] };
    expect(transforms).toMatchObject([{ use: "standardize", fitted: "fitted/0-standardize.json" }]);
    const learned = await readFile(join(home, "exported", transforms[0].fitted), "utf8");
    expect(learned).toBe(await readFile(join(home, "whole", "fitted", "0-standardize.json"), "utf8"));
    await writeFile(join(home, "data.csv"), table);
  }, 60_000);

  it("that is killed while it learns leaves nothing behind", async () => {
    const plugins = [pathToFileURL(fixture("slow-fit.mjs")).href];
    await writeFile(
      join(home, "slow.json"),
      JSON.stringify({ ...spec, plugins, transforms: [{ use: "slow-fit" }] }),
    );
    await rm(join(home, ".millrace"), { recursive: true, force: true });
    const run = start(["run", "slow.json", "--out", "killed"], home);
    await run.says("learning");
    run.process.kill("SIGKILL");
    await run.ended;
    expect(await readdir(home)).not.toContain("killed");
    expect(await readdir(home)).not.toContain(".millrace");
  }, 60_000);

  it("without its states says so", async () => {
    await rm(join(home, "again", "fitted"), { recursive: true });
    const { code, stderr } = await millrace(["evaluate", "again"], home);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /standardize must be fitted on training samples before it is used.* \(again\/spec\.json:\d+:\d+ transforms\[0\]\)/,
    );
  }, 60_000);
});
