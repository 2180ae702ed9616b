/** MaxPoolGrad: sends each output's gradient to the largest input of its window. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import { simdFor, type WasmKernel } from "./kernel.js";
import type { Machine } from "../simd/machine.js";
import type { Conv2dInfo } from "../geometry/windows.js";

type Padding = Parameters<Core["backend_util"]["computePool2DInfo"]>[4];
type Rounding = "floor" | "round" | "ceil";

/**
 * The backend's own kernel starts its search at the smallest positive float (MaxPoolGrad.cc:76, tfjs 4.22), so that a
 * window without a positive value gets no gradient. Of equal values the first in row-major order wins, as on cpu.
 */
export const maxPoolGrad: WasmKernel = {
  kernelName: "MaxPoolGrad",
  reason: "wrong",
  create:
    (tf) =>
    ({ inputs: { dy, input, output: y }, attrs, backend }) => {
      const info = tf.backend_util.computePool2DInfo(
        input.shape as [number, number, number, number],
        attrs.filterSize as [number, number],
        attrs.strides as [number, number],
        1,
        attrs.pad as Padding,
        attrs.dimRoundingMode as Rounding | undefined,
      );
      const output = backend.makeOutput(input.shape, "float32");
      const gradients = (backend.typedArrayFromHeap(output) as Float32Array).fill(0);
      const machine = simdFor(backend, dy, input, y);
      if (machine !== undefined) {
        scatterBySimd(machine, info, { x: input, y, dy, dx: output });
        return output;
      }
      const values = backend.typedArrayFromHeap(input) as Float32Array;
      scatter(info, backend.typedArrayFromHeap(dy) as Float32Array, values, gradients);
      return output;
    },
};

function scatterBySimd(
  machine: Machine,
  info: Conv2dInfo,
  { x, y, dy, dx }: Readonly<Record<"x" | "y" | "dy" | "dx", TensorInfo>>,
): void {
  const { inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info;
  const [input, output] = [inHeight * inWidth * channels * 4, outHeight * outWidth * channels * 4];
  for (let image = 0; image < info.batchSize; image++) {
    machine.poolGradient({
      x: machine.address(x) + image * input,
      y: machine.address(y) + image * output,
      dy: machine.address(dy) + image * output,
      dx: machine.address(dx) + image * input,
      channels,
      height: inHeight,
      width: inWidth,
      rows: outHeight,
      columns: outWidth,
      windowHeight: info.effectiveFilterHeight,
      windowWidth: info.effectiveFilterWidth,
      strideHeight: info.strideHeight,
      strideWidth: info.strideWidth,
      top: -info.padInfo.top,
      left: -info.padInfo.left,
    });
  }
}

function scatter(info: Conv2dInfo, dy: Float32Array, values: Float32Array, gradients: Float32Array): void {
  const { inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info;
  let position = 0;
  for (let image = 0; image < info.batchSize; image++) {
    const start = image * inHeight * inWidth;
    for (let y = 0; y < outHeight; y++) {
      const [top, bottom] = span(
        y * info.strideHeight - info.padInfo.top,
        info.effectiveFilterHeight,
        inHeight,
      );
      for (let x = 0; x < outWidth; x++) {
        const [left, right] = span(
          x * info.strideWidth - info.padInfo.left,
          info.effectiveFilterWidth,
          inWidth,
        );
        for (let channel = 0; channel < channels; channel++, position++) {
          let best = -1;
          let largest = Number.NEGATIVE_INFINITY;
          for (let row = top; row < bottom; row++) {
            const line = start + row * inWidth;
            for (let column = left; column < right; column++) {
              const at = (line + column) * channels + channel;
              if (values[at] > largest || best < 0) {
                largest = values[at];
                best = at;
              }
            }
          }
          if (best >= 0) gradients[best] += dy[position];
        }
      }
    }
  }
}

function span(start: number, length: number, extent: number): [number, number] {
  return [Math.max(0, start), Math.min(extent, start + length)];
}
