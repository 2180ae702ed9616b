/** The true and the predicted label of every answer, whatever the loss. */
import type { Outcome } from "./metric.js";

/** The outcome without the answers whose target is `ignored`: one label index for each. */
export function withoutIgnored(outcome: Outcome, ignored: number): Outcome {
  const { target, outputs, predicted, units } = outcome;
  const kept: number[] = [];
  for (let i = 0; i < target.length; i++) if (target[i] !== ignored) kept.push(i);
  if (kept.length === target.length) return outcome;
  const of = (values: ArrayLike<number>, size: number): Float64Array => {
    const chosen = new Float64Array(values.length === 0 ? 0 : kept.length * size);
    for (let i = 0; i < chosen.length; i++)
      chosen[i] = values[kept[Math.floor(i / size)] * size + (i % size)];
    return chosen;
  };
  return { ...outcome, target: of(target, 1), outputs: of(outputs, units), predicted: of(predicted, 1) };
}

/** Calls `use` for each answer of a model that picks one label out of `units`. */
export function eachLabel(outcome: Outcome, use: (truth: number, predicted: number) => void): void {
  const { target, predicted, units } = outcome;
  const oneHot = outcome.loss === "categoricalCrossentropy";
  for (let i = 0; i < predicted.length; i++) {
    use(oneHot ? largestOf(target, i * units, units) : target[i], predicted[i]);
  }
}

/** Calls `use` for each yes or no: `unit` is the output's place in its sample. */
export function eachDecision(
  { target, outputs, units, kind }: Outcome,
  use: (truth: boolean, predicted: boolean, unit: number) => void,
): void {
  const threshold = kind === "logits" ? 0 : 0.5;
  for (let i = 0; i < outputs.length; i++) use(target[i] > 0.5, outputs[i] > threshold, i % units);
}

/** The place of the largest of `count` values from `start`, the first of equals. */
export function largestOf(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i;
  return best;
}
