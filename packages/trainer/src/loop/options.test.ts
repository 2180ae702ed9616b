/** Learning rates, gradients and the end of training: every option changes what it says. */
import { describe, expect, it } from "vitest";
import { memorySource } from "../../test/batches.js";
import { distance, type Options, planeRun, stepsOf, weightsAfter } from "../../test/plane.js";
import { plane } from "../../test/tasks.js";
import { withRun } from "../../test/train.js";

describe("learning rates", () => {
  it("follow the schedule, over updates and epochs, and are reported with every step", async () => {
    const schedule = { type: "linear", warmUp: { updates: 4 } } as const;
    await withRun(planeRun({ schedule }), (ran) => {
      const rates = stepsOf(ran).map(({ learningRate = 0 }) => learningRate * 10);
      expect(rates.slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1].map((rate) => expect.closeTo(rate, 10)));
      expect(rates[10]).toBeCloseTo(0.5, 10);
    });
    const plain = await weightsAfter(planeRun({}));
    expect(distance(plain, await weightsAfter(planeRun({ schedule })))).toBeGreaterThan(0.01);
  });

  it("fall on a plateau of the validation split", async () => {
    const schedule = { type: "plateau", patience: 0, factor: 0.5, minDelta: 100 } as const;
    await withRun(planeRun({ schedule, epochs: 3 }), (ran) => {
      const rates = stepsOf(ran).map(({ learningRate }) => learningRate);
      expect([rates[0], rates[8], rates[16]]).toEqual([0.1, 0.1, 0.05]);
    });
  });
});

describe("gradients", () => {
  it.each([2, 3])(
    "of %d accumulated batches make one step of the batch that many times larger",
    async (n) => {
      const optimizer = { type: "adam", learningRate: 0.05 } as const;
      const small = await weightsAfter(planeRun({ accumulate: n, optimizer }, plane(30), 4));
      const large = await weightsAfter(planeRun({ optimizer }, plane(30), 4 * n));
      expect(distance(small, large)).toBeLessThan(1e-6);
      const apart = await weightsAfter(planeRun({ optimizer }, plane(30), 4));
      expect(distance(small, apart)).toBeGreaterThan(1e-3);
    },
  );

  it("are clipped by norm and by value", async () => {
    const moved = async (clip: Options["clip"]) => {
      const start = await weightsAfter(
        planeRun({ epochs: 1, optimizer: { type: "sgd", learningRate: 1e-30 } }),
      );
      const one = planeRun({ epochs: 1, clip, optimizer: { type: "sgd", learningRate: 1 } }, plane(4));
      return (await weightsAfter(one)).map((weight, i) => weight - start[i]);
    };
    expect(Math.hypot(...(await moved({})))).toBeGreaterThan(0.1);
    expect(Math.hypot(...(await moved({ norm: 0.01 })))).toBeCloseTo(0.01, 5);
    for (const change of await moved({ value: 0.02 })) expect(Math.abs(change)).toBeCloseTo(0.02, 5);
  });

  it("leave weights within the constraints of their layers", async () => {
    const layers = [{ type: "dense", units: 1, kernelConstraint: "nonNeg" }];
    const weights = await weightsAfter({ ...planeRun({ epochs: 8 }), layers });
    expect(Math.min(...weights.slice(0, 2))).toBe(0);
  });
});

describe("the end of training", () => {
  it("comes after maxSteps updates, in the middle of an epoch, which is measured", async () => {
    await withRun(planeRun({ maxSteps: 5, accumulate: 2, epochs: 9 }), (ran) => {
      expect(stepsOf(ran)).toHaveLength(4 + 4 + 2);
      expect(ran.result).toMatchObject({ endedBy: "maxSteps", stopped: false });
      expect(ran.result.epochs).toHaveLength(2);
      expect(ran.result.epochs[1].validation).toBeDefined();
    });
  });

  it("comes after maxTime seconds", async () => {
    const slow = memorySource(plane(32), 4, {
      before: () => new Promise((resolve) => setTimeout(resolve, 30)),
    });
    const run = { ...planeRun({ maxTime: 0.3, epochs: 1000 }), data: { train: slow } };
    await withRun(run, (ran) => {
      expect(ran.result.endedBy).toBe("maxTime");
      expect(stepsOf(ran).length).toBeLessThan(100);
      expect(ran.result.stopped).toBe(false);
    });
  });

  it("comes early where nothing gets better for longer than patience", async () => {
    const earlyStopping = { patience: 2, minDelta: 1000 };
    await withRun(planeRun({ earlyStopping, epochs: 20 }), ({ result }) => {
      expect(result.endedBy).toBe("earlyStopping");
      expect(result.epochs).toHaveLength(4);
    });
    await withRun(planeRun({ epochs: 5 }), ({ result }) => expect(result.endedBy).toBe("epochs"));
  });

  it("refuses to watch what is not measured", async () => {
    const run = planeRun({ earlyStopping: { monitor: "meanAbsoluteErorr" } });
    await expect(withRun(run, () => {})).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining('did you mean "meanAbsoluteError"') as string,
    });
  });
});
