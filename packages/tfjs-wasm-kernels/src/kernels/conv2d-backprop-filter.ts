/** Conv2DBackpropFilter: the gradient of a convolution's filter. */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";
import { simdFor, tensorOf } from "./kernel.js";
import { conv2dInfo } from "../geometry/conv2d-info.js";
import { canConvolve } from "../simd/convolution.js";
import { convolveFilterGradient } from "../simd/filter-gradient.js";
import { fitToWindows, window2dOf } from "../geometry/windows.js";

/**
 * Without our own code, dFilter[i, j, c, k] = Σ over batch, y, x of input[b, y·stride + i, x·stride + j, c] · dy[b, y, x, k], which is the
 * input with batch and channels exchanged, convolved with dy as a filter whose dilation is the stride.
 */
export const conv2dBackpropFilter: WasmKernel = {
  kernelName: "Conv2DBackpropFilter",
  reason: "absent",
  create: (tf) => (call) => {
    const { x, dy } = call.inputs;
    const info = conv2dInfo(tf, call.attrs, x.shape, call.attrs.filterShape as number[]);
    const machine = simdFor(call.backend, x, dy);
    if (machine !== undefined && canConvolve(info)) {
      const dFilter = call.backend.makeOutput(info.filterShape, "float32");
      convolveFilterGradient(machine, info, { x, dy, dFilter });
      return dFilter;
    }
    const input = fitToWindows(tf, tensorOf(tf, x) as Tensor4D, window2dOf(info));
    const gradient = tf.conv2d(
      tf.transpose(input, [3, 1, 2, 0]),
      tf.transpose(tensorOf(tf, dy) as Tensor4D, [1, 2, 0, 3]),
      1,
      "valid",
      "NHWC",
      [info.strideHeight, info.strideWidth],
    );
    return tf.transpose(gradient, [1, 2, 0, 3]);
  },
};
