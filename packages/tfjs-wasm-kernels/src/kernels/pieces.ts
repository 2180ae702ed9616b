/** Concat, SplitV and Slice: pieces of tensors, copied as wide as they lie in memory. */
import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import { backendsOwn, type KernelCall, type WasmKernel } from "./kernel.js";
import { type Machine, machineOf } from "../simd/machine.js";

/** The backend takes each piece out by itself, and JavaScript puts it in: 10 to 50 times slower along the last axis. */
export const concat: WasmKernel = {
  kernelName: "Concat",
  reason: "slow",
  create: (tf, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const given = Object.values(call.inputs).filter(({ shape }) => !shape.includes(0));
      const machine = machineFor(call, given);
      if (machine === undefined || given.length < 2) return others(call);
      const axis = tf.util.parseAxisParam(call.attrs.axis as number, given[0].shape)[0];
      const shape = tf.backend_util.computeOutShape(
        given.map((each) => each.shape),
        axis,
      );
      const output = call.backend.makeOutput(shape, given[0].dtype as "float32");
      const toRow = bytesFrom(tf, output, axis);
      let to = machine.address(output);
      for (const each of given) {
        const bytes = bytesFrom(tf, each, axis);
        machine.copy({
          from: machine.address(each),
          to,
          rows: rowsBefore(each, axis),
          bytes,
          fromRow: bytes,
          toRow,
        });
        to += bytes;
      }
      return output;
    };
  },
};

export const splitV: WasmKernel = {
  kernelName: "SplitV",
  reason: "slow",
  create: (tf, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const { x } = call.inputs;
      const machine = machineFor(call, [x]);
      const axis = tf.util.parseAxisParam(call.attrs.axis as number, x.shape)[0];
      const sizes = tf.backend_util.prepareSplitSize(
        x,
        call.attrs.numOrSizeSplits as number[] | number,
        axis,
      );
      if (machine === undefined || sizes.includes(0)) return others(call);
      let begin = 0;
      return sizes.map((size) => {
        const part = cut(tf, machine, call, x, { axis, begin, size });
        begin += size;
        return part;
      });
    };
  },
};

export const slice: WasmKernel = {
  kernelName: "Slice",
  reason: "slow",
  create: (tf, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const { x } = call.inputs;
      const machine = machineFor(call, [x]);
      const [begins, sizes] = tf.slice_util.parseSliceParams(
        x,
        call.attrs.begin as number | number[],
        call.attrs.size as number | number[],
      );
      const cutAxes = sizes.flatMap((extent, axis) => (extent === x.shape[axis] ? [] : [axis]));
      if (machine === undefined || cutAxes.length !== 1 || sizes.includes(0)) {
        return others(call);
      }
      const [axis] = cutAxes;
      return cut(tf, machine, call, x, { axis, begin: begins[axis], size: sizes[axis] });
    };
  },
};

/** `size` elements of one axis, from `begin` on. */
function cut(
  tf: Core,
  machine: Machine,
  { backend }: KernelCall,
  x: TensorInfo,
  { axis, begin, size }: Readonly<Record<"axis" | "begin" | "size", number>>,
): TensorInfo {
  const shape = x.shape.map((extent, i) => (i === axis ? size : extent));
  const output = backend.makeOutput(shape, x.dtype as "float32");
  const toRow = bytesFrom(tf, output, axis);
  machine.copy({
    from: machine.address(x) + (toRow / size) * begin,
    to: machine.address(output),
    rows: rowsBefore(x, axis),
    bytes: toRow,
    fromRow: bytesFrom(tf, x, axis),
    toRow,
  });
  return output;
}

/** Undefined where there is nothing to copy as it lies: text, several types, no elements. */
function machineFor({ backend }: KernelCall, tensors: readonly TensorInfo[]): Machine | undefined {
  const { dtype } = tensors[0] ?? {};
  const fits = tensors.every((each) => each.dtype === dtype && !each.shape.includes(0));
  const copied: readonly (DataType | undefined)[] = ["float32", "int32", "bool"];
  return fits && copied.includes(dtype) ? machineOf(backend) : undefined;
}

function rowsBefore({ shape }: TensorInfo, axis: number): number {
  return shape.slice(0, axis).reduce((count, extent) => count * extent, 1);
}

/** Bytes of what lies within one element of the axes before. */
function bytesFrom(tf: Core, { shape, dtype }: TensorInfo, axis: number): number {
  return tf.util.sizeFromShape(shape.slice(axis)) * tf.util.bytesPerElement(dtype);
}
