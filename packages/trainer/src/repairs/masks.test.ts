import { beforeAll, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import type { LayerDescription } from "../models/build-layer.js";
import { buildLayers } from "../models/layers.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

const embedding = { type: "embedding", inputDim: 9, outputDim: 4, maskZero: true };
const head = { type: "dense", units: 3 };

/** The model's answer for one sequence of tokens. */
function answers(layers: LayerDescription[], ...sequences: number[][]): number[][] {
  const model = buildLayers(tf, layers, { shape: [2], dtype: "int32" }, 5);
  try {
    return sequences.map((tokens) =>
      tf.tidy(() => [
        ...(
          model.predict(tf.tensor2d([tokens], undefined, "int32")) as ReturnType<Engine["zeros"]>
        ).dataSync(),
      ]),
    );
  } finally {
    model.dispose();
  }
}

describe("padding", () => {
  it.each([
    ["the mean over time", [embedding, { type: "globalAveragePooling1d" }, head]],
    ["the maximum over time", [embedding, { type: "globalMaxPooling1d" }, head]],
    ["a recurrent layer", [embedding, { type: "lstm", units: 4 }, head]],
    [
      "recurrent layers on top of each other",
      [
        embedding,
        { type: "gru", units: 4, returnSequences: true },
        { type: "dropout", rate: 0.1 },
        { type: "simpleRNN", units: 3 },
        head,
      ],
    ],
    [
      "dense layers before the mean",
      [embedding, { type: "dense", units: 4, activation: "relu" }, { type: "globalAveragePooling1d" }],
    ],
  ])("does not change what %s gives", (_, layers) => {
    const [short, padded] = answers(layers, [3, 7], [3, 7, 0, 0, 0]);
    for (const [i, value] of short.entries()) expect(padded[i]).toBeCloseTo(value, 6);
  });

  it("counts where nobody says that it is padding", () => {
    const [short, padded] = answers(
      [{ ...embedding, maskZero: false }, { type: "globalAveragePooling1d" }, head],
      [3, 7],
      [3, 7, 0],
    );
    expect(padded[0]).not.toBeCloseTo(short[0], 6);
  });

  it("is forgotten by layers that give something else than time steps", () => {
    const layers = [
      embedding,
      { type: "globalAveragePooling1d" },
      { type: "repeatVector", n: 3 },
      { type: "lstm", units: 2 },
    ];
    const [short, padded] = answers(layers, [3, 7], [3, 7, 0]);
    for (const [i, value] of short.entries()) expect(padded[i]).toBeCloseTo(value, 6);
  });
});
