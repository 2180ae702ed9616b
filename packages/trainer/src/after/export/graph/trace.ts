/** Records which kernels a model runs, and where each one's inputs come from. */
import type { NamedTensorMap, Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Engine } from "../../../engine.js";

/** An array that no kernel made: a weight, or a constant of a layer. */
export interface Constant {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: ArrayLike<number>;
}

/** Where a value comes from: the model's input at a place, output `index` of kernel `step`, or a constant. */
export type Origin =
  | { readonly from: "input"; readonly index: number }
  | { readonly from: "kernel"; readonly step: number; readonly index: number }
  | { readonly from: "weight"; readonly name: string }
  | { readonly from: "constant"; readonly constant: Constant };

export interface Step {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Origin>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of the first input and the first output. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly outputType: string;
}

export interface Trace {
  readonly steps: readonly Step[];
  readonly output: Origin;
}

type RunKernel = (kernel: string, inputs: NamedTensorMap, attributes?: object) => Tensor | Tensor[];

/** One forward pass without training; every layer of tfjs asks for its kernels at this one door. */
export function trace(engine: Engine, model: LayersModel, inputs: readonly Tensor[]): Trace {
  const door = engine.engine() as unknown as { runKernel: RunKernel };
  const run = door.runKernel.bind(door);
  const origins = new Map(inputs.map(({ id }, index): [number, Origin] => [id, { from: "input", index }]));
  for (const [i, weight] of model.weights.entries()) {
    origins.set(weight.read().id, { from: "weight", name: `${i}/${weight.originalName}` });
  }
  const steps: Step[] = [];
  let output: Origin = { from: "input", index: 0 };
  const originOf = (tensor: Tensor): Origin => origins.get(tensor.id) ?? constantOf(tensor);
  door.runKernel = (kernel, inputs, attributes = {}) => {
    const given = Object.entries(inputs).filter(([, tensor]) => tensor != null);
    const found = Object.fromEntries(given.map(([name, tensor]) => [name, originOf(tensor)]));
    const made = run(kernel, inputs, attributes);
    const outputs = Array.isArray(made) ? made : [made];
    const step = steps.length;
    for (const [index, tensor] of outputs.entries()) origins.set(tensor.id, { from: "kernel", step, index });
    const [first] = outputs;
    const inputShape = given[0]?.[1].shape ?? [];
    const told = { inputShape, outputShape: first.shape, outputType: first.dtype };
    steps.push({ kernel, inputs: found, attributes: { ...attributes }, ...told });
    return made;
  };
  try {
    engine.tidy(() => {
      const made = model.call(inputs.length === 1 ? inputs[0] : [...inputs], { training: false });
      output = originOf(Array.isArray(made) ? made[0] : made);
    });
    return { steps, output };
  } finally {
    delete (door as Partial<typeof door>).runKernel;
  }
}

function constantOf(tensor: Tensor): Origin {
  const { shape, dtype } = tensor;
  return { from: "constant", constant: { shape, dtype, data: tensor.dataSync() } };
}
