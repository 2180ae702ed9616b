/** Attention and transformer blocks beside torch's: what they give, and their gradients. */
import { readFileSync } from "node:fs";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { buildAll, type LayerDescription } from "../models/build-layer.js";

type Numbers = readonly number[];

interface Recorded {
  readonly name: string;
  readonly input: Numbers;
  /** 1 for each step that counts, 0 for padding. */
  readonly mask: Numbers | null;
  readonly output: Numbers;
  readonly weights: Readonly<Record<string, Numbers>>;
  readonly gradients: Readonly<Record<string, Numbers>>;
  readonly inputGradient: Numbers;
}

interface Fixture {
  readonly sizes: Readonly<Record<"samples" | "steps" | "size" | "heads" | "units", number>>;
  readonly attention: readonly Recorded[];
  readonly block: readonly Recorded[];
}

const fixture = JSON.parse(
  readFileSync(new URL("../../test/fixtures/torch-transformer.json", import.meta.url), "utf8"),
) as Fixture;
const { samples, steps, size, heads, units } = fixture.sizes;

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

/** torch keeps a matrix as [outputs, inputs]: rows `from` on, turned. */
function kernel(rows: Numbers, inputs: number, outputs: number, from = 0): number[] {
  return Array.from({ length: inputs * outputs }, (_, i) => {
    const [input, output] = [Math.floor(i / outputs), i % outputs];
    return rows[(from + output) * inputs + input];
  });
}

/** Torch's arrays in the order of our weights. */
function attentionArrays(of: Recorded["weights"], prefix = ""): number[][] {
  const [matrix, bias] = [of[`${prefix}in_proj_weight`], of[`${prefix}in_proj_bias`]];
  const places = [0, size, 2 * size];
  return [
    ...places.map((from) => kernel(matrix, size, size, from)),
    kernel(of[`${prefix}out_proj.weight`], size, size),
    ...places.map((from) => bias.slice(from, from + size)),
    [...of[`${prefix}out_proj.bias`]],
  ];
}

function blockArrays(of: Recorded["weights"]): number[][] {
  const norms = ["norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"];
  return [
    ...norms.map((name) => [...of[name]]),
    kernel(of["linear1.weight"], size, units),
    [...of["linear1.bias"]],
    kernel(of["linear2.weight"], units, size),
    [...of["linear2.bias"]],
    ...attentionArrays(of, "self_attn."),
  ];
}

/** Ours with torch's weights: what it gives, and the gradients of the same loss. */
function computed(
  description: LayerDescription,
  { input, mask, weights }: Recorded,
  arraysOf: (of: Recorded["weights"]) => number[][],
) {
  const [layer] = buildAll(tf, [{ description, path: [], inputs: 1 }], {}, []);
  const x = tf.variable(tf.tensor3d([...input], [samples, steps, size]));
  const counts = mask === null ? undefined : tf.tensor2d([...mask], [samples, steps]);
  const run = (): Tensor => layer.apply(x, counts && { mask: counts }) as Tensor;
  run();
  for (const [i, values] of arraysOf(weights).entries()) {
    const weight = layer.weights[i];
    weight.write(tf.tensor(values, weight.shape as number[]));
  }
  const kept = (): Tensor => (counts === undefined ? run() : tf.mul(run(), tf.expandDims(counts, 2)));
  const number = mask === null ? samples * steps : mask.reduce((sum, each) => sum + each, 0);
  const own = layer.weights.map((weight) => weight.read() as Variable);
  const { grads } = tf.variableGrads(() => tf.div(tf.sum(tf.square(kept())), number * size), [x, ...own]);
  const read = (tensor: Tensor): Numbers => [...tensor.dataSync()];
  return {
    output: read(kept()),
    inputGradient: read(grads[x.name]),
    gradients: own.map(({ name }) => read(grads[name])),
  };
}

/** The largest distance of a number from torch's, by its size beyond 1. */
function apart(actual: Numbers, expected: Numbers): number {
  if (actual.length !== expected.length) return Infinity;
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value) / (1 + Math.abs(value))));
}

/** The same of all that a layer gives and of all gradients. */
function distanceFrom(
  recorded: Recorded,
  description: LayerDescription,
  arraysOf: (of: Recorded["weights"]) => number[][],
): number {
  const { output, inputGradient, gradients } = computed(description, recorded, arraysOf);
  return Math.max(
    apart(output, recorded.output),
    apart(inputGradient, recorded.inputGradient),
    ...arraysOf(recorded.gradients).map((expected, i) => apart(gradients[i], expected)),
  );
}

describe("torch's layers", () => {
  it.each(fixture.attention)("agree with multiHeadAttention: $name", (recorded) => {
    const description = { type: "multiHeadAttention", numHeads: heads, causal: recorded.name === "causal" };
    expect(distanceFrom(recorded, description, attentionArrays)).toBeLessThan(2e-5);
  });

  it.each(fixture.block)("agree with transformerBlock: $name", (recorded) => {
    const causal = recorded.name.startsWith("causal");
    const description = { type: "transformerBlock", numHeads: heads, feedForwardDim: units, causal };
    expect(distanceFrom(recorded, description, blockArrays)).toBeLessThan(2e-5);
  });
});
