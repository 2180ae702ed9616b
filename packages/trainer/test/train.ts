/** Runs the trainer plugin as the runner would, and collects what it reports. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Batch, DatasetFacts, ModelDefinition } from "@millrace/core";
import {
  type BatchSource,
  type CheckResult,
  type FitContext,
  type FitResult,
  knownLength,
  type TrainedContext,
  type TrainEvent,
} from "@millrace/core/spec";
import { onTestFinished } from "vitest";
import type { z } from "zod";
import layers from "../src/models/layers.js";
import { type TrainerOptions, trainerOptions } from "../src/options.js";
import trainer from "../src/trainer.js";
import { memorySource } from "./batches.js";
import { bars } from "./tasks.js";

const context = { baseUrl: new URL("file:///"), seed: 7 };

export interface Run {
  readonly options?: z.input<typeof trainerOptions>;
  readonly layers?: readonly object[];
  readonly model?: ModelDefinition;
  readonly data: Pick<FitContext, "train" | "validation">;
  readonly labels?: readonly string[];
  /** Facts beside the labels. */
  readonly facts?: DatasetFacts;
  readonly inverses?: FitContext["inverses"];
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly resumeFrom?: string;
  /** An existing folder that stays; a new one, which is removed, if not given. */
  readonly runDir?: string;
  readonly onEvent?: (event: TrainEvent) => void;
}

export interface Ran {
  readonly result: FitResult;
  readonly events: readonly TrainEvent[];
  readonly runDir: string;
}

/** Calls `use` with the finished run, and removes its folder. */
export async function withRun<T>(run: Run, use: (ran: Ran) => T | Promise<T>): Promise<T> {
  const runDir = run.runDir ?? (await mkdtemp(join(tmpdir(), "millrace-träiner ")));
  try {
    const events: TrainEvent[] = [];
    const made = await trainer.create(trainer.options.parse({ device: "wasm", ...run.options }), context);
    if (!("fit" in made)) throw new Error("the trainer plugin must make a trainer");
    const result = await made.fit({
      ...run.data,
      model: run.model ?? (await layersModel(run.layers ?? [])),
      facts: factsOf(run),
      seed: run.seed ?? 7,
      runDir,
      ...(run.inverses && { inverses: run.inverses }),
      ...(run.resumeFrom !== undefined && { resumeFrom: run.resumeFrom }),
      signal: run.signal ?? new AbortController().signal,
      report: (event) => {
        events.push(event);
        run.onEvent?.(event);
      },
    });
    return await use({ result, events, runDir });
  } finally {
    if (run.runDir === undefined) await rm(runDir, { recursive: true });
  }
}

function factsOf({ labels, facts }: Run): DatasetFacts {
  return { ...facts, ...(labels && { labels }) };
}

/** A run that has ended, and what is needed to take it up again. */
export interface Finished {
  readonly result: FitResult;
  readonly runDir: string;
  readonly options: TrainerOptions;
  readonly context: TrainedContext;
}

/** The same in a folder that is removed when the test ends. */
export async function finishedHere(run: Run): Promise<Finished> {
  const done = await finished(run);
  onTestFinished(() => rm(done.runDir, { recursive: true }));
  return done;
}

/** Its folder is the caller's to remove. */
export async function finished(run: Run): Promise<Finished> {
  const runDir = await mkdtemp(join(tmpdir(), "millrace-after ü "));
  const { result, events } = await withRun({ ...run, runDir }, (ran) => ran);
  const told = events.find((event) => event.type === "model");
  if (told?.inputs === undefined) throw new Error("the trainer must tell the forms of its inputs");
  const facts = factsOf(run);
  return {
    result,
    runDir,
    options: trainerOptions.parse({ device: "wasm", ...run.options }),
    context: {
      runDir,
      modelPath: result.modelPath,
      weights: "final",
      model: run.model ?? (await layersModel(run.layers ?? [])),
      facts,
      inputs: told.inputs,
      seed: 7,
      signal: new AbortController().signal,
      report: () => {},
      ...(run.inverses && { inverses: run.inverses }),
    },
  };
}

/** Runs the trainer's check on the first batches, which `seen` may look at before they are released. */
export async function checkRun(run: Run, seen: (batch: Batch) => void = () => {}): Promise<CheckResult> {
  const made = await trainer.create(trainer.options.parse({ device: "wasm", ...run.options }), context);
  const [batch, validation] = await Promise.all([firstOf(run.data.train), firstOf(run.data.validation)]);
  if (batch === undefined) throw new Error("there must be a batch");
  try {
    const checked = await made.check?.({
      model: run.model ?? (await layersModel(run.layers ?? [])),
      facts: factsOf(run),
      seed: run.seed ?? 7,
      batch,
      ...(validation && { validation }),
      steps: knownLength(run.data.train),
    });
    seen(batch);
    if (checked === undefined) throw new Error("the trainer must have a check");
    return checked;
  } finally {
    batch.release();
    validation?.release();
  }
}

async function firstOf(source: BatchSource | undefined): Promise<Batch | undefined> {
  for await (const batch of source?.batches(0) ?? []) return batch;
  return undefined;
}

/** The `layers` model plugin's definition. */
export async function layersModel(list: readonly object[]): Promise<ModelDefinition> {
  return layers.create(layers.options.parse({ layers: list }), context);
}

/** A small image model; with `bars` it has 114 weights. */
export const imageLayers = [
  { type: "rescaling", scale: 1 / 255 },
  { type: "conv2d", filters: 4, kernelSize: 3, activation: "relu" },
  { type: "maxPooling2d", poolSize: 2 },
  { type: "dropout", rate: 0.2 },
  { type: "flatten" },
  { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
];

/** A run that learns to tell bars apart, over a validation split of 70 samples. */
export function barsRun(overrides: Partial<Run> & { count?: number } = {}): Run {
  const { count = 200, ...rest } = overrides;
  return {
    options: { epochs: 4, optimizer: { type: "adam", learningRate: 0.01 } },
    layers: imageLayers,
    data: { train: memorySource(bars(count), 16), validation: memorySource(bars(70, 2), 16) },
    labels: ["across", "upright"],
    ...rest,
  };
}

/** The bytes of the weights that a run saved. */
export function weightsOf(runDir: string): Promise<Buffer> {
  return readFile(join(runDir, "model/weights.bin"));
}
