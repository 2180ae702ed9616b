/** Conv2D and FusedConv2D: convolutions of images, the second with bias and activation. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import { conv2dInfo } from "../geometry/conv2d-info.js";
import { type KernelCall, simdFor, type WasmKernel } from "./kernel.js";
import { withPaddingMended } from "./same-padding.js";
import { canConvolve, convolve } from "../simd/convolution.js";

/** Our own code is a third faster than the backend's; what it does not compute goes there. */
export const conv2d: WasmKernel = {
  kernelName: "Conv2D",
  reason: "wrong",
  create: (tf, original) => {
    const others = withPaddingMended(tf, original, false);
    return (call) => convolved(tf, call, Number.NEGATIVE_INFINITY) ?? others(call);
  },
};

export const fusedConv2d: WasmKernel = {
  kernelName: "FusedConv2D",
  reason: "wrong",
  create: (tf, original) => {
    const others = withPaddingMended(tf, original, false);
    return (call) => {
      const floor = floorOf(call.attrs.activation);
      return (floor === undefined ? undefined : convolved(tf, call, floor)) ?? others(call);
    };
  },
};

/** The bound below that an activation comes down to; undefined if it is another. */
export function floorOf(activation: unknown): number | undefined {
  if (activation === "relu") return 0;
  return activation === "linear" || activation == null ? Number.NEGATIVE_INFINITY : undefined;
}

function convolved(tf: Core, { inputs, attrs, backend }: KernelCall, floor: number): TensorInfo | undefined {
  const { x, filter } = inputs;
  // Absent inputs are undefined or null, whatever the registry's types say.
  const bias = (inputs.bias ?? undefined) as TensorInfo | undefined;
  const info = conv2dInfo(tf, attrs, x.shape, filter.shape);
  const machine = simdFor(backend, x, filter, ...(bias ? [bias] : []));
  const isBias = bias === undefined || tf.util.sizeFromShape(bias.shape) === info.outChannels;
  if (machine === undefined || !isBias || !canConvolve(info)) return undefined;
  const y = backend.makeOutput(info.outShape, "float32");
  convolve(machine, info, { x, filter, y }, { bias, floor });
  return y;
}
