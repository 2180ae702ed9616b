/** Conv3DBackpropFilterV2: the gradient of the filter of a convolution over volumes. */
import type { Tensor5D } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";
import { tensorOf } from "./kernel.js";
import { type Convolution3d, spreadApart, volumeAxes, withEdges } from "../geometry/volumes.js";

/**
 * The backend's own kernel gives wrong numbers where strides exceed one. A convolution of the input, batch and channels
 * exchanged, with dy as its filter, spread by the strides, is the gradient by definition.
 */
export const conv3dBackpropFilter: WasmKernel = {
  kernelName: "Conv3DBackpropFilterV2",
  reason: "wrong",
  create: (tf) => (call) => {
    const { x, dy } = call.inputs;
    const attributes = call.attrs as unknown as Convolution3d & { readonly filterShape: number[] };
    const axes = volumeAxes(tf, x.shape, attributes.filterShape, attributes);
    const edges = axes.map(({ input, output, window, stride, before }): [number, number] => [
      before,
      (output - 1) * stride + window - input - before,
    ]);
    const padded = withEdges(tf, tensorOf(tf, x), edges);
    const images = tf.transpose(padded, [4, 1, 2, 3, 0]) as Tensor5D;
    const filter = tf.transpose(spreadApart(tf, tensorOf(tf, dy), axes), [1, 2, 3, 0, 4]) as Tensor5D;
    return tf.transpose(tf.conv3d(images, filter, 1, "valid"), [1, 2, 3, 0, 4]);
  },
};
