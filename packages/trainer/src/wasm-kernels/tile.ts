/** Tile: a tensor repeated along its axes. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";

/** The backend finds the place of each element anew, 100 times slower than copying; numbers repeated as a whole are copied. */
export const tileKernel: WasmKernel = {
  kernelName: "Tile",
  reason: "slow",
  create: (tf, original) => {
    if (original === undefined) throw new Error("the wasm backend has no Tile to build on");
    return (call) => {
      const { x } = call.inputs;
      const reps = call.attrs.reps as readonly number[];
      const isWhole =
        x.dtype === "float32" && reps.length === x.shape.length && isRepeatedWhole(x.shape, reps);
      if (!isWhole || x.shape.includes(0) || reps.includes(0)) return original(call as never) as TensorInfo;
      const output = call.backend.makeOutput(
        x.shape.map((extent, axis) => extent * reps[axis]),
        "float32",
      );
      const target = call.backend.typedArrayFromHeap(output);
      target.set(call.backend.typedArrayFromHeap(x));
      // Each pass doubles what is there.
      for (let done = tf.util.sizeFromShape(x.shape); done < target.length; done *= 2) {
        target.copyWithin(done, 0, Math.min(done, target.length - done));
      }
      return output;
    };
  },
};

/** Whether no axis longer than 1 comes before one that is repeated. */
function isRepeatedWhole(shape: readonly number[], reps: readonly number[]): boolean {
  const last = reps.findLastIndex((count) => count > 1);
  return shape.every((extent, axis) => axis >= last || extent === 1);
}
