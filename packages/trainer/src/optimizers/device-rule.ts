/** A rule's formula as a device computes it: one operation after the other, or, on WebGPU, one shader for each result. */
import type { KernelFunc, Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { Info, Program, WebgpuBackend } from "../repairs/webgpu-backend.js";
import type { Algebra, Moment, Rule, Updated, Variables } from "./rule.js";

export type DeviceRule = (variables: Variables<Tensor>, moment: Moment) => Updated<Tensor>;

/** Call within a tidy: what comes back is to be kept. */
export function ruleOnDevice(engine: Engine, rule: Rule): DeviceRule {
  return engine.getBackend() === "webgpu" ? inShaders(engine, rule) : inOperations(engine, rule);
}

function inOperations(engine: Engine, rule: Rule): DeviceRule {
  const algebra: Algebra<Tensor> = {
    add: (a, b) => engine.add(a, b),
    subtract: (a, b) => engine.sub(a, b),
    multiply: (a, b) => engine.mul(a, b),
    divide: (a, b) => engine.div(a, b),
    squareRoot: (a) => engine.sqrt(a),
    scale: (a, factor) => engine.mul(a, factor),
    shift: (a, by) => engine.add(a, by),
  };
  return (variables, moment) => rule.update(algebra, variables, moment);
}

const kernelName = "MillraceUpdate";

type Attributes = {
  readonly names: string[];
  readonly formula: string;
  readonly numbers: number[];
};

function inShaders(engine: Engine, rule: Rule): DeviceRule {
  register(engine);
  const names = ["weights", "gradients", ...rule.slots.map((_, i) => `slot${i}`)];
  const [weights, gradients, ...slots] = names.map((name) => `f32(${name}[index])`);
  return (variables, moment) => {
    // The numbers differ from update to update, the text never does: it is compiled once.
    const numbers: number[] = [];
    const given = (value: number): string => `uniforms.number${numbers.push(value) - 1}`;
    const formulas = rule.update<string>(
      {
        add: (a, b) => `(${a} + ${b})`,
        subtract: (a, b) => `(${a} - ${b})`,
        multiply: (a, b) => `(${a} * ${b})`,
        divide: (a, b) => `(${a} / ${b})`,
        squareRoot: (a) => `sqrt(${a})`,
        scale: (a, factor) => `(${a} * ${given(factor)})`,
        shift: (a, by) => `(${a} + ${given(by)})`,
      },
      { weights, gradients, slots },
      moment,
    );
    const tensors = [variables.weights, variables.gradients, ...variables.slots];
    const run = (formula: string): Tensor => {
      // WebGPU knows only those inputs that a shader reads.
      const read = names.filter((name) => formula.includes(`${name}[`));
      const inputs = Object.fromEntries(read.map((name) => [name, tensors[names.indexOf(name)]]));
      return engine.engine().runKernel(kernelName, inputs, { names: read, formula, numbers });
    };
    return { weights: run(formulas.weights), slots: formulas.slots.map(run) };
  };
}

function register(engine: Engine): void {
  if (engine.getKernel(kernelName, "webgpu") !== undefined) return;
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
    const { names, formula, numbers } = attrs as unknown as Attributes;
    const tensors = names.map((name) => inputs[name] as unknown as Info);
    const [{ shape }] = tensors;
    const flat = tensors.map((tensor) => ({ ...tensor, shape: [engine.util.sizeFromShape(shape)] }));
    const uniforms = numbers.map((value) => ({ type: "float32" as const, data: [value] }));
    const made = (backend as WebgpuBackend).runWebGPUProgram(
      programOf({ names, formula, numbers }, flat[0].shape[0]),
      flat,
      "float32",
      uniforms,
    );
    return { ...made, shape } as ReturnType<KernelFunc>;
  };
  engine.registerKernel({ kernelName, backendName: "webgpu", kernelFunc });
}

const threads = 128;

function programOf({ names, formula, numbers }: Attributes, size: number): Program {
  return {
    variableNames: names,
    outputShape: [size],
    workgroupSize: [threads, 1, 1],
    dispatch: [Math.ceil(size / threads), 1, 1],
    dispatchLayout: { x: [0] },
    shaderKey: `${kernelName} of ${numbers.length} numbers: ${formula}`,
    uniforms: numbers.map((_, i) => `number${i} : f32, `).join(""),
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.outShape) { setOutputAtIndex(index, ${formula}); }
      }
    `,
  };
}
