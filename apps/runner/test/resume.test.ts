/** `millrace run --resume` as a process: training goes on as if it had never stopped. */
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixture, millrace, newFolder, start } from "./support/cli.js";

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

    // What was recorded before the resume is recorded again, and nothing twice.
    const places = async (run: string) =>
      (await readFile(join(folder, run, "metrics.jsonl"), "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { type: string; epoch: number; step?: number; loss?: number })
        .map(({ type, epoch, step, loss }) => ({ type, epoch, step, loss }));
    expect(await places("second")).toEqual(await places("whole"));
    expect(await readFile(join(folder, "second", "report.html"), "utf8")).toMatch(
      /<strong>3<\/strong><small>[\d.]+ s since it went on in epoch 2/,
    );

    // From elsewhere, by the run alone: a run of a run, moved together with its spec.
    const moved = await newFolder();
    await cp(folder, join(moved, "project"), { recursive: true });
    await rm(folder, { recursive: true });
    const words = ["resume", "project/first", "--set", "trainer.with.maxSteps=1000", "--out", "third"];
    const third = await millrace(words, moved);
    expect(third).toMatchObject({ code: 0, stderr: "" });
    expect(third.stdout).toMatch(/going on from .*first.*: epoch 2, step 3/);
    expect(
      (await readFile(join(moved, "third", "model", "weights.bin"))).equals(
        await readFile(join(moved, "project", "whole", "model", "weights.bin")),
      ),
    ).toBe(true);
  });

  it("does so in the middle of an epoch of a stream that has no end, with workers", async () => {
    const folder = await newFolder();
    const path = join(folder, "spec.json");
    const source = { use: "generated", with: { problem: "spirals", stream: true }, limit: 120 };
    const loader = { batchSize: 8, shuffle: true, shuffleWindow: 20, numWorkers: 2 };
    const split = { train: 0.8, validation: 0.2, by: "hash" };
    await writeFile(path, JSON.stringify({ ...spec, source, split, loader }));
    const whole = await millrace(["run", path, "--out", "whole"], folder);
    const first = await millrace(
      ["run", path, "--out", "first", "--set", "trainer.with.maxSteps=17"],
      folder,
    );
    const second = await millrace(["run", path, "--out", "second", "--resume", "first"], folder);
    expect([whole, first, second].map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      [0, 0, 0].map((code) => ({ code, stderr: "" })),
    );
    expect(whole.stdout).toContain("a stream of training, a stream of validation samples");
    expect(second.stdout).toMatch(/going on from .*first.*: epoch 2, step \d+/);
    const weights = (run: string) => readFile(join(folder, run, "model", "weights.bin"));
    expect((await weights("second")).equals(await weights("whole"))).toBe(true);
    const evaluated = await millrace(["evaluate", "whole"], folder);
    expect(evaluated.code).toBe(0);
    expect(evaluated.stdout).toContain("a stream of samples");
  });

  it("does so after a stream of a file, read by workers, was killed; and predicts", async () => {
    const folder = await newFolder();
    const path = join(folder, "spec.json");
    const flowers = fixture("one-table/flowers.parquet");
    const types = { width: "float32", petals: "float32" };
    const columns = { ...types, label: { type: "class", from: "kind" } };
    const source = { use: "parquet", with: { path: flowers, access: "stream", columns } };
    const split = { train: 0.8, validation: 0.2, by: "hash" };
    const loader = { batchSize: 8, shuffle: true, shuffleWindow: 20, numWorkers: 2 };
    const transforms = [{ use: "concat", with: { fields: Object.keys(types) } }];
    const checkpoints = { everySteps: 1 };
    const trainer = { use: "tfjs", with: { ...spec.trainer.with, epochs: 40, checkpoints } };
    await writeFile(path, JSON.stringify({ ...spec, source, split, loader, transforms, trainer }));
    const whole = await millrace(["run", path, "--out", "whole"], folder);
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    const killed = start(["run", path, "--out", "killed"], folder);
    await killed.says("epoch 3/40");
    killed.process.kill("SIGKILL");
    expect((await killed.ended).signal).toBe("SIGKILL");
    const resumed = await millrace(["resume", "killed", "--out", "resumed"], folder);
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    expect(resumed.stdout).toMatch(/going on from .*killed.*: epoch \d+, step \d+/);
    const weights = (run: string) => readFile(join(folder, run, "model", "weights.bin"));
    expect((await weights("resumed")).equals(await weights("whole"))).toBe(true);
    const answers = await Promise.all(
      ["whole", "resumed"].map((run) => millrace(["predict", run, flowers], folder)),
    );
    expect(answers.map(({ code }) => code)).toEqual([0, 0]);
    expect(answers[1].stdout).toBe(answers[0].stdout);
    expect(answers[0].stdout.split("\n").length).toBeGreaterThan(90);
    // A run that was killed has no model of its own end, but its last checkpoint.
    const early = await millrace(["predict", "killed", flowers], folder);
    expect(early).toMatchObject({ code: 0 });
  });

  it.each(["nowhere", "."])("says that %s is no run", async (path) => {
    const { code, stderr } = await millrace(["resume", path], await newFolder());
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${path} must be the folder of a run, but`);
    expect(stderr).toContain("Name a folder that `millrace run` made");
  });

  it("says that there is nothing to resume from, or that it is of another seed, and makes no folder", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "spec.json"), JSON.stringify(spec));
    await millrace(["run", "spec.json", "--out", "whole", "--set", "trainer.with.epochs=1"], folder);
    await cp(join(folder, "whole"), join(folder, "early"), { recursive: true });
    await rm(join(folder, "early", "checkpoints"), { recursive: true });
    const before = await readdir(folder);
    for (const [words, told] of [
      [["run", "spec.json", "--resume", "nowhere"], /^error: .*nowhere/],
      [
        ["run", "spec.json", "--resume", "whole", "--set", "seed=4"],
        /^error: the run must have the seed 3 of /,
      ],
      [["resume", "early"], /^error: .*early must hold a checkpoint, but .* has none\n/],
      [["resume", "early", "--out", "next"], /^error: .*early must hold a checkpoint, but .* has none\n/],
    ] as const) {
      const { code, stdout, stderr } = await millrace(words, folder);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(told);
      expect(stderr).not.toContain("    at ");
      expect(await readdir(folder)).toEqual(before);
    }
  });
});
