/** Convolutions with `same` padding whose stride exceeds the window along one axis: the backend returns zeros. */
import type { KernelFunc, Tensor4D, TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import { conv2dInfo } from "../geometry/conv2d-info.js";
import { backendsOwn, type Kernel, type KernelCall, tensorOf, type WasmKernel } from "./kernel.js";
import { fitToWindows, window2dOf } from "../geometry/windows.js";

export const depthwiseKernels: readonly WasmKernel[] = ["DepthwiseConv2dNative", "FusedDepthwiseConv2D"].map(
  (kernelName) => ({
    kernelName,
    reason: "wrong",
    create: (tf, original) => withPaddingMended(tf, original, true),
  }),
);

/**
 * The backend's own convolution, mended: XNNPACK refuses an operator that pads one axis and skips elements along the
 * other, such as a window of 2 × 1 with stride 2; the backend ignores the refusal and leaves its output as it was
 * allocated. Padding first avoids that.
 */
export function withPaddingMended(tf: Core, original: KernelFunc | undefined, depthwise: boolean): Kernel {
  const own = backendsOwn(original);
  return (call) => {
    const x = call.attrs.pad === "same" ? padded(tf, call, depthwise) : undefined;
    const inputs = x === undefined ? call.inputs : { ...call.inputs, x };
    const attrs = x === undefined ? call.attrs : { ...call.attrs, pad: "valid" };
    return own({ inputs, attrs, backend: call.backend });
  };
}

function padded(
  tf: Core,
  { inputs: { x, filter }, attrs }: KernelCall,
  depthwise: boolean,
): TensorInfo | undefined {
  const info = conv2dInfo(tf, { ...attrs, dataFormat: "NHWC" }, x.shape, filter.shape, depthwise);
  const skips =
    info.strideHeight > info.effectiveFilterHeight || info.strideWidth > info.effectiveFilterWidth;
  return skips ? fitToWindows(tf, tensorOf(tf, x) as Tensor4D, window2dOf(info)) : undefined;
}
