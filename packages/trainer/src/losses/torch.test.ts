/** Losses and their gradients beside torch's, as test/fixtures/torch-losses.py has recorded them. */
import { readFileSync } from "node:fs";
import { ndarray } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { loadEngine } from "../engine.js";
import { weighingOf } from "../feeding/sample-weights.js";
import { trainerOptions } from "../options.js";
import { numberLosses, type LossName, losses } from "./losses.js";

interface Case {
  readonly name: LossName;
  readonly outputs: readonly number[][];
  readonly target: readonly (number | number[])[];
  readonly smoothing?: number;
  readonly loss: number;
  readonly gradient: readonly number[];
}

const file = new URL("../../test/fixtures/torch-losses.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly Case[] };

describe("losses", () => {
  it.each(cases.map((each, i) => [`${i} ${each.name}, smoothed by ${each.smoothing ?? 0}`, each] as const))(
    "are torch's, with the gradient: %s",
    async (_, { name, outputs, target, smoothing, loss, gradient }) => {
      const tf = await loadEngine();
      await chooseDevice(tf, "wasm");
      const isSparse = name === "sparseCategoricalCrossentropy";
      const flat = target.flat();
      const truth = isSparse
        ? ndarray(Int32Array.from(flat))
        : ndarray(Float32Array.from(flat), [outputs.length, outputs[0].length]);
      const options = trainerOptions.parse({ loss: name, labelSmoothing: smoothing });
      const { each: weights, share } = weighingOf(options, outputs[0].length, undefined).weigh(
        { data: {}, indices: [], epoch: 0, step: 0, release: () => undefined },
        truth,
        true,
      );
      const place = { indices: outputs.map((__, i) => i), outputShape: [outputs[0].length], ignored: -100 };
      const kind = numberLosses.includes(name) ? "values" : "logits";
      const made = tf.tidy(() => {
        const on = losses[name].upload(tf, truth, place);
        const { value, grad } = tf.valueAndGrad((tensor: Tensor) => {
          const each = losses[name].each(tf, { kind, tensor }, on, smoothing);
          return tf.div(tf.sum(weights === undefined ? each : tf.mul(each, weights)), share);
        })(tf.tensor2d(outputs.map((row) => [...row])));
        return [value.dataSync()[0], ...grad.dataSync()];
      });
      expect(made).toHaveLength(1 + gradient.length);
      for (const [i, expected] of [loss, ...gradient].entries())
        expect(Math.abs(made[i] - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
    },
  );

  it("know no smoothing where labels do not exclude each other", () => {
    const parsed = trainerOptions.safeParse({ loss: "binaryCrossentropy", labelSmoothing: 0.1 });
    expect(parsed.error?.issues[0]).toMatchObject({
      path: ["labelSmoothing"],
      message: "labelSmoothing does not suit the loss binaryCrossentropy",
    });
  });
});
