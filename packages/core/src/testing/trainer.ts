/** The laws of a trainer: it fits, the same every time; it stops when told and goes on from there; it measures and answers. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrainedContext } from "../contracts/after-training.js";
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import type { Trainer } from "../contracts/trainer.js";
import type { FitContext, FitResult, InputForm, ModelDefinition, TrainEvent } from "../contracts/training.js";
import { DataLoader } from "../loader/loader.js";
import { create, type Later, type PluginSuite, resolve, seed, testOptions } from "./plugin.js";
import { expect } from "./expect.js";
import { describe, it, onTestFinished } from "./harness.js";

/** `options` must ask for three epochs or more, over which the training loss falls. */
export interface TrainerSuite extends PluginSuite<"trainer"> {
  /** A model of the trainer's engine that can learn the task. */
  readonly model: Later<ModelDefinition>;
  /** The task: samples in memory or made on the fly, the same in every epoch. */
  readonly train: Later<Dataset>;
  readonly validation: Later<Dataset>;
  readonly facts?: DatasetFacts;
  /** Samples per batch; 8 by default. */
  readonly batchSize?: number;
  /** Most milliseconds of one test; 60,000 by default. */
  readonly timeout?: number;
}

/** A run of the suite's own, with all it told. */
interface Run {
  readonly runDir: string;
  readonly result: FitResult;
  readonly events: readonly TrainEvent[];
}

type Fit = (
  given?: Partial<Pick<FitContext, "signal" | "resumeFrom">>,
  heard?: (event: TrainEvent) => void,
) => Promise<Run>;

export function testTrainer(suite: TrainerSuite): void {
  const { batchSize = 8, timeout = 60_000 } = suite;
  const open = async (): Promise<Trainer> => {
    const trainer = await create(suite, {});
    onTestFinished(() => trainer.close?.());
    return trainer;
  };
  const loaderOf = async (dataset: Later<Dataset>, shuffle: boolean): Promise<DataLoader> =>
    new DataLoader(await resolve(dataset), { batchSize, shuffle, seed });
  const fit: Fit = async (given = {}, heard = () => undefined) => {
    const runDir = await newFolder();
    const events: TrainEvent[] = [];
    const trainer = await open();
    const result = await trainer.fit({
      train: await loaderOf(suite.train, true),
      validation: await loaderOf(suite.validation, false),
      model: await resolve(suite.model),
      facts: suite.facts ?? {},
      seed,
      runDir,
      signal: new AbortController().signal,
      ...given,
      report(event) {
        events.push(event);
        heard(event);
      },
    });
    return { runDir, result, events };
  };

  describe(`trainer ${suite.plugin.name}`, { timeout }, () => {
    testOptions(suite, (options) => create(suite, {}, options));
    testFit(fit);
    testStop(fit);
    const measured = async (run: Run) => ({
      ...(await trainedContext(suite, run)),
      batches: await loaderOf(suite.validation, false),
    });
    testAfter(suite, open, fit, measured);
  });
}

function testFit(fit: Fit): void {
  it("says what it does, learns, and leaves a model where it says", async () => {
    const { runDir, result, events } = await fit();
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(["device", "model"]);
    const epochs = events.flatMap((event) => (event.type === "epoch" ? [event] : []));
    expect(epochs.map(({ epoch }) => epoch)).toEqual(epochs.map((_, i) => i));
    expect(epochs.length, "epochs").toBeGreaterThanOrEqual(3);
    expect(result.epochs).toHaveLength(epochs.length);
    const losses = epochs.map(({ train }) => train.loss);
    expect(losses.every(Number.isFinite), `losses ${losses.join(", ")}`).toBe(true);
    expect(losses[losses.length - 1], "the loss must fall").toBeLessThan(losses[0]);
    expect(result.metrics).toEqual(epochs[epochs.length - 1].validation);
    expect(result.stopped).toBe(false);
    const saved = await isThere(join(runDir, result.modelPath));
    expect(saved, "the saved model").toBe(true);
  });

  it("gives the same numbers for the same seed", async () => {
    const [first, second] = [await fit(), await fit()];
    expect(numbersOf(second)).toEqual(numbersOf(first));
  });
}

function testStop(fit: Fit): void {
  it("stops when it is told to, with a model, and goes on from there to the end of a run that was never stopped", async () => {
    const whole = await fit();
    const stop = new AbortController();
    const stopped = await fit({ signal: stop.signal }, ({ type }) => type === "epoch" && stop.abort());
    expect(stopped.result.stopped).toBe(true);
    expect(stopped.result.epochs.length).toBeLessThan(whole.result.epochs.length);
    expect(await isThere(join(stopped.runDir, stopped.result.modelPath))).toBe(true);
    if (stopped.result.checkpoint === undefined) return;
    const resumed = await fit({ resumeFrom: stopped.runDir });
    const model = resumed.events.find((event) => event.type === "model");
    expect(model, "the event `model` says where training goes on").toHaveProperty("resumed.epoch");
    expect(resumed.result.metrics).toEqual(whole.result.metrics);
  });
}

type Measured = TrainedContext & { readonly batches: DataLoader };

function testAfter(
  suite: TrainerSuite,
  open: () => Promise<Trainer>,
  fit: Fit,
  measured: (run: Run) => Promise<Measured>,
): void {
  it("measures what it has fitted as it did itself, if it can evaluate", async () => {
    const trainer = await open();
    if (trainer.evaluate === undefined) return;
    const run = await fit();
    const context = await measured(run);
    const result = await trainer.evaluate(context);
    expect(result.samples).toBe((await resolve(suite.validation)).length);
    for (const [name, value] of Object.entries(run.result.metrics)) {
      const again = result.metrics[name];
      expect(Math.abs(again - value), `${name}: ${again} instead of ${value}`).toBeLessThan(1e-5);
    }
    const aborted = { ...context, signal: AbortSignal.abort() };
    await expect(trainer.evaluate(aborted)).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("answers for every sample of a batch, the same whatever stands beside it, if it can predict", async () => {
    const trainer = await open();
    if (trainer.predict === undefined) return;
    const context = await measured(await fit());
    const predictor = await trainer.predict(context);
    try {
      const single = new DataLoader(context.batches.dataset as Dataset, { batchSize: 1 });
      const alone: number[] = [];
      for await (const batch of single) alone.push(...Array.from((await predictor.answer(batch)).data));
      const together: number[] = [];
      for await (const batch of context.batches) {
        const { shape, data } = await predictor.answer(batch);
        expect(shape[0]).toBe(batch.indices.length);
        expect(data.length).toBe(shape.reduce((product, extent) => product * extent, 1));
        together.push(...Array.from(data));
      }
      expect(together.length).toBe(alone.length);
      for (const [i, value] of alone.entries()) expect(together[i]).toBeCloseTo(value, 4);
    } finally {
      await predictor.close();
    }
  });
}

async function trainedContext(suite: TrainerSuite, { runDir, result, events }: Run): Promise<TrainedContext> {
  const told = events.find((event) => event.type === "model");
  expect(told?.inputs, "the event `model` must say what the inputs are").not.toHaveLength(0);
  return {
    runDir,
    modelPath: result.modelPath,
    weights: "final",
    model: await resolve(suite.model),
    facts: suite.facts ?? {},
    inputs: told?.inputs as readonly InputForm[],
    seed,
    signal: new AbortController().signal,
    report: () => undefined,
  };
}

/** What must not differ between two runs: all but times. */
function numbersOf({ result }: Run): unknown {
  return result.epochs.map(({ epoch, train, validation }) => ({ epoch, train, validation }));
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-trainer-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
