import { MillraceError, ndarray } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import { fieldsSource, memorySource } from "../../test/batches.js";
import { bars, largest, plane } from "../../test/tasks.js";
import { barsRun, type Run, withRun } from "../../test/train.js";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";

// Tensors can be counted once there is a backend.
beforeAll(async () => {
  await chooseDevice(await loadEngine(), "wasm");
});

describe("what cannot be trained", () => {
  const fails = async (run: Run): Promise<MillraceError> => {
    const tf = await loadEngine();
    const before = tf.memory().numTensors;
    const error: unknown = await withRun(run, () => {}).catch((thrown: unknown) => thrown);
    expect(tf.memory().numTensors).toBe(before);
    if (!(error instanceof MillraceError)) throw error;
    return error;
  };

  it("names epoch, step and samples where the loss is no longer finite", async () => {
    const run: Run = {
      options: { epochs: 9, loss: "meanSquaredError", optimizer: { type: "sgd", learningRate: 1e6 } },
      layers: [{ type: "dense", units: 1 }],
      data: { train: memorySource(plane(40), 20) },
    };
    const error = await fails(run);
    expect(error.code).toBe("TRAINING_DIVERGED");
    expect(error.message).toMatch(/was (NaN|Infinity) in epoch \d at step \d$/);
    expect(error.where[0]).toMatch(/^samples (0, 1, 2|20, 21, 22).*…$/);
    expect(error.hint).toContain("learning rate");
  });

  it.each([undefined, memorySource(plane(20, 2), 20)])(
    "fails a run that its last update has broken, with and without validation",
    async (validation) => {
      const run: Run = {
        options: { epochs: 1, loss: "meanSquaredError", optimizer: { type: "sgd", learningRate: 1e38 } },
        layers: [{ type: "dense", units: 1 }],
        data: { train: memorySource(plane(20), 20), ...(validation && { validation }) },
      };
      const error = await fails(run);
      expect(error.code).toBe("TRAINING_DIVERGED");
      expect(error.message).toMatch(/must stay finite.* after the (updates of epoch 0|last update)$/);
      expect(error.hint).toContain("learning rate");
    },
  );

  it("has no confusion matrix of flags that do not exclude each other", async () => {
    const samples = largest(30);
    const target = ndarray(
      Float32Array.from({ length: 150 }, (_, i) => i % 2),
      [30, 5],
    );
    const run: Run = {
      options: { epochs: 1, loss: "binaryCrossentropy" },
      layers: [{ type: "dense", units: 5, activation: "sigmoid" }],
      data: { train: memorySource({ ...samples, target }, 10) },
    };
    await withRun(run, ({ result }) => expect(result.tables).toEqual([]));
    const asked = await fails({ ...run, options: { ...run.options, metrics: ["confusionMatrix"] } });
    expect(asked).toMatchObject({ code: "OPTION_INVALID", path: ["trainer", "with", "metrics", 0] });
  });

  it("names the sample whose label the model has no output for", async () => {
    const samples = largest(30);
    samples.target.data[25] = 3;
    const error = await fails({
      layers: [{ type: "dense", units: 3 }],
      data: { train: memorySource(samples, 10) },
    });
    expect(error.code).toBe("TRAINING_TARGET");
    expect(error.message).toContain("from 0 to 2, as the model has 3 outputs, was 3");
    expect(error.where).toEqual(["sample 25", "step 2", "epoch 0"]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("names the sample with %d in its input", async (value) => {
    const samples = largest(30);
    samples.input.data[40] = value;
    const error = await fails({
      layers: [{ type: "dense", units: 3 }],
      data: { train: memorySource(samples, 10) },
    });
    expect(error.code).toBe("TRAINING_INPUT");
    expect(error.message).toContain(`was ${value} at position 1`);
    expect(error.where).toEqual(["sample 13", "step 1", "epoch 0"]);
  });

  it("says which shape the target should have", async () => {
    const layers = [{ type: "conv2d", filters: 2, kernelSize: 3 }];
    const error = await fails({ layers, data: { train: memorySource(bars(20), 10) } });
    expect(error.code).toBe("TRAINING_TARGET");
    expect(error.message).toContain("shape [6, 6, 2] needs a target of shape [6, 6] for each sample, was []");
  });

  it("names the keys of the batch where the target is not among them", async () => {
    const error = await fails(barsRun({ options: { target: "lable" } }));
    expect(error.code).toBe("TRAINING_INPUT");
    expect(error.message).toContain(
      '"lable" must be in the batch, which has "image", "label" (did you mean "label"?)',
    );
  });

  it("passes on an error of the data with its place", async () => {
    const broken = {
      before: (_: number, step: number) => {
        if (step === 2) throw new MillraceError("SAMPLE_FAILED", "broken", { where: ["sample 20"] });
      },
    };
    const error = await fails(barsRun({ data: { train: memorySource(bars(80), 10, broken) } }));
    expect([error.code, ...error.where]).toEqual(["SAMPLE_FAILED", "sample 20"]);
  });

  it("refuses an empty training split", async () => {
    const train = { ...memorySource(bars(10), 5), samples: 0, length: 0, batches: async function* () {} };
    expect((await fails(barsRun({ data: { train } }))).code).toBe("SPLIT_INVALID");
  });

  it("refuses logits that are probabilities, and one output for many labels", async () => {
    expect((await fails(barsRun({ options: { fromLogits: true } }))).message).toContain("ends in a softmax");
    const one = barsRun({ layers: [{ type: "flatten" }, { type: "dense", units: 1 }] });
    expect((await fails(one)).hint).toContain("binaryCrossentropy");
  });

  it("refuses a model of another engine", async () => {
    const model = { engine: "torch", build: () => undefined };
    expect((await fails(barsRun({ model }))).message).toBe('the model\'s engine must be "tfjs", was "torch"');
  });

  it("refuses what would train nothing without a word: no label or sample that counts", async () => {
    const layers = [{ type: "dense", units: 3 }];
    const data = { train: memorySource(largest(30), 10) };
    expect(await fails({ layers, data, options: { classWeights: [0, 0, 0] } })).toMatchObject({
      code: "OPTION_INVALID",
      message: "classWeights must let a label count, but all of them are 0",
      path: ["trainer", "with", "classWeights"],
    });
    const { input, target } = largest(30);
    const fields = { input, label: target, weight: ndarray(new Float32Array(30)) };
    const error = await fails({
      layers,
      data: { train: fieldsSource(fields, 10) },
      options: { sampleWeight: "weight", input: "input" },
    });
    expect(error.code).toBe("TRAINING_TARGET");
    expect(error.message).toBe(
      "an epoch must have an answer that counts, but epoch 0 had none: targets of -100 are left out, or " +
        'the sample weights "weight" are 0',
    );
  });

  it("refuses batch normalization over one number, as torch does, and takes it over pictures", async () => {
    const norm = { type: "batchNormalization" };
    const layers = [norm, { type: "dense", units: 3 }];
    const error = await fails({ layers, data: { train: memorySource(largest(6), 1) } });
    expect(error).toMatchObject({ code: "MODEL_INVALID", path: ["model", "with", "layers", 0] });
    expect(error.message).toContain("needs batches of several samples while training");
    const pictures = [norm, { type: "flatten" }, { type: "dense", units: 4 }];
    const frozen = [
      { ...norm, trainable: false },
      { type: "dense", units: 4 },
    ];
    for (const taken of [pictures, [{ type: "flatten" }, ...frozen]]) {
      await withRun({ layers: taken, data: { train: memorySource(bars(4), 1) } }, ({ result }) =>
        expect(result.epochs).toHaveLength(5),
      );
    }
  });

  it("says which weight of samples cannot be, and whose", async () => {
    const { input, target } = largest(6);
    const attempt = (sampleWeight: string, ...weight: number[]) => {
      const fields = { input, label: target, weight: ndarray(Float32Array.from(weight)) };
      const data = { train: fieldsSource(fields, 3) };
      return fails({
        layers: [{ type: "dense", units: 3 }],
        data,
        options: { sampleWeight, input: "input" },
      });
    };
    const negative = await attempt("weight", 1, 1, 1, 1, -2, 1);
    expect(negative.message).toBe("a sample weight must be a finite number of 0 or more, was -2");
    expect(negative.where).toEqual(["sample 4", "step 1", "epoch 0"]);
    expect((await attempt("wieght", 1, 1, 1, 1, 1, 1)).message).toBe(
      'the sample weights "wieght" must be in the batch, which has "input", "label", "weight" (did you mean "weight"?)',
    );
    expect((await attempt("input", 1, 1, 1, 1, 1, 1)).message).toContain("was an array of shape [3, 3]");
  });
});
