/** A run on tar shards as a stream, as a process: killed in the middle of an archive, gone on with, and asked afterwards. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { writeTarShards } from "@millrace/source-fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Ended, millrace, newFolder, start } from "./support/cli.js";

const classes = ["heron", "owl", "swift"];
const source = {
  use: "tar-shards",
  with: {
    shards: "birds-{0..4}.tar",
    columns: {
      features: { type: "float32[2]", from: ["json:wing", "json:tail"] },
      label: { type: "class", from: "cls", labels: classes },
    },
    access: "stream",
    shuffleShards: true,
  },
};
const spec = {
  seed: 5,
  source,
  split: { train: 0.8, validation: 0.2, by: "hash" },
  loader: { batchSize: 8, shuffle: true, shuffleWindow: 20, numWorkers: 2 },
  model: {
    use: "layers",
    with: { layers: [{ type: "dense", units: { from: "labels.count" }, activation: "softmax" }] },
  },
  trainer: {
    use: "tfjs",
    with: {
      device: "cpu",
      epochs: 6,
      optimizer: { type: "adam", learningRate: 0.05 },
      checkpoints: { everySteps: 5 },
    },
  },
};

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  const birds = Array.from({ length: 240 }, (_, i) => {
    const kind = i % 3;
    const [wing, tail] = [kind + Math.sin(i) / 3, 2 - kind + Math.cos(i) / 3];
    return { key: `${i}`, files: { cls: kind, json: { wing, tail } } };
  });
  await writeTarShards(join(folder, "birds-%d.tar"), birds, { samplesPerShard: 53 });
  await writeFile(join(folder, "spec.json"), JSON.stringify(spec));
});

/** Kills a run without warning as soon as it has written a checkpoint. */
async function killed(run: string): Promise<Ended> {
  const started = start(["run", "spec.json", "--out", run], folder);
  const last = join(folder, run, "checkpoints", "last.safetensors");
  while (!existsSync(last) && started.process.exitCode === null) await setTimeout(2);
  started.process.kill("SIGKILL");
  return started.ended;
}

const weights = (run: string): Promise<Buffer> => readFile(join(folder, run, "model", "weights.bin"));

describe("a run on tar shards as a stream", () => {
  it("goes on after SIGKILL in the middle of a shard, to the very weights of one that was not killed", async () => {
    const whole = await millrace(["run", "spec.json", "--out", "whole"], folder);
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    expect(await killed("first")).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(existsSync(join(folder, "first", "model"))).toBe(false);
    const resumed = await millrace(["resume", "first", "--out", "second"], folder);
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    // Checkpoints come in the midst of epochs.
    expect(resumed.stdout).toMatch(/going on from .*first.*: epoch \d+, step (?!1\b)\d+/);
    expect((await weights("second")).equals(await weights("whole"))).toBe(true);
  });

  it("predicts the samples of another shard, and says which of them it cannot and why", async () => {
    const samples = [
      { wing: 0, tail: 2 },
      { wing: "long", tail: 1 },
      { wing: 1, tail: 1 },
      {},
      { wing: 2, tail: 0 },
    ];
    const shards = samples.map((json, i) => ({ key: `new/${i}`, files: { json } }));
    await writeTarShards(join(folder, "new-%d.tar"), shards);
    const { code, stdout, stderr } = await millrace(["predict", "whole", "new-0.tar"], folder);
    const answers = stdout.trim().split("\n").slice(1);
    const named = answers.map((answer) => answer.split(",").slice(0, 2));
    expect(named).toEqual([0, 2, 4].map((at, kind) => [`new-0.tar/new/${at}`, classes[kind]]));
    expect(code).toBe(1);
    const rule = 'field "features" must be a finite float32 number, was "long"';
    expect(stderr).toContain(`error: new-0.tar/new/1: ${rule} (new-0.tar/new/1.json).`);
    expect(stderr).toContain('error: new-0.tar/new/3: field "features" must have a value');
    expect(stderr).not.toContain("    at ");
  });
});
