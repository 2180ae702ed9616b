/** Folders of runs and sweeps that were not written whole, or by another hand: a sentence each, and what to do. */
import { cp, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { blobsSpec, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

let home: string;

const tfjs = {
  transforms: [{ use: "standardize", with: { fields: "features" } }],
  model: {
    use: "layers",
    with: { layers: [{ type: "dense", units: { from: "labels.count" }, activation: "softmax" }] },
  },
  trainer: { use: "tfjs", with: { device: "cpu", epochs: 1 } },
};

beforeAll(async () => {
  home = await newFolder();
  const spec = await blobsSpec(home, tfjs);
  expect(await millrace(["run", spec, "--out", "whole"], home)).toMatchObject({ code: 0 });
  expect(await millrace(["evaluate", "whole"], home)).toMatchObject({ code: 0 });
}, 60_000);

const again = "Put back the file as the run wrote it, or train again.";

describe("a run that is not whole", () => {
  it.each([
    ["run.json", "{", ["evaluate"], /run\.json must be JSON: /, again],
    ["run.json", "null", ["evaluate"], /run\.json must be JSON: it is no object/, again],
    ["run.json", '{"status":"finished"}', ["predict", "x.jsonl"], /run\.json names no spec/, again],
    ["facts.json", "{}", ["evaluate"], /facts\.json must say what the model takes, does not/, again],
    ["facts.json", '{"inputs":[null]}', ["evaluate"], /facts\.json must say what the model takes/, again],
    ["loader.json", "{", ["replay", "--epoch", "0", "--step", "0"], /loader\.json must be JSON: /, again],
    [
      "evaluation-validation.json",
      '{"worst":[{}]}',
      ["replay", "--worst", "1"],
      /must list samples under "worst", has none/,
      "Measure the run again",
    ],
    ["model/weights.bin", "cut", ["evaluate"], /must have \d+ bytes, have 3$/m, "take those of a checkpoint"],
  ])("is told by %s, which is %j", async (file, text, [command, ...words], message, hint) => {
    const folder = `broken-${(await readdir(home)).length}`;
    await cp(join(home, "whole"), join(home, folder), { recursive: true });
    await writeFile(join(home, folder, file), text);
    const { code, stderr } = await millrace([command, folder, ...words], home);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(hint);
    expect(code).toBe(1);
  });

  it("is taken from the checkpoint before, where the last one was cut", async () => {
    await cp(join(home, "whole"), join(home, "cut"), { recursive: true });
    await cp(
      join(home, "cut/checkpoints/last.safetensors"),
      join(home, "cut/checkpoints/previous.safetensors"),
    );
    await truncate(join(home, "cut/checkpoints/last.safetensors"), 50);
    const { code, stdout } = await millrace(["evaluate", "cut", "--checkpoint", "last"], home);
    expect([code, stdout]).toEqual([0, expect.stringContaining("checkpoints/previous.safetensors")]);
  });
});

describe("a sweep that is not whole", () => {
  it.each(["{", "null", '{"version":9,"trials":[]}', '{"version":1,"trials":[{}],"specs":[],"set":[]}'])(
    "is told by a sweep.json of %s",
    async (text) => {
      await writeFile(join(home, "sweep.json"), text);
      const { code, stderr } = await millrace(["sweep", "--resume", "."], home);
      expect(stderr).toMatch(/^error: sweep\.json must be /);
      expect(stderr).toContain("Put back the file as the sweep wrote it, or begin a new sweep.");
      expect(code).toBe(1);
    },
  );
});
