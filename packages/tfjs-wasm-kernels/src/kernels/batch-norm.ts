/** FusedBatchNorm: (x − mean) / √(variance + ε) · scale + offset, with numbers for each channel. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { backendsOwn, type KernelCall, simdFor, type WasmKernel } from "./kernel.js";

/** The backend takes one element after the other. */
export const fusedBatchNorm: WasmKernel = {
  kernelName: "FusedBatchNorm",
  reason: "slow",
  create: (tf, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const { x, mean } = call.inputs;
      const channels = x.shape[x.shape.length - 1];
      const given = ["mean", "variance", "offset", "scale"].map((name) => call.inputs[name] ?? undefined);
      const isPlain = given.every((each) => each === undefined || String(each.shape) === String([channels]));
      const machine = isPlain ? simdFor(call.backend, x, mean) : undefined;
      if (machine === undefined) return others(call);
      const y = call.backend.makeOutput(x.shape, "float32");
      machine.withScratch([channels * 4, channels * 4, channels * 4], (p, q, s) => {
        const values = channelNumbers(call);
        for (const [i, address] of [p, q, s].entries()) machine.write(address, values[i]);
        machine.overRows("normalize", {
          x: machine.address(x),
          y: machine.address(y),
          rows: tf.util.sizeFromShape(x.shape) / channels,
          columns: channels,
          p,
          q,
          s,
        });
      });
      return y;
    };
  },
};

/** For each channel what is subtracted, multiplied with, and added. */
function channelNumbers({ inputs, attrs, backend }: KernelCall): Float32Array[] {
  const read = (name: string): Float32Array | undefined => {
    const given = inputs[name] as TensorInfo | null | undefined;
    return given ? (backend.typedArrayFromHeap(given) as Float32Array) : undefined;
  };
  const [mean, variance, offset, scale] = ["mean", "variance", "offset", "scale"].map(read) as Float32Array[];
  const epsilon = attrs.varianceEpsilon as number;
  const factor = variance.map((each, i) => (scale?.[i] ?? 1) / Math.sqrt(each + epsilon));
  return [mean, factor, offset ?? new Float32Array(mean.length)];
}
