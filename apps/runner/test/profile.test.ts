/** `millrace profile`: what it says of a line whose slow part is known, and what it writes. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blobsSpec, fixture, newFolder } from "./support/cli.js";
import { millraceHere } from "./support/host.js";

interface Told {
  readonly samplesPerSecond: number;
  readonly limit: { readonly part: string; readonly most?: string };
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
  readonly advice: readonly {
    readonly what: string;
    readonly ratios: readonly number[];
    readonly changes?: string;
  }[];
  readonly trials: readonly { readonly what: string; readonly helps: boolean }[];
  readonly applied: readonly string[];
}

/** Batches that take 16 ms to make, and steps of 6 ms: workers make them meanwhile. */
const slow = {
  plugins: [fixture("softmax-trainer.mjs"), fixture("slow-transform.mjs")],
  transforms: [{ use: "slow", with: { milliseconds: 2 } }],
  loader: { batchSize: 8, shuffle: true },
  trainer: { use: "softmax", with: { stepMilliseconds: 6 } },
};

describe("millrace profile", () => {
  it("names the stage that limits, and advises what was measured to help", { timeout: 120_000 }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, slow);
    const path = join(folder, spec);
    const plain = await readFile(path, "utf8");
    const commented = plain.replace('"loader": {', '"loader": { // as it was');
    await writeFile(path, commented);
    const { code, stdout, stderr } = await millraceHere(
      ["profile", spec, "--steps", "4", "--json", "--apply"],
      folder,
    );
    expect(code).toBe(0);
    const told = JSON.parse(stdout) as Told;
    expect(told.limit).toMatchObject({ part: "data", most: "transform 0 slow" });
    expect(told.stages.find(({ name }) => name === "transform 0 slow")?.ms).toBeGreaterThan(15);
    expect(stderr).toContain("limit: making batches");
    const workers = told.advice.find(({ what }) => what.startsWith("loader.numWorkers"));
    expect(workers?.changes).toBeUndefined();
    for (const ratio of workers?.ratios ?? []) expect(ratio).toBeGreaterThan(1.03);
    // Whatever was advised was tried, and of the rest nothing is written.
    expect(told.trials.filter(({ helps }) => helps).length).toBeGreaterThanOrEqual(told.advice.length);
    const written = await readFile(path, "utf8");
    const set = workers === undefined ? "" : `,\n    "numWorkers": ${workers.what.split(" = ")[1]}`;
    expect(written).toBe(commented.replace(/("shuffle": true)/, `$1${set}`));
    // What was trained meanwhile is gone.
    expect(await readdir(folder)).toEqual([spec]);
  });

  it("only tells where the time goes, where nothing shall be tried", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, {
      ...slow,
      loader: { batchSize: 16, shuffle: true, numWorkers: 1 },
    });
    const { code, stdout } = await millraceHere(["profile", spec, "--steps", "4", "--no-try"], folder);
    expect(code).toBe(0);
    expect(stdout).toMatch(/samples\/s on plain · [\d.]+ ms for a step of 16 samples · 4 steps timed/);
    expect(stdout).toMatch(/waiting for data .*%/);
    expect(stdout).toMatch(/transform 0 slow +\d\d[.\d]* ms +\d+% {2}━/);
    expect(stdout).toContain("1 worker, 2 ahead each");
    expect(stdout).not.toContain("what helps");
  });

  it("tells the parts of the trainer's step, and goes on over the end of short epochs", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, {
      plugins: [],
      source: { use: "generated", with: { problem: "blobs", length: 40 } },
      model: { use: "layers", with: { layers: [{ type: "dense", units: { from: "labels.count" } }] } },
      trainer: { use: "tfjs", with: { device: "cpu", epochs: 1, schedule: { type: "cosine" } } },
    });
    const words = ["profile", spec, "--steps", "20", "--no-try", "--json"];
    const { code, stdout, stderr } = await millraceHere(words, folder);
    expect({ code, told: stderr.includes("20 steps timed") }).toEqual({ code: 0, told: true });
    const { computeMs } = JSON.parse(stdout) as { computeMs: Record<string, number> };
    expect(Object.keys(computeMs)).toEqual(["forward", "backward", "update", "results"]);
  });

  it("refuses to write what was not tried", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder);
    const { code, stderr } = await millraceHere(["profile", spec, "--no-try", "--apply"], folder);
    expect(code).toBe(1);
    expect(stderr).toContain("--apply needs changes that were tried");
    const several = await millraceHere(["profile", spec, spec, "--apply"], folder);
    expect(several.stderr).toContain("--apply writes into one spec, but was given 2");
  });
});
