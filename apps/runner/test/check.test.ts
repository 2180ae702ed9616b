/** `millrace check`, `devices` and `plugins`. */
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { blobsSpec, millrace as millraceAlone, newFolder, writeSpec } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const example = (path: string): string =>
  fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url));

describe("millrace check", () => {
  it("tells the samples, classes and the first batch, and trains nothing", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, { loader: { batchSize: 32, shuffle: true, numWorkers: 1 } });
    const { code, stdout, stderr } = await millrace(["check", spec], folder);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain(
      "240 training, 60 validation samples · 3 classes · 8 steps per epoch · 1 worker",
    );
    expect(stdout).toContain("classes  0, 1, 2");
    expect(stdout).toContain("batch    features float32 [32, 2]");
    expect(stdout).toContain("batch    label int32 [32]");
    expect(stdout).toContain("all good: start it with `millrace run blobs.json`");
  });

  it("lists every fault of a spec with its line and column", async () => {
    const folder = await newFolder();
    const spec = await writeSpec(
      folder,
      `{
  // three faults
  "source": { "use": "generated", "with": { "problem": "blobs", "length": "many" } },
  "loader": { "batchSize": 8, "shufle": true },
  "model": { "use": "layers", "with": { "layers": [{ "type": "dense", "units": 3 }] } },
  "trainer": { "use": "tfsj" },
}`,
    );
    const { code, stdout, stderr } = await millrace(["check", spec], folder);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    const lines = stderr.trimEnd().split("\n");
    expect(lines[0]).toBe("error: blobs.json has 3 faults:");
    expect(lines[1]).toMatch(/^ {2}blobs\.json:3:75 source\.with\.length: must be a .*number, was "many"$/);
    expect(lines[2]).toContain("  blobs.json:4:31 loader.shufle: is not an option here");
    expect(lines[2]).toContain('did you mean "shuffle"?');
    expect(lines[3]).toContain(
      '  blobs.json:6:23 trainer.use: no trainer is named "tfsj" (did you mean "tfjs"?)',
    );
    expect(lines).toHaveLength(4);
  });

  it("names a data folder that is not there in one sentence", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, { source: { use: "image-folder", with: { root: "no/such" } } });
    const { code, stdout, stderr } = await millrace(["check", spec], folder);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: .*no\/such does not exist \(blobs\.json:9:15 source\.with\.root\)\n/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });

  const tfjs = (layers: readonly object[], options: object = {}) => ({
    plugins: [],
    model: { use: "layers", with: { layers } },
    trainer: { use: "tfjs", with: { device: "cpu", epochs: 1, ...options } },
  });
  const head = { type: "dense", units: { from: "labels.count" }, activation: "softmax" };

  it("builds the model and tries it on a batch, without training", async () => {
    const folder = await newFolder();
    const { code, stdout, stderr } = await millrace(["check", await blobsSpec(folder, tfjs([head]))], folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("model    layers, 9 parameters");
    expect(stdout).toContain("trainer  tfjs on cpu");
    expect(await readdir(folder)).toEqual(["blobs.json"]);
  });

  it.each([
    ["a layer that is not known", [{ type: "Dense", units: 8 }, head], {}, 'did you mean "dense"?'],
    ["an absent device", [head], { device: "quantum" }, "trainer.with.device"],
    ["more units than labels", [{ type: "dense", units: 7 }], {}, "it gives 7, there are 3 labels"],
    [
      "a monitor that is no metric",
      [head],
      { earlyStopping: { monitor: "acuracy" } },
      '(did you mean "accuracy"?)',
    ],
  ])("refuses %s as run does, with its place", async (_what, layers, options, expected) => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, tfjs(layers, options));
    const checked = await millrace(["check", spec], folder);
    expect(checked.code).toBe(1);
    expect(checked.stderr).toContain(expected);
    expect(checked.stderr).toMatch(/blobs\.json:\d+:\d+ (model|trainer)\.with/);
    const ran = await millrace(["run", spec, "--out", "o"], folder);
    expect(ran).toMatchObject({ code: 1, stderr: checked.stderr });
  });

  it("places a sample that cannot be made at the source, with its key, and a transform's fault at the transform", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "photos", "a"), { recursive: true });
    await writeFile(join(folder, "photos", "a", "1.png"), "no picture");
    const parts = { source: { use: "image-folder", with: { root: "photos" } }, split: undefined };
    const bad = await millrace(["check", await blobsSpec(folder, parts)], folder);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain("a/1.png");
    expect(bad.stderr).toContain("blobs.json:6:13 source");
    const resized = { transforms: [{ use: "resize", with: { width: 4, height: 4 } }] };
    const wrong = await millrace(["check", await blobsSpec(folder, resized)], folder);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/blobs\.json:\d+:\d+ transforms\[0\]\)/);
  });

  it("says that an epoch has no batch", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, { loader: { batchSize: 1000, dropLast: true } });
    const { code, stderr } = await millrace(["check", spec], folder);
    expect(code).toBe(1);
    expect(stderr).toContain("the training split must yield at least one batch, was empty");
    expect(stderr).toMatch(/blobs\.json:\d+:\d+ loader/);
  });

  it.each([
    ["", "blobs.json:1:1"],
    ['{ "source": ', "blobs.json:1:"],
    ["nonsense", "blobs.json:1:1"],
  ])("places the fault of %j", async (text, expected) => {
    const folder = await newFolder();
    const { code, stderr } = await millrace(["check", await writeSpec(folder, text)], folder);
    expect(code).toBe(1);
    expect(stderr).toContain("error: blobs.json is not valid JSON");
    expect(stderr).toContain(expected);
  });

  it("says that there is no such spec", async () => {
    const { code, stderr } = await millraceAlone(["check", "nowhere.json"], await newFolder());
    expect(code).toBe(1);
    expect(stderr).toBe(
      "error: there is no spec at nowhere.json\nGive the path of a spec in JSON or YAML.\n",
    );
  });

  it("finds the quickstart's spec good, with digits drawn small", async () => {
    const { drawDigits } = (await import(example("01-quickstart/draw-digits.mjs"))) as {
      readonly drawDigits: (options: object) => Promise<unknown>;
    };
    const folder = await newFolder();
    await drawDigits({ root: `${folder}/digits`, perClass: 10, size: 28, seed: 7 });
    const words = ["check", example("01-quickstart/spec.json"), "--set", `source.with.root=${folder}/digits`];
    const { code, stdout, stderr } = await millrace(words, folder);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("80 training, 20 validation samples · 10 classes");
    expect(stdout).toContain("image uint8 [64, 28, 28, 1]");
  });

  it.skipIf(!existsSync(example("../../shared/data/mnist-t10k-images-idx3-ubyte.gz")))(
    "finds the MNIST example's spec good (needs ../shared/data)",
    async () => {
      const { code, stdout } = await millrace(
        ["check", example("20-idx-images/spec.json")],
        await newFolder(),
      );
      expect(code).toBe(0);
      expect(stdout).toContain("8,000 training, 2,000 validation samples · 10 classes");
    },
  );
});

describe("millrace devices", () => {
  it("tells what is there, what is not, and what would add it", async () => {
    const [listed, json] = await Promise.all([
      millrace(["devices"], await newFolder()),
      millrace(["devices", "--json"], await newFolder()),
    ]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toMatch(/^ {2}wasm +yes {2}WebAssembly/m);
    expect(listed.stdout).toMatch(/^ {2}cpu +yes {2}plain JavaScript/m);
    const { tfjs } = JSON.parse(json.stdout) as { tfjs: readonly Record<string, unknown>[] };
    expect(tfjs.map(({ name }) => name)).toContain("cuda");
    for (const { available, hint } of tfjs) expect(hint === undefined).toBe(available);
  }, 60_000);
});

describe("millrace plugins", () => {
  it("lists what there is, by kind", async () => {
    const { code, stdout } = await millrace(["plugins"], await newFolder());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}image-folder +images in one folder per class/m);
    expect(stdout).toMatch(/^ {2}tfjs +mini-batch/m);
  });

  it("shows the options of one kind: type, bounds, default, meaning", async () => {
    const { stdout } = await millrace(["plugins", "source"], await newFolder());
    expect(stdout).toContain("root (string, not empty): folder with one folder per class");
    expect(stdout).toContain("noise (number, at least 0, 0.1 unless given): standard deviation");
    expect(stdout).not.toContain("tfjs");
  });

  it("knows the kinds", async () => {
    const { code, stderr } = await millrace(["plugins", "sauce"], await newFolder());
    expect(code).toBe(2);
    expect(stderr).toContain(
      "Kinds: source, transform, sampler, batchSampler, collate, model, trainer, group.",
    );
  });
});
