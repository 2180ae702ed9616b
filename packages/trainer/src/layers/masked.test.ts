/** A text that is asked alone has the answer that it has in a batch, whatever pads it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { loadModel, saveModel } from "../files/model-files.js";
import type { LayerDescription } from "../models/build-layer.js";
import { buildLayers } from "../models/layers.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

const words = 12;
const length = 6;
/** Token 0 is a token like any other here: only the mask says what is padding. */
const texts = [[3, 0, 7, 1, 9], [4], [0, 0], [11, 2, 5]];
const embedded = { type: "embedding", inputDim: words, outputDim: 8, inputs: "tokens", name: "embedded" };
const masked = { type: "applyMask", inputs: ["embedded", "attentionMask"] };
const head = { type: "dense", units: 3 };
const form = (name: string) => ({ name, shape: [length], dtype: "int32" as const });

function modelOf(layers: readonly LayerDescription[], ...inputs: string[]): LayersModel {
  const forms = inputs.map(form);
  return buildLayers(tf, layers, { shape: [length], dtype: "int32", inputs: forms }, 5);
}

type Rows = readonly (readonly number[])[];

/** Padded with a token that says much, on either side, and with a mask by length. */
function padded(rows: Rows, width: number, side: "left" | "right", fill = 10): [Rows, Rows] {
  const join = (own: readonly number[], rest: number[]): number[] =>
    side === "right" ? [...own, ...rest] : [...rest, ...own];
  const rest = (row: readonly number[], value: number): number[] =>
    Array.from({ length: width - row.length }, () => value);
  return [
    rows.map((row) => join(row, rest(row, fill))),
    rows.map((row) =>
      join(
        row.map(() => 1),
        rest(row, 0),
      ),
    ),
  ];
}

function answers(model: LayersModel, ...inputs: Rows[]): number[][] {
  return tf.tidy(() => {
    const given = inputs.map((rows) =>
      tf.tensor2d(
        rows.map((row) => [...row]),
        undefined,
        "int32",
      ),
    );
    const made = model.predict(given) as Tensor;
    const [rows, ...rest] = made.shape;
    const values = [...made.dataSync()];
    const each = rest.reduce((size, extent) => size * extent, 1);
    return Array.from({ length: rows }, (_, i) => values.slice(i * each, (i + 1) * each));
  });
}

const bodies: Record<string, readonly LayerDescription[]> = {
  "the mean over time": [{ type: "globalAveragePooling1d" }, head],
  "the maximum over time": [{ type: "globalMaxPooling1d" }, head],
  lstm: [{ type: "lstm", units: 5 }, head],
  gru: [{ type: "gru", units: 5 }, head],
  "bidirectional lstm": [{ type: "bidirectional", layer: { type: "lstm", units: 4 } }, head],
  "bidirectional gru on top of another": [
    { type: "bidirectional", layer: { type: "gru", units: 4, returnSequences: true } },
    { type: "bidirectional", layer: { type: "gru", units: 3 }, mergeMode: "sum" },
    head,
  ],
  transformer: [
    { type: "transformerBlock", numHeads: 2 },
    { type: "transformerBlock", numHeads: 4, feedForwardDim: 5, activation: "relu" },
    { type: "globalAveragePooling1d" },
    head,
  ],
  "attention with a residual connection": [
    { type: "multiHeadAttention", numHeads: 2, name: "seen" },
    { type: "add", inputs: ["seen", "applyMask_1"] },
    { type: "layerNormalization" },
    { type: "globalAveragePooling1d" },
    head,
  ],
  "sequences that are joined": [
    { type: "dense", units: 4, name: "one" },
    { type: "dense", units: 4, inputs: "applyMask_1", name: "other" },
    { type: "concatenate", inputs: ["one", "other"] },
    { type: "gru", units: 3 },
  ],
};

describe("what is masked", () => {
  it.each(Object.keys(bodies))("changes no answer: %s", (name) => {
    const model = modelOf([embedded, masked, ...bodies[name]], "tokens", "attentionMask");
    onTestFinished(() => void model.dispose());
    const alone = texts.map((text) => answers(model, [text], [text.map(() => 1)])[0]);
    for (const side of ["right", "left"] as const) {
      for (const width of [5, 9]) {
        const together = answers(model, ...padded(texts, width, side));
        for (const [i, own] of alone.entries())
          for (const [k, value] of own.entries()) expect(together[i][k]).toBeCloseTo(value, 5);
      }
    }
  });

  it.each(Object.keys(bodies))("may be all of a text: %s", (name) => {
    const model = modelOf([embedded, masked, ...bodies[name]], "tokens", "attentionMask");
    onTestFinished(() => void model.dispose());
    const with3 = answers(model, ...padded([[], [1, 2, 3]], 3, "right"));
    const empty = answers(model, [[0]], [[0]]);
    expect(with3.flat().every(Number.isFinite)).toBe(true);
    for (const [k, value] of empty[0].entries()) expect(with3[0][k]).toBeCloseTo(value, 5);
  });

  it("are other documents in a packed row: each has the answers that it has alone", () => {
    const model = modelOf(
      [
        embedded,
        { type: "positionEmbedding", maxLength: 9, inputs: ["embedded", "positionIds"], name: "placed" },
        { type: "applyMask", inputs: ["placed", "segmentIds"] },
        { type: "transformerBlock", numHeads: 2 },
        { type: "transformerBlock", numHeads: 2, causal: true },
        head,
      ],
      "tokens",
      "positionIds",
      "segmentIds",
    );
    onTestFinished(() => void model.dispose());
    const [first, second] = [texts[0], texts[3]];
    const row = [...first, ...second, 10];
    const count = (text: readonly number[]) => text.map((_, i) => i);
    const segments = [...first.map(() => 1), ...second.map(() => 2), 0];
    const [packed] = answers(model, [row], [[...count(first), ...count(second), 0]], [segments]);
    const [one, other] = [first, second].map(
      (text) => answers(model, [text], [count(text)], [text.map(() => 1)])[0],
    );
    for (const [k, value] of [...one, ...other].entries()) expect(packed[k]).toBeCloseTo(value, 5);
  });

  it("is of what a decoder looks at, as a third input of attention", () => {
    const model = modelOf(
      [
        { ...embedded, inputs: "source", name: "read" },
        { ...embedded, inputs: "decoderInput", name: "written" },
        { type: "multiHeadAttention", numHeads: 2, inputs: ["written", "read", "attentionMask"] },
        head,
      ],
      "source",
      "decoderInput",
      "attentionMask",
    );
    onTestFinished(() => void model.dispose());
    const asked = [[1, 2]];
    const [alone] = answers(model, [texts[3]], asked, [texts[3].map(() => 1)]);
    const [tokens, mask] = padded([texts[3]], 6, "right");
    const [beside] = answers(model, tokens, asked, mask);
    for (const [k, value] of alone.entries()) expect(beside[k]).toBeCloseTo(value, 5);
  });

  it("is seen by no step behind it where attention is causal", () => {
    const model = modelOf(
      [{ ...embedded }, { type: "transformerBlock", numHeads: 2, causal: true }, head],
      "tokens",
    );
    onTestFinished(() => void model.dispose());
    const [long] = answers(model, [texts[0]]);
    const [short] = answers(model, [texts[0].slice(0, 3)]);
    for (const [k, value] of short.entries()) expect(long[k]).toBeCloseTo(value, 5);
  });
});

describe("models with layers of our own", () => {
  const layers = [
    embedded,
    { type: "positionEmbedding", kind: "sinusoidal" },
    { type: "positionEmbedding", maxLength: 7, name: "learned" },
    { type: "applyMask", inputs: ["learned", "attentionMask"] },
    { type: "multiHeadAttention", numHeads: 2, keyDim: 3, causal: true, useBias: false },
    {
      type: "transformerBlock",
      numHeads: 2,
      feedForwardDim: 5,
      activation: "relu",
      causal: true,
      epsilon: 1e-3,
    },
    head,
  ];

  it("are saved to files and loaded again, and give the same", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-layers-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const model = modelOf(layers, "tokens", "attentionMask");
    await saveModel(tf, model, folder);
    const loaded = await loadModel(tf, join(folder, "model.json"));
    const given = padded(texts, 6, "right");
    expect(answers(loaded, ...given)).toEqual(answers(model, ...given));
    model.dispose();
    loaded.dispose();
  });

  it("begin with weights that depend on the seed and the place alone, no two of a kind alike", () => {
    const twice = [0, 1].map(() => {
      const model = modelOf(layers, "tokens", "attentionMask");
      const weights = model.weights.map((weight) => [...weight.read().dataSync()]);
      model.dispose();
      return weights;
    });
    expect(twice[0]).toEqual(twice[1]);
    const random = twice[0].filter((values) => new Set(values).size > 2).map((values) => values[0]);
    expect(new Set(random).size).toBe(random.length);
  });

  it("have waves by the formula, whatever the length", () => {
    const layer = tf.layers.positionEmbedding({ kind: "sinusoidal" });
    const made = layer.apply(tf.zeros([1, 40, 5])) as Tensor;
    const values = made.arraySync() as number[][][];
    expect(values[0][37][1]).toBeCloseTo(Math.sin(37 / 10000 ** (1 / 3)), 5);
    expect(values[0][37][4]).toBeCloseTo(Math.cos(37 / 10000 ** (1 / 3)), 5);
  });

  it.each([
    [[{ type: "applyMask", inputs: "tokens" }], "takes a sequence and its mask, was given one input"],
    [
      [embedded, { type: "transformerBlock", numHeads: 3 }],
      "numHeads must divide the 8 numbers of a step, was 3",
    ],
    [[embedded, { type: "positionEmbedding" }], "positions that are learned need a `maxLength`"],
    [[embedded, { type: "multiHeadAttention" }], "numHeads is required"],
    [[embedded, { type: "transformerBlock", numHeads: 2, activation: "gelo" }], 'did you mean "gelu"'],
    [[embedded, { type: "transformerBlock", numHeads: 2, head: 1 }], '"head"'],
  ])("are refused with what is wrong: %j", (given, message) => {
    expect(() => modelOf(given as LayerDescription[], "tokens")).toThrow(message);
  });

  it("say so where a sequence is longer than the positions that they know", () => {
    const model = modelOf([embedded, { type: "positionEmbedding", maxLength: 6 }, head], "tokens");
    expect(() => answers(model, [[1, 2, 3, 4, 5, 6, 7]])).toThrow(
      "of 6 positions must be given no longer sequences, was one of 7",
    );
    model.dispose();
  });
});
