/** `millrace run` as a process: what it prints, writes and returns. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blobsSpec, type Ended, millrace, newFolder, start } from "./support/cli.js";

const readJson = async (...path: string[]) =>
  JSON.parse(await readFile(join(...path), "utf8")) as Record<string, unknown>;
const readLines = async (...path: string[]) =>
  (await readFile(join(...path), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function runBlobs(words: readonly string[], parts?: object): Promise<Ended & { folder: string }> {
  const folder = await newFolder();
  const spec = await blobsSpec(folder, parts);
  return { folder, ...(await millrace(["run", spec, ...words], folder)) };
}

describe("millrace run", () => {
  it("trains on the whole batches of a batch sampler, and on several sources mixed by weight", async () => {
    const batchSampler = { use: "stratified-batch", with: { batchSize: 12 } };
    const batches = await runBlobs([], { loader: { batchSampler } });
    expect(batches.stderr).toBe("");
    expect(batches.stdout).toContain("240 training, 60 validation samples · 3 classes · 20 steps per epoch");
    expect(batches.code).toBe(0);

    const blobs = (length: number) => ({
      use: "generated",
      with: { problem: "blobs", length, seed: length },
    });
    const sources = [{ ...blobs(200), weight: 3 }, blobs(100)];
    const mixed = await runBlobs([], { source: undefined, sources });
    expect(mixed.stderr).toBe("");
    expect(mixed.stdout).toContain("240 training, 60 validation samples");
    expect(mixed.code).toBe(0);
  });

  it("trains, says so in plain lines, and leaves a complete run folder", async () => {
    const { folder, code, stdout, stderr } = await runBlobs(["--out", "first run"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("240 training, 60 validation samples · 3 classes · 15 steps per epoch");
    expect(stdout).toContain("device: plain (all that there is)\n  not used: gpu: none");
    expect(stdout).toContain("warning: weights start at zero");
    expect(stdout).toMatch(
      /epoch 2\/2 {2}train loss [\d.]+, accuracy 0\.\d+ · validation loss [\d.]+, accuracy/,
    );
    expect(stdout).toContain(join("first run", "report.html"));
    expect(stdout).not.toContain("\x1b");
    const files =
      "loader.json log.jsonl metrics.jsonl model.json report.html run.json spec.json tensorboard".split(" ");
    expect((await readdir(join(folder, "first run"))).sort()).toEqual(files);
    expect(await readJson(folder, "first run", "run.json")).toMatchObject({
      status: "finished",
      device: "plain",
    });
  });

  it("writes the spec as it was checked: defaults filled in, --set applied", async () => {
    const set = ["--set", "trainer.with.epochs=1", "--set", "loader.batchSize=50", "-s", "seed=9"];
    const { folder, code } = await runBlobs(["--out", "o", ...set]);
    expect(code).toBe(0);
    expect(await readJson(folder, "o", "spec.json")).toMatchObject({
      seed: 9,
      loader: { batchSize: 50, dropLast: false, collate: { use: "default", with: {} } },
      trainer: { use: "softmax", with: { epochs: 1, rate: 0.5 } },
    });
  });

  it("writes each epoch, and steps with the loss, to metrics.jsonl", async () => {
    const { folder } = await runBlobs(["--out", "o"]);
    const lines = await readLines(folder, "o", "metrics.jsonl");
    expect(lines.filter(({ type }) => type === "step")).toHaveLength(30);
    const epochs = lines.filter(({ type }) => type === "epoch");
    expect(epochs).toHaveLength(2);
    expect(epochs[1]).toMatchObject({ epoch: 1, train: { loss: expect.any(Number) as number } });
  });

  it("prints nothing but one JSON line on stdout with --json", async () => {
    const { folder, code, stdout, stderr } = await runBlobs(["--json", "--out", "o"]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ runDir: join(folder, "o"), device: "plain", stopped: false });
    expect(result.epochs).toHaveLength(2);
    expect(result.metrics).toEqual({
      loss: expect.any(Number) as number,
      accuracy: expect.any(Number) as number,
    });
    expect(stderr).toContain("epoch 2/2");
  });

  it("prints log lines as JSON with --log-json, the same as in log.jsonl", async () => {
    const { folder, code, stdout } = await runBlobs(["--log-json", "--out", "o"]);
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(["device", "model", "epoch", "saved"]),
    );
    expect(lines).toEqual(await readLines(folder, "o", "log.jsonl"));
  });

  it("names runs after the spec and the time, and keeps runs of the same second apart", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder);
    const ended = await Promise.all([1, 2, 3].map(() => millrace(["run", spec], folder)));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    const runs = await readdir(join(folder, "runs"));
    expect(runs).toHaveLength(3);
    for (const name of runs) expect(name).toMatch(/^blobs-\d{8}-\d{6}(-\d)?$/);
  });

  it("refuses an --out folder that holds files, and leaves them alone", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder);
    await mkdir(join(folder, "o"));
    await writeFile(join(folder, "o", "report.html"), "mine");
    const { code, stdout, stderr } = await millrace(["run", spec, "--out", "o"], folder);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("error: the folder for the run must be new or empty, but o has files");
    expect(await readdir(join(folder, "o"))).toEqual(["report.html"]);
    expect(await readFile(join(folder, "o", "report.html"), "utf8")).toBe("mine");
  });

  it("makes no run folder for a spec with faults", async () => {
    const { folder, code, stderr } = await runBlobs([], { trainer: { use: "softmx" } });
    expect(code).toBe(1);
    expect(stderr).toContain('no trainer is named "softmx" (did you mean "softmax"?)');
    expect(await readdir(folder)).toEqual(["blobs.json"]);
  });

  it("goes on quietly when nobody reads stdout any more", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, { trainer: { use: "softmax", with: { stepMilliseconds: 10 } } });
    const { process, says, ended } = start(["run", spec, "--out", "o"], folder);
    await says("device:");
    process.stdout?.destroy();
    const { code, stderr } = await ended;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(await readJson(folder, "o", "run.json")).toMatchObject({ status: "finished" });
  });

  it("trains with the tfjs trainer and two workers", async () => {
    const { folder, code, stdout, stderr } = await runBlobs(["--out", "o", "--json"], {
      plugins: [],
      loader: { batchSize: 32, shuffle: true, numWorkers: 2 },
      model: { use: "layers", with: { layers: [{ type: "dense", units: { from: "labels.count" } }] } },
      trainer: {
        use: "tfjs",
        with: { device: "cpu", epochs: 3, optimizer: { type: "adam", learningRate: 0.1 } },
      },
    });
    expect(stderr).toContain("epoch 3/3");
    expect(code).toBe(0);
    const { metrics, model } = JSON.parse(stdout) as { metrics: { accuracy: number }; model: string };
    expect(metrics.accuracy).toBeGreaterThan(0.8);
    expect(JSON.parse(await readFile(model, "utf8"))).toHaveProperty("modelTopology");
    expect(await readFile(join(folder, "o", "report.html"), "utf8")).toContain("Validation accuracy");
  });
});
