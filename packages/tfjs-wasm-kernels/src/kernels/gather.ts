/** GatherV2 along the first axis, as an embedding reads its table. */
import { backendsOwn, simdFor, type WasmKernel } from "./kernel.js";

/** The backend finds the place of each element anew; whole rows can be copied. */
export const gather: WasmKernel = {
  kernelName: "GatherV2",
  reason: "slow",
  create: (tf, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const { x, indices } = call.inputs;
      const axis = tf.util.parseAxisParam(call.attrs.axis as number, x.shape)[0];
      const isPlain = axis === 0 && ((call.attrs.batchDims as number | undefined) ?? 0) === 0;
      const machine = isPlain && !indices.shape.includes(0) ? simdFor(call.backend, x) : undefined;
      const rows = call.backend.typedArrayFromHeap(indices);
      const isWithin = rows.every((row) => row >= 0 && row < x.shape[0]);
      // The backend says what is wrong with an index that is out of range.
      if (machine === undefined || !isWithin) return others(call);
      const output = call.backend.makeOutput([...indices.shape, ...x.shape.slice(1)], "float32");
      const size = tf.util.sizeFromShape(x.shape) / x.shape[0];
      const [from, to] = [x, output].map((each) => call.backend.typedArrayFromHeap(each));
      for (const [i, row] of call.backend.typedArrayFromHeap(indices).entries()) {
        to.set(from.subarray(row * size, (row + 1) * size), i * size);
      }
      return output;
    };
  },
};
