/** Sum and Mean over all axes but the last, as the gradient of a bias and the statistics of a batch are. */
import { backendsOwn, simdFor, type WasmKernel } from "./kernel.js";
import { sumRows } from "../simd/matrices.js";

/** The backend transposes first, so that what it adds up lies side by side. */
export const sumKernels: readonly WasmKernel[] = (["Sum", "Mean"] as const).map((kernelName) => ({
  kernelName,
  reason: "slow",
  create: (tf, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const { x } = call.inputs;
      const axes = tf.util.parseAxisParam(call.attrs.axis as number | number[], x.shape);
      const isLeading = axes.length === x.shape.length - 1 && !axes.includes(x.shape.length - 1);
      const machine = isLeading && axes.length > 0 ? simdFor(call.backend, x) : undefined;
      if (machine === undefined) return others(call);
      const columns = x.shape[x.shape.length - 1];
      const shape = call.attrs.keepDims === true ? [...axes.map(() => 1), columns] : [columns];
      const output = call.backend.makeOutput(shape, "float32");
      const rows = tf.util.sizeFromShape(x.shape) / columns;
      sumRows(machine, x, output, { rows, columns, weight: kernelName === "Mean" ? 1 / rows : 1 });
      return output;
    };
  },
}));
