/** Targets that transforms have changed: what is told of them is in the unit of the source. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Inverse, ndarray } from "@millrace/core";
import type { ExportContext, ExportResult, Inverses } from "@millrace/core/spec";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { memorySource, type Samples } from "../../test/batches.js";
import { bars, plane } from "../../test/tasks.js";
import { barsRun, type Finished, finishedHere, type Run, weightsOf, withRun } from "../../test/train.js";
import { evaluate } from "../after/evaluate.js";
import { exportModel } from "../after/export/export.js";
import { predict } from "../after/predict.js";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { loadModel } from "../files/model-files.js";

let tf: Engine;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
});

const inverse =
  (apply: (value: number, i: number) => number): Inverses =>
  (field): Inverse | undefined =>
    field === "label"
      ? { field: "price", apply: (values) => Float64Array.from(values, (value, i) => apply(value, i)) }
      : undefined;

const scale = 250;
const offset = 1000;
const inPrices = inverse((value) => value * scale + offset);

function priceRun(more: Partial<Run> = {}, samples: (count: number, seed: number) => Samples = plane): Run {
  return {
    options: {
      loss: "meanSquaredError",
      metrics: ["meanAbsoluteError", "rSquared"],
      epochs: 3,
      optimizer: { type: "sgd", learningRate: 0.1 },
    },
    layers: [{ type: "dense", units: 1 }],
    data: { train: memorySource(samples(32, 1), 4), validation: memorySource(samples(12, 2), 4) },
    inverses: inPrices,
    ...more,
  };
}

async function exported({ options, context }: Finished): Promise<{ result: ExportResult; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-own-unit ü "));
  onTestFinished(() => rm(folder, { recursive: true }));
  const formats = ["tfjs-layers", "tfjs-graph", "safetensors"];
  const given: ExportContext = {
    ...context,
    folder,
    formats,
    steps: { source: { use: "memory" }, transforms: [] },
  };
  return { result: await exportModel(options, given), folder };
}

/** What a run's predictor, and the layers that it exports, say of four samples. */
async function asked(done: Finished, folder: string): Promise<[number[], number[]]> {
  const { input } = plane(4);
  const predictor = await predict(done.options, done.context);
  const batch = { data: { input }, indices: [0, 1, 2, 3], epoch: 0, step: 0, release: () => {} };
  const { data } = await predictor.answer(batch);
  await predictor.close();
  const model = await loadModel(tf, join(folder, "tfjs-layers/model.json"));
  const values = tf.tidy(() => {
    const output = model.predict(tf.tensor(Float32Array.from(input.data), [4, 2])) as ReturnType<
      typeof tf.zeros
    >;
    return Array.from(output.dataSync());
  });
  model.dispose();
  return [Array.from(data), values];
}

describe("a target that transforms have changed", () => {
  it("is trained on as it is, while metrics and predictions are in the unit of the source", async () => {
    const bare = await withRun(priceRun({ inverses: undefined }), async ({ result, events, runDir }) => ({
      result,
      weights: await weightsOf(runDir),
      told: events.find((event) => event.type === "model"),
    }));
    expect(bare.told).not.toHaveProperty("restored");
    await withRun(priceRun(), async ({ result, events, runDir }) => {
      expect(await weightsOf(runDir)).toEqual(bare.weights);
      expect(events.find((event) => event.type === "model")).toMatchObject({ restored: "price" });
      const { loss, meanAbsoluteError, rSquared } = result.metrics;
      expect(loss).toBe(bare.result.metrics.loss);
      expect(meanAbsoluteError).toBeCloseTo(bare.result.metrics.meanAbsoluteError * scale, 8);
      expect(rSquared).toBeCloseTo(bare.result.metrics.rSquared, 8);
      for (const name of ["predictions", "worst"] as const) {
        expect(result[name]).toHaveLength(12);
        for (const [i, made] of (result[name] ?? []).entries()) {
          const trained = bare.result[name]?.[i];
          expect(made.target).toBe((trained?.target ?? 0) * scale + offset);
          expect(made.predicted).toBe((trained?.predicted ?? 0) * scale + offset);
          expect(made.loss).toBe(trained?.loss);
        }
      }
    });
  });

  it("is measured and answered in that unit afterwards, and exported models give it themselves", async () => {
    const before = tf.memory().numTensors;
    const done = await finishedHere(priceRun());
    const batches = memorySource(plane(12, 2), 4);
    const measured = await evaluate(done.options, { ...done.context, batches });
    expect(measured).toMatchObject({
      metrics: done.result.metrics,
      worst: done.result.worst,
      restored: "price",
    });
    const { result, folder } = await exported(done);
    expect(result.output).toEqual({ kind: "numbers", gives: "numbers", shape: [1], unit: "own" });
    const [own, other] = await asked(done, folder);
    for (const [i, value] of own.entries()) {
      expect(value).toBeGreaterThan(offset - 2 * scale);
      expect(other[i] / value).toBeCloseTo(1, 6);
    }
    const graph = JSON.parse(await readFile(join(folder, "tfjs-graph/model.json"), "utf8")) as {
      modelTopology: { node: { op: string }[] };
    };
    expect(graph.modelTopology.node.map(({ op }) => op)).toContain("Mul");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("is led back number by number where it is several", async () => {
    const twice = (count: number, seed: number): Samples => {
      const { input, target } = plane(count, seed);
      const both = Float32Array.from({ length: 2 * count }, (_, i) => target.data[i >> 1] * (1 + (i % 2)));
      return { input, target: ndarray(both, [count, 2]) };
    };
    const run = priceRun({ layers: [{ type: "dense", units: 2 }] }, twice);
    const inverses = inverse((value, i) => (i % 2 === 0 ? value * 10 : value * 3 - 7));
    const done = await finishedHere({ ...run, inverses });
    const { result, folder } = await exported(done);
    expect(result.output).toMatchObject({ shape: [2], unit: "own" });
    const [own, other] = await asked(done, folder);
    for (const [i, value] of own.entries()) expect(other[i]).toBeCloseTo(value, 3);
  });

  it("is told to be as it was trained on where no layer can lead it back", async () => {
    const done = await finishedHere(priceRun({ inverses: inverse(Math.exp) }));
    const { result, folder } = await exported(done);
    expect(result.output).toMatchObject({ unit: "trained" });
    const [own, other] = await asked(done, folder);
    for (const [i, value] of own.entries()) expect(Math.exp(other[i])).toBeCloseTo(value, 3);
  });

  it("has no unit where it is a label, or was only renamed", async () => {
    await withRun(barsRun({ inverses: inPrices, options: { epochs: 1 } }), ({ result, events }) => {
      expect(events.find((event) => event.type === "model")).not.toHaveProperty("restored");
      expect(result.predictions.map(({ target }) => target)).toContain(bars(2).target.data[1]);
    });
    await withRun(priceRun({ inverses: inverse((value) => value) }), ({ events }) =>
      expect(events.find((event) => event.type === "model")).not.toHaveProperty("restored"),
    );
  });
});
