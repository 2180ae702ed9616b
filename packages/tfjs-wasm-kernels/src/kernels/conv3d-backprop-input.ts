/** Conv3DBackpropInputV2: the gradient of the input of a convolution over volumes. */
import type { Tensor5D } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";
import { tensorOf } from "./kernel.js";
import { type Convolution3d, spreadApart, volumeAxes, withEdges } from "../geometry/volumes.js";

/**
 * The backend's own kernel gives wrong numbers. A convolution of dy, spread by the strides and padded, with the filter
 * flipped along its extents and its channels exchanged, is the gradient by definition.
 */
export const conv3dBackpropInput: WasmKernel = {
  kernelName: "Conv3DBackpropInputV2",
  reason: "wrong",
  create: (tf) => (call) => {
    const { dy, filter } = call.inputs;
    const attributes = call.attrs as unknown as Convolution3d & { readonly inputShape: number[] };
    const axes = volumeAxes(tf, attributes.inputShape, filter.shape, attributes);
    const spread = spreadApart(tf, tensorOf(tf, dy), axes);
    const edges = axes.map(({ input, window, before }, i): [number, number] => [
      window - 1 - before,
      input + before - spread.shape[i + 1],
    ]);
    const padded = withEdges(tf, spread, edges) as Tensor5D;
    const flipped = tf.reverse(tensorOf(tf, filter), [0, 1, 2]);
    return tf.conv3d(padded, tf.transpose(flipped, [0, 1, 2, 4, 3]) as Tensor5D, 1, "valid");
  },
};
