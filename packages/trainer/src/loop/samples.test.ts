/** Which samples are trained on, and how much they count. */
import { ndarray } from "@millrace/core";
import type { BatchSource } from "@millrace/core/spec";
import { describe, expect, it } from "vitest";
import { memorySource, type Samples } from "../../test/batches.js";
import { distance, type Options, planeRun, stepsOf, weightsAfter } from "../../test/plane.js";
import { bars, largest, plane } from "../../test/tasks.js";
import { barsRun, withRun } from "../../test/train.js";

describe("what is trained on", () => {
  it("is the same few batches again and again with overfitBatches, also for validation", async () => {
    const seen: string[] = [];
    const train = memorySource(bars(64), 8, { before: (epoch, step) => void seen.push(`${epoch}.${step}`) });
    const run = barsRun({
      options: { epochs: 2, overfitBatches: 2 },
      data: { train, validation: memorySource(bars(9), 3) },
    });
    await withRun(run, (ran) => {
      expect(stepsOf(ran)).toHaveLength(4);
      expect(ran.result.predictions.map(({ index }) => index)).toEqual(
        Array.from({ length: 16 }, (_, i) => i),
      );
    });
    expect(seen.every((step) => step.startsWith("0."))).toBe(true);
    expect([train.leased, train.open]).toEqual([0, 0]);
  });

  it("is checked against one validation batch before the first epoch", async () => {
    const wrong = { ...largest(20), input: ndarray(new Float32Array(80), [20, 4]) };
    const data = { train: memorySource(largest(40), 10), validation: memorySource(wrong, 10) };
    const steps: number[] = [];
    const attempt = (sanityCheck: boolean) =>
      withRun(
        {
          options: { sanityCheck },
          layers: [{ type: "dense", units: 3 }],
          data,
          onEvent: (event) => event.type === "step" && steps.push(event.step),
        },
        () => {},
      );
    await expect(attempt(true)).rejects.toMatchObject({
      code: "TRAINING_INPUT",
      where: ["step 0", "validation, before the first epoch"],
    });
    expect(steps).toEqual([]);
    await expect(attempt(false)).rejects.toMatchObject({ code: "TRAINING_INPUT" });
    expect(steps).toHaveLength(4);
    expect([data.validation.leased, data.validation.open]).toEqual([0, 0]);
  });
});

describe("weights of samples", () => {
  const options: Options = { epochs: 1, optimizer: { type: "sgd", learningRate: 0.5 } };
  const layers = [{ type: "dense", units: 3 }];
  const labels = ["first", "second", "third"];
  /** Only the samples of label 1, in one batch. */
  const onlySeconds = (): Samples => {
    const { input, target } = largest(60);
    const rows = [...target.data.keys()].filter((i) => target.data[i] === 1);
    const features = Float32Array.from(rows.flatMap((row) => [0, 1, 2].map((i) => input.data[row * 3 + i])));
    return { input: ndarray(features, [rows.length, 3]), target: ndarray(Int32Array.from(rows, () => 1)) };
  };

  it.each([[[0, 1, 0]], [{ first: 0, third: 0 }]])(
    "by label leave out those of weight 0: %j",
    async (classWeights) => {
      const data = { train: memorySource(largest(60), 60) };
      const weighted = await weightsAfter({ options: { ...options, classWeights }, layers, data, labels });
      const only = await weightsAfter({ options, layers, data: { train: memorySource(onlySeconds(), 60) } });
      expect(distance(weighted, only)).toBeLessThan(1e-6);
    },
  );

  it("from the batch count as if samples were there that many times", async () => {
    const { input, target } = plane(8);
    const run = planeRun({ epochs: 1, sampleWeight: "weight" }, plane(8), 8);
    const weight = ndarray(Float32Array.from([3, 1, 1, 1, 1, 1, 1, 0]));
    const { train } = run.data;
    const weighing: BatchSource = {
      ...train,
      async *batches(epoch) {
        for await (const batch of train.batches(epoch))
          yield { ...batch, data: { ...(batch.data as object), weight } };
      },
    };
    const rows = [0, 0, 0, 1, 2, 3, 4, 5, 6];
    const repeated = {
      input: ndarray(
        Float32Array.from(rows.flatMap((i) => [input.data[i * 2], input.data[i * 2 + 1]])),
        [9, 2],
      ),
      target: ndarray(Float32Array.from(rows, (i) => target.data[i])),
    };
    const weighted = await weightsAfter({ ...run, data: { ...run.data, train: weighing } });
    expect(distance(weighted, await weightsAfter(planeRun({ epochs: 1 }, repeated, 9)))).toBeLessThan(1e-6);
    await expect(withRun(run, () => {})).rejects.toMatchObject({ code: "TRAINING_INPUT" });
  });

  it("are refused where they do not fit the labels", async () => {
    const data = { train: memorySource(largest(30), 10) };
    const attempt = (classWeights: Options["classWeights"]) =>
      withRun({ options: { classWeights }, layers, data, labels }, () => {});
    await expect(attempt([1, 2])).rejects.toThrow("one number for each of 3 labels, had 2");
    await expect(attempt({ fist: 2 })).rejects.toThrow('was "fist" (did you mean "first"?)');
  });
});
