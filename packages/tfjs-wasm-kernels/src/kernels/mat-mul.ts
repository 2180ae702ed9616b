/** BatchMatMul: matrix products, by our own code or brought into the one form that the backend multiplies fast. */
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import {
  backendsOwn,
  type KernelCall,
  simdFor,
  tensorOf,
  tensorOfResult,
  type WasmKernel,
} from "./kernel.js";
import { multiply } from "../simd/matrices.js";

/**
 * The backend packs its right-hand matrix slowly, and gives one pair of untransposed matrices to XNNPACK and everything else to a plain loop, 16 times slower.
 * So arguments are transposed first, a batch that meets a single right-hand matrix becomes one tall matrix, and large
 * matrices in batches are multiplied pair by pair.
 */
export const batchMatMul: WasmKernel = {
  kernelName: "BatchMatMul",
  reason: "slow",
  create: (tf, original) => {
    const base = backendsOwn(original);
    return (call) => {
      const own = multiplied(tf, call, Number.NEGATIVE_INFINITY);
      if (own !== undefined) return own;
      const { inputs, attrs, backend } = call;
      const { a, b } = untransposed(tf, inputs, attrs);
      const shape = productShape(tf, a, b);
      const multiply = (a: Tensor, b: Tensor): Tensor =>
        tensorOfResult(
          tf,
          base({ inputs: { a, b }, attrs: { transposeA: false, transposeB: false }, backend }),
        );
      if (matrices(b) === 1) return tf.reshape(product(tf, tall(tf, a), tall(tf, b), multiply), shape);
      const [rows, columns] = shape.slice(-2);
      const worthSplitting = rows * columns * a.shape[a.rank - 1] >= 2 ** 17;
      if (!worthSplitting || matrices(a) !== matrices(b)) return multiply(a, b);
      const pairs = tf
        .split(stack(tf, b), matrices(b))
        .map((right, i) => multiply(tf.slice(stack(tf, a), [i, 0, 0], [1, -1, -1]), right));
      return tf.reshape(tf.concat(pairs), shape);
    };
  },
};

/** max(floor, a · b + bias) by our own code; undefined where that cannot be. */
export function multiplied(
  tf: Core,
  { inputs: { a, b, bias }, attrs, backend }: KernelCall,
  floor: number,
): TensorInfo | undefined {
  const machine = simdFor(backend, a, b);
  if (machine === undefined) return undefined;
  const transposeA = attrs.transposeA === true;
  const transposeB = attrs.transposeB === true;
  const [height, inner] = transposeA ? sides(a).reverse() : sides(a);
  const columns = sides(b)[transposeB ? 0 : 1];
  const leading = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const isTall = matrices(b) === 1 && !transposeA;
  const c = backend.makeOutput([...leading, height, columns], "float32");
  multiply(machine, a, b, c, {
    rows: isTall ? height * matrices(a) : height,
    inner,
    columns,
    transposeA,
    transposeB,
    bias,
    floor,
    pairs: isTall ? [[0, 0]] : pairsOf(leading, a.shape.slice(0, -2), b.shape.slice(0, -2)),
  });
  return c;
}

function sides({ shape }: TensorInfo): number[] {
  return shape.slice(-2);
}

/** For each matrix of the result, those of the two factors that it is made of. */
function pairsOf(leading: readonly number[], a: readonly number[], b: readonly number[]): [number, number][] {
  const count = leading.reduce((product, extent) => product * extent, 1);
  return Array.from({ length: count }, (_, i) => [matrixAt(i, leading, a), matrixAt(i, leading, b)]);
}

/** The index of the matrix that stands at the place of the i-th of the result, where axes of 1 are broadcast. */
function matrixAt(i: number, leading: readonly number[], own: readonly number[]): number {
  let [rest, index, stride] = [i, 0, 1];
  for (let axis = leading.length - 1, at = own.length - 1; at >= 0; axis--, at--) {
    if (own[at] > 1) index += (rest % leading[axis]) * stride;
    rest = Math.floor(rest / leading[axis]);
    stride *= own[at];
  }
  return index;
}

/**
 * a · b, or (bᵀ · aᵀ)ᵀ where b is the larger: XNNPACK packs its right-hand matrix anew in each call, which takes
 * several times as long as transposing it.
 */
function product(tf: Core, a: Tensor, b: Tensor, multiply: (a: Tensor, b: Tensor) => Tensor): Tensor {
  if (b.size < 2 * a.size || b.size < 2 ** 14) return multiply(a, b);
  return transposed(tf, multiply(transposed(tf, b), transposed(tf, a)));
}

/** Both factors as tensors that are to be multiplied as they lie. */
export function untransposed(
  tf: Core,
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Readonly<Record<string, unknown>>,
): { a: Tensor; b: Tensor } {
  const [a, b] = [tensorOf(tf, inputs.a), tensorOf(tf, inputs.b)];
  return {
    a: attrs.transposeA === true ? transposed(tf, a) : a,
    b: attrs.transposeB === true ? transposed(tf, b) : b,
  };
}

/** The number of matrices that a tensor holds in its leading axes. */
export function matrices({ shape }: TensorInfo): number {
  return shape.slice(0, -2).reduce((count, extent) => count * extent, 1);
}

/** The shape of a · b, the leading axes broadcast. */
export function productShape(tf: Core, a: TensorInfo, b: TensorInfo): number[] {
  const leading = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [...leading, a.shape[a.shape.length - 2], b.shape[b.shape.length - 1]];
}

/** All matrices of a tensor on top of each other, as one batch of one. */
export function tall(tf: Core, x: Tensor): Tensor {
  return tf.reshape(x, [1, -1, x.shape[x.rank - 1]]);
}

function stack(tf: Core, x: Tensor): Tensor {
  return tf.reshape(x, [matrices(x), x.shape[x.rank - 2], x.shape[x.rank - 1]]);
}

function transposed(tf: Core, x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const last = axes.length - 1;
  [axes[last - 1], axes[last]] = [last, last - 1];
  return tf.transpose(x, axes);
}
