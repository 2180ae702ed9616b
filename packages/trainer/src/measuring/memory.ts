/** What a step of training takes on the device, as far as shapes tell it. */
import { sizeOf } from "@millrace/core";
import type { LayerForm, MemoryEstimate } from "@millrace/core/spec";
import type { Columns } from "../feeding/columns.js";
import { ruleOf } from "../optimizers/optimizers.js";
import type { TrainerOptions } from "../options.js";

/** All that is computed with is float32. */
const bytesEach = 4;

/** An axis whose length varies is taken to be as long as the first input's. */
export function estimateMemory(
  layers: readonly LayerForm[],
  options: Pick<TrainerOptions, "optimizer" | "averageWeights" | "accumulate">,
  { inputs, target, samples }: Columns,
): MemoryEstimate {
  const [{ array: first }] = inputs;
  const [rows, length = 1] = first.shape;
  const sum = (of: (layer: LayerForm) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  const trainable = sum((layer) => layer.trainable);
  const copies =
    ruleOf(options.optimizer).slots.length +
    (options.averageWeights === undefined ? 0 : 1) +
    (options.accumulate > 1 ? 1 : 0);
  const held = [...inputs.map(({ array }) => array), target];
  return {
    weights: bytesEach * sum((layer) => layer.parameters),
    gradients: bytesEach * trainable,
    optimizer: bytesEach * copies * trainable,
    batch: bytesEach * held.reduce((total, { shape }) => total + sizeOf(shape), 0),
    activations: bytesEach * rows * sum(({ shape }) => sizeOf(shape.map((extent) => extent ?? length))),
    samples,
  };
}
