/** BatchMatMul: matrix products brought into the one form that the backend multiplies fast. */
import type { KernelFunc, Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../engine.js";
import { tensorOf, tensorOfResult, type WasmKernel } from "./kernel.js";

/**
 * The backend gives one pair of untransposed matrices to XNNPACK and everything else to a plain loop, 16 times slower.
 * So arguments are transposed first, a batch that meets a single right-hand matrix becomes one tall matrix, and large
 * matrices in batches are multiplied pair by pair.
 */
export const batchMatMul: WasmKernel = {
  kernelName: "BatchMatMul",
  reason: "slow",
  create: (tf, original) => {
    const base = backendsOwn(original);
    return ({ inputs, attrs, backend }) => {
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

export function backendsOwn(original: KernelFunc | undefined): KernelFunc {
  if (original === undefined) throw new Error("the wasm backend has no matrix product to build on");
  return original;
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
