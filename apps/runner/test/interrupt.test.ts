/** Ctrl-C and its relatives, with real signals to real processes. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { blobsSpec, fixture, newFolder, type Started, start } from "./support/cli.js";

const slow = { trainer: { use: "softmax", with: { epochs: 1000, stepMilliseconds: 20 } } };

async function startSlow(
  parts: object = slow,
  words: readonly string[] = [],
): Promise<Started & { folder: string }> {
  const folder = await newFolder();
  const spec = await blobsSpec(folder, parts);
  return { folder, ...start(["run", spec, "--out", "o", ...words], folder) };
}

const stackLine = /^\s+at /m;

describe("a run that is interrupted", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("saves after %s and ends with exit code %i", async (name, expected) => {
    const { folder, process, says, ended } = await startSlow();
    await says("epoch 2/1000");
    process.kill(name);
    const { code, signal, stdout, stderr } = await ended;
    expect({ code, signal }).toEqual({ code: expected, signal: null });
    expect(stderr).toBe("");
    expect(stdout).toContain("stopping after this step, then saving");
    expect(stdout).toMatch(/stopped in epoch \d+; the model as it was, its metrics and a report are in o\n$/);
    const files =
      "loader.json log.jsonl metrics.jsonl model.json report.html run.json spec.json tensorboard".split(" ");
    expect((await readdir(join(folder, "o"))).sort()).toEqual(files);
    expect(JSON.parse(await readFile(join(folder, "o", "run.json"), "utf8"))).toMatchObject({
      status: "stopped",
    });
  });

  it("saves a tfjs model in the middle of an epoch, with workers running", async () => {
    const { folder, process, says, ended } = await startSlow({
      plugins: [],
      source: { use: "generated", with: { problem: "blobs", length: 200_000, features: 64 } },
      loader: { batchSize: 16, shuffle: true, numWorkers: 2 },
      model: {
        use: "layers",
        with: {
          layers: [
            { type: "dense", units: 64 },
            { type: "dense", units: 3 },
          ],
        },
      },
      trainer: { use: "tfjs", with: { device: "cpu", epochs: 50 } },
    });
    await says("parameters");
    const steps = () => readFile(join(folder, "o", "metrics.jsonl"), "utf8");
    while ((await steps()) === "") await sleep(20);
    process.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(stderr).not.toMatch(stackLine);
    expect(code).toBe(130);
    expect(stdout).toContain("stopped in epoch 1;");
    expect(stdout).toMatch(/\ngo on with: millrace resume o\n$/);
    expect(await readdir(join(folder, "o", "model"))).toContain("model.json");
  });

  it("ends at once at the second Ctrl-C", async () => {
    const { folder, process, says, ended } = await startSlow({
      trainer: { use: "softmax", with: { epochs: 2, stepMilliseconds: 20_000 } },
    });
    await says("parameters");
    process.kill("SIGINT");
    await says("press Ctrl-C again");
    await sleep(400);
    const before = performance.now();
    process.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(performance.now() - before).toBeLessThan(2000);
    expect(code).toBe(130);
    expect(stderr).toBe("");
    expect(await readdir(join(folder, "o"))).toContain("spec.json");
    expect(JSON.parse(await readFile(join(folder, "o", "run.json"), "utf8"))).toMatchObject({
      status: "stopped",
    });
  });

  it("takes the two signals of one Ctrl-C under npm for one", async () => {
    const { folder, process, says, ended } = await startSlow();
    await says("epoch 1/1000");
    process.kill("SIGINT");
    await says("stopping");
    process.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(await readdir(join(folder, "o"))).toContain("model.json");
  });

  it("prints what it has as JSON with --json", async () => {
    const { process, says, ended } = await startSlow(slow, ["--json"]);
    await says("epoch 1/1000");
    process.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ stopped: true, device: "plain" });
  });

  it("leaves nothing behind when it comes before training", async () => {
    const { folder, process, says, ended } = await startSlow(
      {
        plugins: [fixture("softmax-trainer.mjs"), fixture("slow-source.mjs")],
        source: { use: "slow" },
        split: undefined,
      },
      ["--log-json"],
    );
    await says("opening slowly");
    process.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain("stopped before training began; nothing was written");
    expect(stderr).toBe("");
    expect(await readdir(folder)).toEqual(["blobs.json"]);
  });
});
