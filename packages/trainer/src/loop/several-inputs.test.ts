/** Models of several inputs: trained, measured, asked and checked. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Batch, type ModelDefinition, ndarray } from "@millrace/core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { fieldsSource } from "../../test/batches.js";
import { checkRun, finishedHere, type Run, weightsOf, withRun } from "../../test/train.js";
import { evaluate } from "../after/evaluate.js";
import { predict } from "../after/predict.js";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import type { NamedInputsCodeModel } from "../models/code-model.js";
import { seedAt } from "../seed.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

/** Sequences of tokens of which a mask says which count; the label is 1 where token 3 counts, and a number says nothing. */
function masked(count: number, length: number, seed = 1) {
  const tokens = new Int32Array(count * length);
  const mask = new Uint8Array(count * length);
  const noise = new Float32Array(count * 2);
  const label = Int32Array.from({ length: count }, (_, i) => i % 2);
  for (let i = 0; i < count; i++) {
    for (let at = 0; at < length; at++) {
      tokens[i * length + at] = 4 + (seedAt(seed, i, at) % 6);
      mask[i * length + at] = at % 2;
    }
    // Token 3 is there in every sample; where it does not count, it must not be seen.
    const place = (seedAt(seed, "place", i) % Math.floor(length / 2)) * 2 + label[i];
    tokens[i * length + place] = 3;
    noise.fill(seedAt(seed, "noise", i) / 2 ** 31, 2 * i, 2 * i + 2);
  }
  return {
    tokens: ndarray(tokens, [count, length]),
    mask: { dtype: "bool", shape: [count, length], data: mask } as const,
    noise: ndarray(noise, [count, 2]),
    label: ndarray(label),
  };
}

const layers = [
  { type: "embedding", inputDim: 10, outputDim: 4, inputs: "tokens", name: "embedded" },
  { type: "dot", axes: 1, inputs: ["mask", "embedded"], name: "counted" },
  { type: "concatenate", inputs: ["counted", "noise"] },
  { type: "dense", units: 2 },
];

/** Half of the batches are of sequences of 6, the others of 8. */
function maskedRun(more: Partial<Run> = {}): Run {
  return {
    options: {
      input: ["tokens", "mask", "noise"],
      epochs: 6,
      optimizer: { type: "adam", learningRate: 0.05 },
    },
    layers,
    data: {
      train: fieldsSource(masked(160, 6), 16),
      validation: fieldsSource(masked(40, 8, 2), 16),
    },
    labels: ["no", "yes"],
    ...more,
  };
}

const batchOf = (data: Batch["data"]): Batch => ({
  data,
  indices: [...masked(4, 6).label.data.keys()],
  epoch: 0,
  step: 0,
  release: () => {},
});

async function refusal(run: Run): Promise<{ message: string; path: unknown; hint: unknown }> {
  const before = tf.memory().numTensors;
  const error = await checkRun(run).then(
    () => undefined,
    (refused: Error) => refused,
  );
  expect(tf.memory().numTensors).toBe(before);
  return error as never;
}

describe("a model of several inputs", () => {
  it("learns from integers, booleans and floats of differing ranks, whatever the length of a batch's sequences", async () => {
    const before = tf.memory().numTensors;
    await withRun(maskedRun(), ({ result, events }) => {
      expect(result.metrics.accuracy).toBe(1);
      expect(events.find((event) => event.type === "model")).toMatchObject({
        inputs: [
          { name: "tokens", shape: [6], dtype: "int32" },
          { name: "mask", shape: [6], dtype: "bool" },
          { name: "noise", shape: [2], dtype: "float32" },
        ],
      });
      const [{ input, inputs }] = result.predictions;
      expect(input).toMatchObject({ dtype: "int32", shape: [8] });
      expect(inputs?.map(({ name, shape }) => [name, shape])).toEqual([
        ["tokens", [8]],
        ["mask", [8]],
        ["noise", [2]],
      ]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("knows a vector that is as long as a sequence from what goes with it", async () => {
    const vectors = (count: number, length: number, seed: number) => {
      const data = masked(count, length, seed);
      const numbers = Float32Array.from({ length: count * 6 }, (_, i) => data.noise.data[i % 2]);
      return fieldsSource({ ...data, noise: ndarray(numbers, [count, 6]) }, 16);
    };
    const dense = [
      ...layers.slice(0, 2),
      { type: "dense", units: 3, inputs: "noise", name: "dense" },
      { type: "concatenate", inputs: ["counted", "dense"] },
      { type: "dense", units: 2 },
    ];
    const data = { train: vectors(160, 6, 1), validation: vectors(40, 8, 2) };
    await withRun(maskedRun({ layers: dense, data }), ({ result }) =>
      expect(result.metrics.accuracy).toBe(1),
    );
  });

  it("may be one, in a list of one, which layers know by its name", async () => {
    const options = { ...maskedRun().options, input: ["noise"], epochs: 1 };
    const named = [
      { type: "dense", units: 2, inputs: "noise", name: "first" },
      { type: "dense", units: 2 },
    ];
    const row = [{ type: "dense", units: 2, name: "first" }, named[1]];
    const weights = (list: readonly object[]) =>
      withRun(maskedRun({ layers: list, options }), ({ runDir }) => weightsOf(runDir));
    expect(await weights(named)).toEqual(await weights(row));
  });

  it("takes its inputs by name: their order in the list changes no weight and no answer", async () => {
    const weights = (input: string[]) =>
      withRun(maskedRun({ options: { input, epochs: 1 } }), ({ runDir }) => weightsOf(runDir));
    expect(await weights(["noise", "mask", "tokens"])).toEqual(await weights(["tokens", "mask", "noise"]));
  });

  it("goes on with the same weights where it was stopped", async () => {
    const options = { input: ["tokens", "mask", "noise"], epochs: 2 };
    const whole = await withRun(maskedRun({ options }), ({ runDir }) => weightsOf(runDir));
    const stop = new AbortController();
    const runDir = await mkdtemp(join(tmpdir(), "millrace-inputs-"));
    onTestFinished(() => rm(runDir, { recursive: true }));
    await withRun(
      maskedRun({
        options,
        runDir,
        signal: stop.signal,
        onEvent: (event) => event.type === "step" && event.step === 3 && stop.abort(),
      }),
      ({ result }) => expect(result.stopped).toBe(true),
    );
    const resumed = maskedRun({ options, resumeFrom: runDir });
    expect(await withRun(resumed, (ran) => weightsOf(ran.runDir))).toEqual(whole);
  });

  it("is measured as it was while it trained, and answers batches without a target", async () => {
    const { result, context, options } = await finishedHere(maskedRun());
    const batches = fieldsSource(masked(40, 8, 2), 16);
    const measured = await evaluate(options, { ...context, batches });
    expect(measured).toMatchObject({ metrics: result.metrics, worst: result.worst });
    const predictor = await predict(options, context);
    const { label: _, ...fields } = masked(4, 6);
    const { data } = await predictor.answer(batchOf(fields));
    expect(Array.from(data).map(Math.round)).toEqual([1, 0, 0, 1, 1, 0, 0, 1]);
    await expect(predictor.answer(batchOf({ ...fields, tokens: undefined }))).rejects.toMatchObject({
      code: "TRAINING_INPUT",
    });
    await predictor.close();
  });

  it("is refused where a list of layers stands in a row, where an input is never read, and where none is chosen", async () => {
    const row = await refusal(maskedRun({ layers: [{ type: "dense", units: 2 }] }));
    expect(row).toMatchObject({
      message: 'layers one after the other take one input, were given 3: "tokens", "mask", "noise"',
      path: ["model", "with", "layers"],
    });
    expect(row.hint).toContain('"inputs": "tokens"');
    const unread = await refusal(
      maskedRun({
        layers: [{ type: "flatten", inputs: "noise" }, { type: "dense", units: 2 }, ...layers.slice(3)],
        options: { input: ["noise", "mask"] },
      }),
    );
    expect(unread).toMatchObject({
      message: 'every input must be read by a layer, was not: "mask"',
      path: ["model", "with", "layers"],
    });
    const open = await refusal(maskedRun({ layers: [{ type: "dense", units: 2 }, ...layers] }));
    expect(open.message).toBe("the first layer must name which of the inputs it takes: tokens, mask, noise");
    const stray = await refusal(
      maskedRun({ layers: [{ ...layers[0], inputs: "token" }, ...layers.slice(1)] }),
    );
    expect(stray).toMatchObject({ path: ["model", "with", "layers", 0, "inputs"] });
    expect(stray.message).toMatch(/, was "token" \(did you mean "tokens"\?\)$/);
  });

  it("names the sample and the input where a number is not finite, and the embedding that a token is not in", async () => {
    const data = masked(16, 6);
    data.noise.data[5] = Number.NaN;
    const broken = await refusal(maskedRun({ data: { train: fieldsSource(data, 16) } }));
    expect(broken).toMatchObject({
      message: 'every number of the input "noise" must be finite, was NaN at position 1',
      where: ["sample 2"],
    });
    const strange = masked(16, 6);
    strange.tokens.data[7] = 10;
    const unknown = await refusal(maskedRun({ data: { train: fieldsSource(strange, 16) } }));
    expect(unknown.message).toBe(
      'an embedding with inputDim 10 takes whole numbers from 0 to 9, was 10 in "tokens"',
    );
    const fixed = [{ ...layers[2], inputs: ["mask", "noise"] }, layers[3]];
    const longer = maskedRun({ layers: fixed, options: { input: ["mask", "noise"] } });
    expect((await refusal(longer)).message).toBe('the model takes "mask" of shape [6], was [8]');
  });
});

describe("a model in code, of several inputs", () => {
  const inCode = (inputs: readonly string[]): ModelDefinition => ({
    engine: "tfjs",
    build: (_, __, seed): NamedInputsCodeModel => ({
      inputs,
      variables: { table: tf.randomNormal([10, 2], 0, 0.1, "float32", seed) },
      forward: ({ tokens, mask }, { table }) => {
        const rows = tf.gather(table, tokens);
        return tf.sum(tf.mul(rows, tf.expandDims(mask, 2)), 1);
      },
    }),
  });

  it("is given them by name, each in its own type", async () => {
    const options = { ...maskedRun().options, input: ["mask", "tokens"] };
    const data = { train: fieldsSource(masked(160, 6), 16), validation: fieldsSource(masked(40, 6, 2), 16) };
    const run = maskedRun({ model: inCode(["tokens", "mask"]), options, data });
    await withRun(run, ({ result }) => expect(result.metrics.accuracy).toBe(1));
  });

  it("is refused where the fields are others than those it takes", async () => {
    const given = (input: string | string[], taken: string[]) =>
      refusal(maskedRun({ model: inCode(taken), options: { input } }));
    expect(await given(["tokens", "noise"], ["tokens", "mask"])).toMatchObject({
      message: 'every input must be one that the model takes, "tokens" and "mask", was "noise"',
      path: ["trainer", "with", "input", 1],
    });
    expect(await given("tokens", ["tokens", "mask"])).toMatchObject({
      message: 'the model takes the inputs "tokens" and "mask", was given one',
      hint: 'Name them in the trainer\'s option: "input": ["tokens","mask"].',
      path: ["trainer", "with", "input"],
    });
  });
});
