import type { Optimizer, Variable } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { DeviceUpdater } from "./device-updater.js";
import { type OptimizerOptions, optimizerOptions, ruleOf } from "./optimizers.js";
import { createUpdater } from "./create-updater.js";
import type { Clip, NamedArrays, Updater } from "./updater.js";

let tf: Engine;
let variables: Variable[];
beforeEach(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});
afterEach(() => {
  for (const variable of variables) variable.dispose();
});

const made = [
  { type: "sgd", learningRate: 0.1, weightDecay: 0.1 },
  { type: "momentum", learningRate: 0.1 },
  { type: "momentum", learningRate: 0.1, nesterov: true, weightDecay: 0.1 },
  { type: "adam", learningRate: 0.1 },
  { type: "adamw", learningRate: 0.1, weightDecay: 0.1 },
  { type: "rmsprop", learningRate: 0.1, momentum: 0.5 },
  { type: "adagrad", learningRate: 0.1 },
].map((options) => [options.type, optimizerOptions.parse(options)] as const);

function fresh(): Variable[] {
  variables = [tf.variable(tf.tensor2d([[1, -2, 3]])), tf.variable(tf.scalar(0.5))];
  return variables;
}

/** Gradients that differ from update to update. */
const gradientsAt = (update: number) => [
  tf.tensor2d([[Math.sin(update), 0.3, -2 / update]]),
  tf.scalar(Math.cos(update) * 3),
];

interface Case {
  readonly options: OptimizerOptions;
  readonly clip?: Clip;
  readonly device?: boolean;
}

function updaterFor({ options, clip = {}, device = false }: Case, averaged = false): Updater {
  const parts = { engine: tf, variables: fresh(), rule: ruleOf(options), clip, averaged, accumulates: true };
  return device ? new DeviceUpdater(parts) : createUpdater(parts);
}

/** The weights after each of `count` updates. */
function trace(on: Case, count: number): number[][] {
  const updater = updaterFor(on);
  const seen: number[][] = [];
  for (let update = 1; update <= count; update++) {
    tf.tidy(() => updater.updateWith(gradientsAt(update), { learningRate: 0.1, update }));
    seen.push(variables.flatMap((variable) => [...variable.dataSync()]));
  }
  updater.close();
  return seen;
}

const distance = (a: number[][], b: number[][]): number =>
  Math.max(...a.flat().map((value, i) => Math.abs(value - b.flat()[i])));

describe("an optimizer", () => {
  it.each(made)("computes the same in memory and on a device: %s", (_, options) => {
    for (const clip of [{}, { norm: 0.7 }, { value: 0.25 }, { norm: 0.3, value: 0.25 }]) {
      const host = trace({ options, clip }, 5);
      expect(distance(host, trace({ options, clip, device: true }, 5))).toBeLessThan(2e-6);
      expect(distance(host.slice(-1), [[1, -2, 3, 0.5]])).toBeGreaterThan(0.01);
    }
  });

  it.each([
    ["sgd", () => tf.train.sgd(0.1), { type: "sgd" }],
    ["momentum", () => tf.train.momentum(0.1, 0.9), { type: "momentum" }],
    ["nesterov", () => tf.train.momentum(0.1, 0.9, true), { type: "momentum", nesterov: true }],
    ["adam", () => tf.train.adam(0.1, 0.9, 0.999, 1e-7), { type: "adam" }],
  ] as [string, () => Optimizer, object][])("does what tfjs' own does: %s", (_, create, options) => {
    const own = trace({ options: optimizerOptions.parse(options) }, 5);
    const optimizer = create();
    const theirs: number[][] = [];
    fresh();
    for (let update = 1; update <= 5; update++) {
      tf.tidy(() => {
        const named = gradientsAt(update).map((tensor, i) => ({ name: variables[i].name, tensor }));
        optimizer.applyGradients(named);
      });
      theirs.push(variables.flatMap((variable) => [...variable.dataSync()]));
    }
    optimizer.dispose();
    expect(distance(own, theirs)).toBeLessThan(1e-5);
  });

  it("takes decay apart from the gradient with adamw, by the published formula", () => {
    const [, options] = made[4];
    const [first] = trace({ options }, 1);
    // The first step of Adam is the rate in the direction of the gradient's sign; decay takes rate · 0.1 of the weight.
    const expected = [1 * 0.99 - 0.1, -2 * 0.99 - 0.1, 3 * 0.99 + 0.1, 0.5 * 0.99 - 0.1];
    expect(distance([first], [expected])).toBeLessThan(1e-5);
  });

  it("makes the first step that rmsprop and adagrad are defined by", () => {
    const sign = [1, 1, -1, 1];
    const [rmsprop] = trace({ options: optimizerOptions.parse({ type: "rmsprop", decay: 0.75 }) }, 1);
    const [adagrad] = trace({ options: optimizerOptions.parse({ type: "adagrad" }) }, 1);
    const start = [1, -2, 3, 0.5];
    // g / √((1 − decay) g²) is twice the sign of g; g / √(g²) is its sign.
    expect(distance([rmsprop], [start.map((w, i) => w - 0.2 * sign[i])])).toBeLessThan(1e-5);
    expect(distance([adagrad], [start.map((w, i) => w - 0.1 * sign[i])])).toBeLessThan(1e-5);
  });
});

describe.each([false, true])("what an optimizer remembers (on a device: %s)", (device) => {
  it.each(made)("is saved and taken up exactly: %s", async (_, options) => {
    const whole = trace({ options, device }, 6);
    let updater = updaterFor({ options, device });
    for (let update = 1; update <= 3; update++) {
      tf.tidy(() => updater.updateWith(gradientsAt(update), { learningRate: 0.1, update }));
    }
    const saved: NamedArrays = {};
    for (const [name, array] of Object.entries(await updater.save())) saved[name] = array.slice();
    const weights = variables.map((variable) => variable.dataSync());
    updater.close();
    updater = updaterFor({ options, device });
    for (const [i, variable] of variables.entries()) variable.assign(tf.tensor(weights[i], variable.shape));
    updater.restore(saved, 0, 0);
    for (let update = 4; update <= 6; update++) {
      tf.tidy(() => updater.updateWith(gradientsAt(update), { learningRate: 0.1, update }));
      expect(variables.flatMap((variable) => [...variable.dataSync()])).toEqual(whole[update - 1]);
    }
    updater.close();
  });

  it("holds averages that follow the weights, and changes places with them", () => {
    const updater = updaterFor({ options: made[0][1], device }, true);
    const now = () => [...variables[0].dataSync()];
    variables[0].assign(tf.tensor2d([[3, 0, 3]]));
    updater.average(0.75);
    updater.exchange();
    expect(now()).toEqual([1.5, -1.5, 3]);
    updater.exchange();
    expect(now()).toEqual([3, 0, 3]);
    updater.close();
  });

  it("takes the mean of parts by what they count", () => {
    const updater = updaterFor({ options: optimizerOptions.parse({ type: "sgd" }), device });
    const part = (value: number) => [tf.mul(tf.ones([1, 3]), value), undefined];
    updater.accumulate(part(1), 3);
    updater.accumulate(part(5), 1);
    expect([updater.parts, updater.share]).toEqual([2, 4]);
    updater.update({ learningRate: 1, update: 1 });
    // (3 · 1 + 1 · 5) / 4 = 2; a variable without a gradient stays.
    expect(variables.map((variable) => [...variable.dataSync()])).toEqual([[-1, -4, 1], [0.5]]);
    expect(updater.parts).toBe(0);
    updater.close();
  });

  it("is taken up in the midst of parts, also where a weight has no gradient", async () => {
    const updater = updaterFor({ options: made[1][1], device });
    const part = (value: number) => [tf.mul(tf.ones([1, 3]), value), undefined];
    updater.accumulate(part(1), 3);
    const saved: NamedArrays = {};
    for (const [name, array] of Object.entries(await updater.save())) saved[name] = array.slice();
    updater.close();
    const other = updaterFor({ options: made[1][1], device });
    other.restore(saved, 1, 3);
    other.accumulate(part(5), 1);
    other.update({ learningRate: 1, update: 1 });
    expect(variables.map((variable) => [...variable.dataSync()])).toEqual([[-1, -4, 1], [0.5]]);
    other.close();
  });

  it("bounds gradients by their length together, and by each value", () => {
    const options = optimizerOptions.parse({ type: "sgd" });
    const moved = (clip: Clip) => {
      const updater = updaterFor({ options, clip, device });
      updater.updateWith([tf.tensor2d([[3, 0, 0]]), tf.scalar(4)], { learningRate: 1, update: 1 });
      updater.close();
      return variables.flatMap((variable) => [...variable.dataSync()]).map((w, i) => [1, -2, 3, 0.5][i] - w);
    };
    for (const [i, value] of [0.6, 0, 0, 0.8].entries()) expect(moved({ norm: 1 })[i]).toBeCloseTo(value, 5);
    expect(moved({ norm: 6 })).toEqual([3, 0, 0, 4]);
    expect(moved({ value: 2 })).toEqual([2, 0, 0, 2]);
  });
});
