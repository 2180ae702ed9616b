/** Add, Sub, Multiply and RealDiv of a tensor and numbers for its last axes, such as a bias for each channel. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import { backendsOwn, type KernelCall, simdFor, type WasmKernel } from "./kernel.js";
import type { RowFormula } from "../simd/rows.js";

/** Each kernel's formula where the numbers are its second argument, and where they are its first. */
const formulas: Readonly<Record<string, readonly [RowFormula, RowFormula]>> = {
  Add: ["add", "add"],
  Multiply: ["multiply", "multiply"],
  RealDiv: ["divide", "divideFrom"],
  Sub: ["subtract", "subtractFrom"],
};

/** The backend finds the place of each element anew where one argument is to be repeated: ten times slower. */
export const rowwiseKernels: readonly WasmKernel[] = Object.entries(formulas).map(
  ([kernelName, [formula, reversed]]) => ({
    kernelName,
    reason: "slow",
    create: (tf, original) => {
      const others = backendsOwn(original);
      return (call) => {
        const { a, b } = call.inputs;
        return overRows(tf, call, a, b, formula) ?? overRows(tf, call, b, a, reversed) ?? others(call);
      };
    },
  }),
);

function overRows(
  tf: Core,
  { backend }: KernelCall,
  x: TensorInfo,
  numbers: TensorInfo,
  formula: RowFormula,
): TensorInfo | undefined {
  if (!isRepeated(numbers.shape, x.shape)) return undefined;
  const machine = simdFor(backend, x, numbers);
  if (machine === undefined) return undefined;
  const columns = tf.util.sizeFromShape(numbers.shape);
  const y = backend.makeOutput(x.shape, "float32");
  machine.overRows(formula, {
    x: machine.address(x),
    y: machine.address(y),
    rows: tf.util.sizeFromShape(x.shape) / columns,
    columns,
    p: machine.address(numbers),
  });
  return y;
}

/** Whether `small` is `large` without some of its first axes, or with 1 in their place; at least four numbers. */
function isRepeated(small: readonly number[], large: readonly number[]): boolean {
  const first = small.findIndex((extent) => extent !== 1);
  const own = first < 0 ? [] : small.slice(first);
  const count = own.reduce((product, extent) => product * extent, 1);
  if (count < 4 || small.length > large.length || own.length >= large.length) return false;
  return own.every((extent, i) => extent === large[large.length - own.length + i]);
}
