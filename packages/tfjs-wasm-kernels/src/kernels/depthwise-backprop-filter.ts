/** DepthwiseConv2dNativeBackpropFilter: the gradient of a depthwise filter, one product and sum for each filter tap. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";
import { tensorOf } from "./kernel.js";
import { conv2dInfo } from "../geometry/conv2d-info.js";
import { fitToWindows, window2dOf } from "../geometry/windows.js";

export const depthwiseBackpropFilter: WasmKernel = {
  kernelName: "DepthwiseConv2dNativeBackpropFilter",
  reason: "absent",
  create: (tf) => (call) => {
    const filterShape = call.attrs.filterShape as [number, number, number, number];
    const info = conv2dInfo(tf, call.attrs, call.inputs.x.shape, filterShape, true);
    const [filterHeight, filterWidth, channels, multiplier] = filterShape;
    const { batchSize, outHeight, outWidth, strideHeight, strideWidth } = info;
    const input = fitToWindows(tf, tensorOf(tf, call.inputs.x) as Tensor4D, window2dOf(info));
    const positions = batchSize * outHeight * outWidth;
    const gradient = tf.reshape(tensorOf(tf, call.inputs.dy), [positions, channels, multiplier]);
    const taps: Tensor[] = [];
    for (let i = 0; i < filterHeight; i++) {
      for (let j = 0; j < filterWidth; j++) {
        const [top, left] = [i * info.dilationHeight, j * info.dilationWidth];
        const seen = tf.stridedSlice(
          input,
          [0, top, left, 0],
          [
            batchSize,
            top + (outHeight - 1) * strideHeight + 1,
            left + (outWidth - 1) * strideWidth + 1,
            channels,
          ],
          [1, strideHeight, strideWidth, 1],
        );
        taps.push(tf.sum(tf.mul(tf.reshape(seen, [positions, channels, 1]), gradient), 0));
      }
    }
    return tf.reshape(tf.stack(taps), filterShape);
  },
};
