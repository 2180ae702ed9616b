import { MillraceError } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import { memorySource } from "../../test/batches.js";
import { bars, tokens } from "../../test/tasks.js";
import { checkRun, type Run, withRun } from "../../test/train.js";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";

// Tensors can be counted once there is a backend.
beforeAll(async () => {
  await chooseDevice(await loadEngine(), "wasm");
});

const head = { type: "dense", units: { from: "labels.count" }, activation: "softmax" };

function run(layers: readonly object[], options: Run["options"] = {}): Run {
  return {
    layers: [{ type: "flatten" }, ...layers],
    options,
    data: { train: memorySource(bars(20), 10), validation: memorySource(bars(10, 2), 10) },
    labels: ["across", "upright"],
  };
}

/** What `check` raises, after `fit` was seen to raise the same. */
async function faultsOf(wrong: Run): Promise<readonly MillraceError[]> {
  const tf = await loadEngine();
  const before = tf.memory().numTensors;
  const checked = await checkRun(wrong).catch((error: unknown) => error);
  const trained = await withRun(wrong, () => {}).catch((error: unknown) => error);
  expect(tf.memory().numTensors).toBe(before);
  if (!(checked instanceof MillraceError)) throw checked;
  expect(trained).toMatchObject({ code: checked.code, message: checked.message, details: checked.details });
  return checked.faults.length > 0 ? checked.faults : [checked];
}

describe("check", () => {
  it("says what will be trained on which device, and leaves nothing behind", async () => {
    const tf = await loadEngine();
    const before = tf.memory().numTensors;
    const result = await checkRun(run([head]));
    expect(result).toMatchObject({
      device: "wasm",
      parameters: 130,
      inputs: [{ name: "image", dtype: "uint8", shape: [8, 8, 1] }],
    });
    expect(result.summary).toContain("flatten_0");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("does not change the batch, which stays the caller's", async () => {
    const labels: number[] = [];
    await checkRun(run([head]), ({ data }) =>
      labels.push(...(data as { label: { data: Int32Array } }).label.data),
    );
    expect(labels).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  it("names an absent device with its place in the spec", async () => {
    const [fault] = await faultsOf(run([head], { device: "cuda" }));
    expect(fault.code).toBe("DEVICE_UNAVAILABLE");
    expect(fault.path).toEqual(["trainer", "with", "device"]);
  });

  it("names a monitor that no metric has, beside whatever else is wrong", async () => {
    const faults = await faultsOf(
      run([{ type: "danse", units: 2 }], {
        earlyStopping: { monitor: "acuracy" },
        checkpoints: { best: { monitor: "f1" } },
      }),
    );
    expect(faults.map(({ path }) => path?.join("."))).toEqual([
      "trainer.with.earlyStopping.monitor",
      "trainer.with.checkpoints.best.monitor",
      expect.stringMatching(/^model\.with/),
    ]);
    expect(faults[0].message).toContain('was "acuracy" (did you mean "accuracy"?)');
  });

  it("names every layer that is wrong, with its place in the spec and what it might have meant", async () => {
    const faults = await faultsOf(
      run([
        { type: "Dense", units: 4, activation: "relu" },
        { type: "dense", units: 0, activation: "rellu", kernelInitializer: "heNorml" },
        { type: "dropout", rate: 1.5 },
        { type: "dense", unit: 8 },
        head,
      ]),
    );
    const said = faults.map(({ path, message }) => `${path?.join(".")} ${message}`);
    expect(said).toEqual([
      expect.stringMatching(/^model\.with\.layers\.1\.type .*\(did you mean "dense"\?\)$/),
      "model.with.layers.2.units units must be a whole number of 1 or more, was 0",
      expect.stringMatching(/^model.*2\.activation .*was "rellu" \(did you mean "relu"\?\); known: elu,/),
      expect.stringMatching(/^model.*2\.kernelInitializer .*\(did you mean "heNormal"\?\)/),
      "model.with.layers.3.rate rate must be from 0 to below 1, was 1.5",
      'model.with.layers.4.unit unit is not known here (did you mean "units"?)',
    ]);
  });

  it.each([
    ["one after the other", {}],
    ["as a graph", { inputs: "input" }],
  ])("names a token that the embedding has no row for: layers %s", async (_, joined) => {
    const [fault] = await faultsOf({
      layers: [
        { type: "embedding", inputDim: 5, outputDim: 2, ...joined },
        { type: "globalAveragePooling1d" },
        { type: "dense", units: 2 },
      ],
      data: { train: memorySource(tokens(20), 10) },
    });
    expect(fault.code).toBe("TRAINING_INPUT");
    expect(fault.path).toEqual(["model", "with", "layers", 0, "inputDim"]);
    expect(fault.message).toMatch(
      /^an embedding with inputDim 5 takes whole numbers from 0 to 4, was \d in "image"$/,
    );
  });

  it("compares an embedding with the vocabulary of its field, before a token shows that it is too small", async () => {
    const vocabulary = { size: 40, tokens: [], special: [], decoder: "words" };
    const [fault] = await faultsOf({
      layers: [
        { type: "embedding", inputDim: 30, outputDim: 2 },
        { type: "globalAveragePooling1d" },
        { type: "dense", units: 2 },
      ],
      data: { train: memorySource(tokens(20), 10, { inputKey: "tokens" }) },
      facts: { vocabulary },
    });
    expect(fault.code).toBe("MODEL_INVALID");
    expect(fault.path).toEqual(["model", "with", "layers", 0, "inputDim"]);
    expect(fault.message).toBe('an embedding must have a row for each of the 40 ids of "tokens", had 30');
    expect(fault.hint).toBe('Set "inputDim": {"from": "vocabulary.size"}.');
  });

  it.each([1, 3, 10])("counts the labels: %d units for two", async (units) => {
    const [fault] = await faultsOf(run([{ type: "dense", units }]));
    expect(fault.path).toEqual(["model", "with", "layers", 1, "units"]);
    expect(fault.message).toBe(
      units === 1
        ? "sparseCategoricalCrossentropy needs a model with two outputs or more, was one"
        : `the model must give one number for each label: it gives ${units}, there are 2 labels`,
    );
  });
});
