/** One training step and one evaluation step: forward, loss, and for training the gradients. */
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../engine.js";
import type { Outputs } from "../losses/loss.js";
import { type LossName, losses } from "../losses/losses.js";
import type { Outcome } from "../metrics/metric.js";
import { type MetricName, metrics } from "../metrics/metrics.js";
import type { CodeModel } from "../models/code-model.js";
import type { Gradients } from "../optimizers/updater.js";
import type { Forward } from "../models/forward.js";

export interface StepParts {
  readonly engine: Engine;
  readonly model: LayersModel;
  readonly forward: Forward;
  readonly loss: LossName;
  /** The model's own loss of each sample, instead of the one named. */
  readonly ownLoss?: CodeModel["loss"];
  readonly metrics: readonly MetricName[];
}

/** One batch on the device. */
export interface Example {
  readonly input: Tensor;
  readonly target: Tensor;
  /** How much each answer counts, shape [answers]; equally much if absent. */
  readonly weights?: Tensor;
  /** How much all of them count together. */
  readonly share: number;
  readonly samples: number;
  /** The target on the host. */
  readonly truth: ArrayLike<number>;
}

export interface Measured {
  /** With what regularizers add. */
  readonly loss: number;
  readonly outcome: Outcome;
  /** The loss of each sample alone, where it was asked for. */
  readonly each?: ArrayLike<number>;
}

/**
 * Measures, and hands the gradients on to `use` before they are freed; where the loss is known without waiting for the
 * device, only if it is finite.
 */
export async function trainStep(
  parts: StepParts,
  example: Example,
  waits: boolean,
  use: (gradients: Gradients) => void,
): Promise<Measured> {
  const { engine, model } = parts;
  let made: Forwarded | undefined;
  const forward = (): Scalar => {
    made = forwardAndLoss(parts, example, true);
    // The gradient's own scope would dispose of what the metrics still need.
    engine.keep(made.outputs.tensor);
    engine.keep(made.mean);
    return made.total;
  };
  try {
    const readings = engine.tidy(() => {
      const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
      const { value, grads } = engine.variableGrads(forward, variables);
      if (waits || Number.isFinite(value.dataSync()[0]))
        use(variables.map(({ name }) => grads[name] ?? undefined));
      return read(parts, { ...(made as Forwarded), total: value });
    });
    return await measuredOf(parts, example, readings, made as Forwarded);
  } finally {
    if (made !== undefined) engine.dispose([made.outputs.tensor, made.mean]);
  }
}

/** Measures without dropout, batch statistics or update. */
export async function evaluateStep(parts: StepParts, example: Example, wantsEach = false): Promise<Measured> {
  const { engine } = parts;
  let made: Forwarded | undefined;
  let own: Tensor | undefined;
  const readings = engine.tidy(() => {
    made = forwardAndLoss(parts, example, false);
    if (wantsEach) own = engine.keep(perSample(engine, made.each, example.samples));
    return read(parts, made);
  });
  try {
    const measuring = measuredOf(parts, example, readings, made as unknown as Forwarded);
    const [measured, each] = await Promise.all([measuring, own?.data()]);
    return each === undefined ? measured : { ...measured, each };
  } finally {
    own?.dispose();
  }
}

/** The mean over what a loss gives for each sample: [samples, …] becomes [samples]. */
export function perSample(engine: Engine, each: Tensor, samples: number): Tensor {
  return engine.mean(engine.reshape(each, [samples, -1]), 1);
}

interface Forwarded {
  readonly outputs: Outputs;
  /** The loss of each answer. */
  readonly each: Tensor;
  /** The mean loss alone, and with what regularizers add. */
  readonly mean: Scalar;
  readonly total: Scalar;
}

function forwardAndLoss(parts: StepParts, example: Example, training: boolean): Forwarded {
  const { engine, model } = parts;
  const outputs = parts.forward.run(example.input, training);
  const each =
    parts.ownLoss?.(outputs.tensor, example.target) ??
    losses[parts.loss].each(engine, outputs, example.target);
  const mean = weightedMean(engine, each, example);
  const total = model.calculateLosses().reduce((sum, term) => engine.add(sum, term), mean);
  return { outputs, each, mean, total };
}

/** Σ weight · loss / Σ weight, as torch's losses with weights have it. */
function weightedMean(engine: Engine, each: Tensor, { weights, share }: Example): Scalar {
  if (weights === undefined) return engine.mean(each);
  const sum = engine.sum<Scalar>(engine.mul(engine.reshape(each, weights.shape), weights));
  return engine.mul(sum, share > 0 ? 1 / share : 0);
}

type Readings = Tensor[];

/** What the host has to know: the loss, and of the outputs no more than a metric reads. */
function read({ engine, metrics: names, loss }: StepParts, { outputs, mean, total }: Forwarded): Readings {
  const wanted = new Set(names.map((name) => metrics[name].reads));
  const readings: Tensor[] = [engine.reshape(total, [1]), engine.reshape(mean, [1])];
  const isBinary = loss === "binaryCrossentropy";
  if (wanted.has("outputs") || (isBinary && wanted.has("predicted")))
    readings.push(engine.clone(outputs.tensor));
  if (!isBinary && wanted.has("predicted")) readings.push(engine.argMax(outputs.tensor, -1));
  return readings;
}

async function measuredOf(
  { engine, loss, forward }: StepParts,
  { share, samples, truth }: Example,
  readings: Readings,
  { outputs }: Forwarded,
): Promise<Measured> {
  try {
    const [[total], [meanLoss], ...rest] = await Promise.all(readings.map((tensor) => tensor.data()));
    const isLabels = (i: number): boolean => readings[i + 2].dtype === "int32";
    const units = outputs.tensor.shape[outputs.tensor.rank - 1] ?? 1;
    const outcome: Outcome = {
      loss,
      kind: forward.kind,
      samples,
      units: outputs.tensor.rank > 1 ? units : 1,
      meanLoss,
      share,
      target: truth,
      outputs: rest.find((_, i) => !isLabels(i)) ?? [],
      predicted: rest.find((_, i) => isLabels(i)) ?? [],
    };
    return { loss: total, outcome };
  } finally {
    engine.dispose(readings);
  }
}
