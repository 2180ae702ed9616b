import type { EpochResult } from "@millrace/core/spec";
import { describe, expect, it } from "vitest";
import type { StepPoint } from "../run/history.js";
import { curves } from "./curves.js";
import { rulerOf } from "./points.js";

const epoch = (number: number, loss: number): EpochResult => ({
  epoch: number,
  train: { loss },
  seconds: 10,
  samplesPerSecond: 100,
  dataWait: 0,
});
const steps = (number: number, count: number, more: Partial<StepPoint> = {}): StepPoint[] =>
  Array.from({ length: count }, (_, step) => ({ epoch: number, step, steps: count, loss: 1, ...more }));
const textOf = (...history: Parameters<typeof curves>) => curves(...history).join("");

describe("curves", () => {
  it("count steps within a single epoch, and epochs after that", () => {
    expect(textOf({ steps: steps(0, 40), epochs: [] })).toContain('<p class="unit">step</p>');
    const text = textOf({ steps: [...steps(0, 40), ...steps(1, 40)], epochs: [epoch(0, 1), epoch(1, 0.5)] });
    expect(text).toContain('<p class="unit">epoch</p>');
  });

  it("have a gap where a value is not a number, and say so", () => {
    const epochs = [1, 2, Number.NaN, 4, 5].map((loss, i) => epoch(i, loss));
    const text = textOf({ steps: [], epochs });
    expect(text).toMatch(/class="curve" d="M[^M"]+M[^M"]+"/);
    expect(text).toContain("Not a finite number in epoch 3: nothing is drawn there.");
    const early = [...steps(0, 2), { epoch: 0, step: 2, steps: 9, loss: Number.NaN }];
    expect(textOf({ steps: early, epochs: [] })).toContain("at step 3 of epoch 1");
  });

  it("show the learning rate where it changes, and only there", () => {
    const constant = steps(0, 9, { learningRate: 0.1 });
    expect(textOf({ steps: constant, epochs: [] })).not.toContain("Learning rate");
    const falling = constant.map((point, i) => ({ ...point, learningRate: 0.1 / (i + 1) }));
    expect(textOf({ steps: falling, epochs: [] })).toContain(
      "Learning rate over 9 points: from 0.1000 to 0.0111",
    );
  });
});

describe("a ruler", () => {
  it("knows the steps and seconds at which epochs end, also of a run whose first epochs nobody recorded", () => {
    const history = { steps: [...steps(2, 8), ...steps(3, 8).slice(0, 4)], epochs: [epoch(2, 1)] };
    expect(rulerOf(history, "step").ofEpoch(2)).toBe(24);
    expect(rulerOf(history, "step").ofStep(history.steps[11])).toBe(28);
    expect(rulerOf(history, "second").ofEpoch(2)).toBe(30);
    expect(rulerOf(history, "second").ofStep(history.steps[11])).toBe(35);
    expect(rulerOf(history, "epoch").ofStep(history.steps[11])).toBe(3.5);
  });
});
