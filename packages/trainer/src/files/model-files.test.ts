import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { buildLayers } from "../models/layers.js";
import { loadModel, restoreWeights, saveModel } from "./model-files.js";

let tf: Engine;
let folder: string;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
  folder = await mkdtemp(join(tmpdir(), "millrace-модель "));
});
afterAll(() => rm(folder, { recursive: true }));

const layers = [
  { type: "rescaling", scale: 1 / 255 },
  { type: "conv2d", filters: 2, kernelSize: 3, activation: "relu" },
  { type: "batchNormalization" },
  { type: "flatten" },
  { type: "dense", units: 3, activation: "softmax" },
];

async function saved(name: string): Promise<string> {
  const model = buildLayers(tf, layers, { shape: [6, 6, 1], dtype: "uint8" }, 5);
  await saveModel(tf, model, join(folder, name));
  model.dispose();
  return join(folder, name, "model.json");
}

describe("saving a model", () => {
  it("loads again with identical predictions, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const model = buildLayers(tf, layers, { shape: [6, 6, 1], dtype: "uint8" }, 5);
    const x = tf.randomUniform([4, 6, 6, 1], 0, 255, "float32", 3);
    const predict = (of: typeof model) => tf.tidy(() => [...(of.predict(x) as Tensor).dataSync()]);
    await saveModel(tf, model, join(folder, "same"));
    const loaded = await loadModel(tf, join(folder, "same", "model.json"));
    expect(predict(loaded)).toEqual(predict(model));
    for (const each of [model, loaded, x]) each.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("writes the two files of the TensorFlow.js layers format and nothing else", async () => {
    const path = await saved("format");
    expect((await readdir(join(folder, "format"))).sort()).toEqual(["model.json", "weights.bin"]);
    const manifest = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ format: "layers-model", weightsManifest: [{ paths: ["weights.bin"] }] });
    expect(manifest).not.toHaveProperty("weightData");
  });

  it("says of weights that are not whole how many bytes are there", async () => {
    const path = await saved("cut");
    await truncate(join(folder, "cut", "weights.bin"), 100);
    const model = buildLayers(tf, layers, { shape: [6, 6, 1], dtype: "uint8" }, 5);
    await expect(restoreWeights(tf, model, path)).rejects.toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(/model\.json must have \d+ bytes, have 100$/) as string,
    });
    model.dispose();
  });

  it("replaces an older model", async () => {
    const first = await readFile(await saved("again"));
    expect(await readFile(await saved("again"))).toEqual(first);
  });

  it("says what is wrong with a model that cannot be loaded", async () => {
    await expect(loadModel(tf, join(folder, "absent.json"))).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    const broken = await saved("broken");
    await truncate(join(folder, "broken", "weights.bin"), 10);
    await expect(loadModel(tf, broken)).rejects.toMatchObject({ code: "FILE_FORMAT" });
    await writeFile(broken, "{}");
    await expect(loadModel(tf, broken)).rejects.toMatchObject({ code: "FILE_FORMAT" });
    await writeFile(broken, "[");
    await expect(loadModel(tf, broken)).rejects.toMatchObject({ code: "FILE_FORMAT" });
    await rm(join(folder, "broken", "weights.bin"));
  });
});
