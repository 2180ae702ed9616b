/** Conv2DBackpropInput: the gradient of a convolution's input, and the forward pass of a transposed convolution. */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";
import { simdFor, tensorOf } from "./kernel.js";
import { conv2dInfo } from "../geometry/conv2d-info.js";
import { canConvolve } from "../simd/convolution.js";
import { convolveInputGradient } from "../simd/input-gradient.js";
import { spreadForInput, window2dOf } from "../geometry/windows.js";

/** The backend's own kernel is a plain loop. Without our own code, a convolution of dy with the flipped filter runs on XNNPACK. */
export const conv2dBackpropInput: WasmKernel = {
  kernelName: "Conv2DBackpropInput",
  reason: "slow",
  create: (tf) => (call) => {
    const { dy, filter } = call.inputs;
    const info = conv2dInfo(tf, call.attrs, call.attrs.inputShape as number[], filter.shape);
    const machine = simdFor(call.backend, dy, filter);
    if (machine !== undefined && canConvolve(info)) {
      const dx = call.backend.makeOutput(info.inShape, "float32");
      const isCovered = info.strideHeight <= info.filterHeight && info.strideWidth <= info.filterWidth;
      if (!isCovered) call.backend.typedArrayFromHeap(dx).fill(0);
      convolveInputGradient(machine, info, { dy, filter, dx });
      return dx;
    }
    const spread = spreadForInput(tf, tensorOf(tf, dy) as Tensor4D, window2dOf(info));
    const flipped = tf.transpose(tf.reverse(tensorOf(tf, filter) as Tensor4D, [0, 1]), [0, 1, 3, 2]);
    return tf.conv2d(spread, flipped, 1, "valid");
  },
};
