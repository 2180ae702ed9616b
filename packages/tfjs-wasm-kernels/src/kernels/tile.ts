/** Tile: a tensor repeated along its axes. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { backendsOwn, type KernelCall, simdFor, type WasmKernel } from "./kernel.js";
import { type Machine, paddedBytes } from "../simd/machine.js";

/** The backend finds the place of each element anew, 100 times slower than copying. */
export const tileKernel: WasmKernel = {
  kernelName: "Tile",
  reason: "slow",
  create: (tf, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const { x } = call.inputs;
      const reps = call.attrs.reps as readonly number[];
      const repeated = reps.flatMap((count, axis) => (count === 1 ? [] : [axis]));
      const fits = reps.length === x.shape.length && !reps.includes(0) && repeated.length > 0;
      const machine = fits ? simdFor(call.backend, x) : undefined;
      const [first, last] = [repeated[0], repeated[repeated.length - 1]];
      const size = (from: number, to?: number): number => tf.util.sizeFromShape(x.shape.slice(from, to));
      // Numbers that lie together have to be repeated together.
      if (machine === undefined || size(first, last) !== 1) return others(call);
      const count = reps.reduce((product, each) => product * each, 1);
      const output = call.backend.makeOutput(
        x.shape.map((extent, axis) => extent * reps[axis]),
        "float32",
      );
      const of = { rows: size(0, first), length: size(last), count };
      if (of.rows === 1) repeatWhole(call, x, output);
      else if (of.length === 1) repeatEach(machine, x, output, of);
      else repeatRows(machine, x, output, of);
      return output;
    };
  },
};

function repeatWhole({ backend }: KernelCall, x: TensorInfo, output: TensorInfo): void {
  const target = backend.typedArrayFromHeap(output);
  const source = backend.typedArrayFromHeap(x);
  target.set(source);
  // Each pass doubles what is there.
  for (let done = source.length; done < target.length; done *= 2) {
    target.copyWithin(done, 0, Math.min(done, target.length - done));
  }
}

type Repetition = Readonly<Record<"rows" | "length" | "count", number>>;

function repeatRows(machine: Machine, x: TensorInfo, output: TensorInfo, of: Repetition): void {
  const bytes = of.length * 4;
  machine.place({
    from: machine.address(x),
    to: machine.address(output),
    rows: of.rows,
    columns: of.count,
    bytes,
    fromRow: bytes,
    toRow: bytes * of.count,
    toColumn: bytes,
  });
}

/** A product with a row of ones; −0 is what can be added to any number, 0 of either sign included. */
function repeatEach(machine: Machine, x: TensorInfo, output: TensorInfo, { rows, count }: Repetition): void {
  const width = paddedBytes(count);
  const isWhole = count % 4 === 0;
  machine.withScratch([width, width, isWhole ? 0 : rows * width], (ones, initial, spare) => {
    machine.write(ones, new Float32Array(width / 4).fill(1));
    machine.write(initial, new Float32Array(width / 4).fill(-0));
    const to = machine.address(output);
    machine.product({
      a: machine.address(x),
      b: ones,
      c: isWhole ? to : spare,
      initial,
      planes: 1,
      rows,
      vectors: width / 16,
      outer: 1,
      inner: 1,
      aRow: 4,
      bPanel: 32,
      cRow: width,
      floor: Number.NEGATIVE_INFINITY,
    });
    if (!isWhole) machine.copy({ from: spare, to, rows, bytes: count * 4, fromRow: width, toRow: count * 4 });
  });
}
