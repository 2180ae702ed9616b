/** DepthwiseConv2dNativeBackpropInput: the gradient of a depthwise convolution's input, as such a convolution itself. */
import type { Rank, Tensor4D } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";
import { tensorOf } from "./kernel.js";
import { conv2dInfo } from "../geometry/conv2d-info.js";
import { spreadForInput, window2dOf } from "../geometry/windows.js";

/** Each of the channels × multiplier outputs goes back through its own flipped filter; then the multiplier is summed. */
export const depthwiseBackpropInput: WasmKernel = {
  kernelName: "DepthwiseConv2dNativeBackpropInput",
  reason: "absent",
  create: (tf) => (call) => {
    const { dy, filter } = call.inputs;
    const inputShape = call.attrs.inputShape as [number, number, number, number];
    const [filterHeight, filterWidth, channels, multiplier] = filter.shape;
    const info = conv2dInfo(tf, call.attrs, inputShape, filter.shape, true);
    const spread = spreadForInput(tf, tensorOf(tf, dy) as Tensor4D, window2dOf(info));
    const flipped = tf.reshape<Rank.R4>(tf.reverse(tensorOf(tf, filter) as Tensor4D, [0, 1]), [
      filterHeight,
      filterWidth,
      channels * multiplier,
      1,
    ]);
    const gradient = tf.depthwiseConv2d(spread, flipped, 1, "valid", "NHWC", [
      info.dilationHeight,
      info.dilationWidth,
    ]);
    return multiplier === 1 ? gradient : tf.sum(tf.reshape(gradient, [...inputShape, multiplier]), 4);
  },
};
