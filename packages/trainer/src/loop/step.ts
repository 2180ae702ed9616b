/** One batch: forward, loss and, to learn from it, backward. */
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { Outputs } from "../losses/loss.js";
import { losses } from "../losses/losses.js";
import type { Measured } from "../measuring/tallies.js";
import type { Outcome } from "../metrics/metric.js";
import { withoutIgnored } from "../metrics/answers.js";
import { metrics } from "../metrics/metrics.js";
import { type Example, perRow, type ReadyModel } from "../models/ready.js";
import type { Gradients } from "../optimizers/updater.js";

/** What the forward pass and the loss come to. */
interface Forwarded {
  readonly outputs: Outputs;
  /** The loss of each answer. */
  readonly each: Tensor;
  /** The mean loss alone, and with what regularizers add. */
  readonly mean: Scalar;
  readonly total: Scalar;
}

/** The same, and the gradients of the total; `dispose` frees all of it. */
export interface Learned extends Omit<Forwarded, "each"> {
  readonly gradients: Gradients;
  /** Milliseconds of this thread. */
  readonly spent: { readonly forward: number; readonly backward: number };
  dispose(): void;
}

/** Forward, loss and backward, as training has them: with dropout and batch statistics. `watched` may look at the forward pass. */
export function forwardAndBackward(
  ready: ReadyModel,
  example: Example,
  watched: <T>(share: number, forward: () => T) => T = (_, forward) => forward(),
): Learned {
  const { engine, model } = ready;
  const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
  let made: Forwarded | undefined;
  const started = performance.now();
  let turned = started;
  const { value, grads } = engine.variableGrads(() => {
    made = watched(example.share, () => forwardAndLoss(ready, example, true));
    // The gradient's own scope would dispose of what the metrics still need.
    engine.keep(made.outputs.tensor);
    engine.keep(made.mean);
    turned = performance.now();
    return made.total;
  }, variables);
  const spent = { forward: turned - started, backward: performance.now() - turned };
  const { outputs, mean } = made as unknown as Forwarded;
  const gradients = variables.map(({ name }) => grads[name] ?? undefined);
  const dispose = (): void => engine.dispose([outputs.tensor, mean, value, grads]);
  return { outputs, mean, total: value, gradients, spent, dispose };
}

/** The loss of the batch, and of the outputs no more than a metric reads, on the host. */
export async function measuredOf(
  ready: ReadyModel,
  { share, samples, truth }: Example,
  made: Pick<Forwarded, "outputs" | "mean" | "total">,
): Promise<Measured> {
  const { engine, loss, forward, ignored, unit } = ready;
  const { tensor } = made.outputs;
  const readings = engine.tidy(() => readingsOf(ready, made));
  try {
    const [[total], [meanLoss], ...rest] = await Promise.all(readings.map((reading) => reading.data()));
    const isLabels = (i: number): boolean => readings[i + 2].dtype === "int32";
    const inUnit = (values: ArrayLike<number>) => unit?.restore(values) ?? values;
    const units = tensor.shape[tensor.rank - 1] ?? 1;
    const outcome: Outcome = {
      loss,
      kind: forward.kind,
      samples,
      units: tensor.rank > 1 ? units : 1,
      meanLoss,
      share,
      target: inUnit(truth),
      outputs: inUnit(rest.find((_, i) => !isLabels(i)) ?? []),
      predicted: rest.find((_, i) => isLabels(i)) ?? [],
    };
    return { loss: total, outcome: ignored === undefined ? outcome : withoutIgnored(outcome, ignored) };
  } finally {
    engine.dispose(readings);
  }
}

/** Measures without dropout, batch statistics or update. */
export async function measureStep(ready: ReadyModel, example: Example, wantsEach = false): Promise<Measured> {
  const { engine } = ready;
  const made = engine.tidy((): Tensor[] => {
    const { outputs, mean, total, each } = forwardAndLoss(ready, example, false);
    return [outputs.tensor, mean, total, ...(wantsEach ? [perRow(engine, each, example.weights)] : [])];
  });
  const [tensor, mean, total, own] = made as [Tensor, Scalar, Scalar, Tensor?];
  try {
    const outputs = { kind: ready.forward.kind, tensor };
    const measuring = measuredOf(ready, example, { outputs, mean, total });
    const [measured, each] = await Promise.all([measuring, own?.data()]);
    return each === undefined ? measured : { ...measured, each };
  } finally {
    engine.dispose(made);
  }
}

function forwardAndLoss(ready: ReadyModel, example: Example, training: boolean): Forwarded {
  const { engine, model } = ready;
  const outputs = ready.forward.run(example.inputs, training);
  const each =
    ready.ownLoss?.(outputs.tensor, example.target) ??
    losses[ready.loss].each(engine, outputs, example.target, ready.smoothing, example.byLabel);
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

function readingsOf(
  { engine, metrics: names, loss }: ReadyModel,
  { outputs, mean, total }: Pick<Forwarded, "outputs" | "mean" | "total">,
): Tensor[] {
  const wanted = new Set(names.map((name) => metrics[name].reads));
  const readings: Tensor[] = [engine.reshape(total, [1]), engine.reshape(mean, [1])];
  const isBinary = loss === "binaryCrossentropy";
  if (wanted.has("outputs") || (isBinary && wanted.has("predicted"))) {
    readings.push(engine.clone(outputs.tensor));
  }
  if (!isBinary && wanted.has("predicted")) readings.push(engine.argMax(outputs.tensor, -1));
  return readings;
}
