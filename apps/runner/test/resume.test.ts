/** `millrace run --resume` as a process: training goes on as if it had never stopped. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { millrace, newFolder } from "./support/cli.js";

const spec = {
  seed: 3,
  source: { use: "generated", with: { problem: "spirals", length: 120 } },
  split: { train: 0.8, validation: 0.2 },
  loader: { batchSize: 16, shuffle: true },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "dense", units: 8, activation: "relu" },
        { type: "dropout", rate: 0.2 },
        { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
      ],
    },
  },
  trainer: {
    use: "tfjs",
    with: { device: "cpu", epochs: 3, optimizer: { type: "adam", learningRate: 0.01 } },
  },
};

describe("millrace run --resume", () => {
  it("ends with the very weights of a run that was not stopped", async () => {
    const folder = await newFolder();
    const path = join(folder, "spec.json");
    await writeFile(path, JSON.stringify(spec));
    const whole = await millrace(["run", path, "--out", "whole"], folder);
    // Eight steps are one epoch and two steps of the next.
    const first = await millrace(["run", path, "--out", "first", "--set", "trainer.with.maxSteps=8"], folder);
    const second = await millrace(["run", path, "--out", "second", "--resume", "first"], folder);
    expect([whole.code, first.code, second.code]).toEqual([0, 0, 0]);
    expect(second.stdout).toMatch(/going on from .*first.*: epoch 2, step 3/);
    const weights = (run: string) => readFile(join(folder, run, "model", "weights.bin"));
    expect((await weights("second")).equals(await weights("whole"))).toBe(true);
    expect((await weights("first")).equals(await weights("whole"))).toBe(false);
  });

  it("says that there is nothing to resume from", async () => {
    const folder = await newFolder();
    const path = join(folder, "spec.json");
    await writeFile(path, JSON.stringify(spec));
    const { code, stderr } = await millrace(["run", path, "--resume", "nowhere"], folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*nowhere/);
    expect(stderr).not.toContain("    at ");
  });
});
