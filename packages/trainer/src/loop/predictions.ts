/** Keeps a few samples of a split and asks the trained model about them. */
import type { Batch, NdArray, Prediction } from "@millrace/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { losses } from "../losses/losses.js";
import type { Columns } from "./columns.js";
import type { StepParts } from "./step.js";
import { upload } from "./upload.js";

type Kept = Pick<Prediction, "index" | "input" | "target">;

/** Collects up to `limit` samples, spread evenly over an epoch of `total` samples. */
export class Gallery {
  readonly #wanted: ReadonlySet<number>;
  readonly #kept: Kept[] = [];
  #position = 0;

  constructor(total: number, limit = 60) {
    const count = Math.min(total, limit);
    this.#wanted = new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * total) / count)));
  }

  /** Call once for each batch of the epoch, in order, before the batch is released. */
  offer(batch: Batch, { input, target, samples }: Columns): void {
    for (let row = 0; row < samples; row++) {
      if (!this.#wanted.has(this.#position++)) continue;
      const answer = singleTarget(rowOf(target, row));
      if (answer === undefined) continue;
      this.#kept.push({ index: batch.indices[row], input: rowOf(input, row), target: answer });
    }
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** What the model says of the kept samples; none where it gives more than one answer for a sample. */
  async predictions(parts: StepParts): Promise<Prediction[]> {
    const predictions: Prediction[] = [];
    for (const group of byShape(this.#kept)) predictions.push(...(await predict(parts, group)));
    return predictions.sort((a, b) => a.index - b.index);
  }
}

function rowOf({ dtype, shape, data }: NdArray, row: number): NdArray {
  const size = data.length / shape[0];
  // slice copies into ordinary memory, so that the batch's slot can be filled again.
  return { dtype, shape: shape.slice(1), data: data.slice(row * size, (row + 1) * size) };
}

/** The number itself; for one-hot and mixed labels, the label with the largest share. */
function singleTarget({ shape, data }: NdArray): number | undefined {
  if (data.length === 1) return data[0];
  return shape.length === 1 ? data.indexOf(Math.max(...data)) : undefined;
}

function byShape(kept: readonly Kept[]): Kept[][] {
  const groups = new Map<string, Kept[]>();
  for (const sample of kept) {
    const key = sample.input.shape.join();
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()];
}

async function predict(parts: StepParts, group: readonly Kept[]): Promise<Prediction[]> {
  const { engine } = parts;
  const made = engine.tidy((): Tensor[] => {
    const outputs = parts.forward.run(stackOf(engine, group), false);
    const { tensor } = outputs;
    const isSingle = losses[parts.loss].activation === "softmax" || tensor.shape[1] === 1;
    if (tensor.rank !== 2 || !isSingle) return [];
    const { predicted, confidence } = losses[parts.loss].decide(engine, outputs);
    return confidence === undefined ? [predicted] : [predicted, confidence];
  });
  try {
    const [predicted, confidence] = await Promise.all(made.map((tensor) => tensor.data()));
    if (predicted === undefined) return [];
    return group.map((sample, i) => ({
      ...sample,
      predicted: predicted[i],
      ...(confidence === undefined ? {} : { confidence: confidence[i] }),
    }));
  } finally {
    engine.dispose(made);
  }
}

function stackOf(engine: Engine, group: readonly Kept[]): Tensor {
  return engine.stack(group.map(({ input }) => upload(engine, input as NdArray)));
}
