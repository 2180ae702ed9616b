/** Convolutions with `same` padding whose stride exceeds the window along one axis: the backend returns zeros. */
import type { KernelFunc, Tensor4D, TensorInfo } from "@tensorflow/tfjs-core";
import type { Kernel, WasmKernel } from "./kernel.js";
import { tensorOf } from "./kernel.js";
import { conv2dInfo } from "./conv2d-info.js";
import { fitToWindows, window2dOf } from "./windows.js";

/**
 * XNNPACK refuses an operator that pads one axis and skips elements along the other, such as a window of 2 × 1 with
 * stride 2; the backend ignores the refusal and leaves its output as it was allocated. Padding first avoids that.
 */
export const samePaddingKernels: readonly WasmKernel[] = [
  "Conv2D",
  "FusedConv2D",
  "DepthwiseConv2dNative",
  "FusedDepthwiseConv2D",
].map((kernelName) => ({
  kernelName,
  reason: "wrong",
  create: (tf, original) => {
    if (original === undefined) throw new Error(`the wasm backend has no ${kernelName} to build on`);
    const depthwise = kernelName.includes("Depthwise");
    return padFirst(original, ({ inputs: { x, filter }, attrs }) => {
      const info = conv2dInfo(tf, { ...attrs, dataFormat: "NHWC" }, x.shape, filter.shape, depthwise);
      const skips =
        info.strideHeight > info.effectiveFilterHeight || info.strideWidth > info.effectiveFilterWidth;
      return skips ? fitToWindows(tf, tensorOf(tf, x) as Tensor4D, window2dOf(info)) : undefined;
    });
  },
}));

function padFirst(
  original: KernelFunc,
  padded: (call: Parameters<Kernel>[0]) => TensorInfo | undefined,
): Kernel {
  return (call) => {
    const x = call.attrs.pad === "same" ? padded(call) : undefined;
    const inputs = x === undefined ? call.inputs : { ...call.inputs, x };
    const attrs = x === undefined ? call.attrs : { ...call.attrs, pad: "valid" };
    const forwarded = { inputs, attrs, backend: call.backend } as Parameters<KernelFunc>[0];
    return original(forwarded) as TensorInfo;
  };
}
