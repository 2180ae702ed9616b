/** _FusedMatMul: a matrix product with bias and activation. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import { backendsOwn, type KernelCall, tensorOf, tensorOfResult, type WasmKernel } from "./kernel.js";
import { floorOf } from "./conv2d.js";
import { matrices, multiplied, productShape, tall, untransposed } from "./mat-mul.js";

/**
 * The backend's own kernel is slow with transposed arguments, and adds the wrong bias where both arguments hold
 * several matrices: those are multiplied, shifted and activated one after the other.
 */
export const fusedMatMul: WasmKernel = {
  kernelName: "_FusedMatMul",
  reason: "wrong",
  create: (tf, original) => {
    const base = backendsOwn(original);
    return (call) => {
      const floor = floorOf(call.attrs.activation);
      const own = floor !== undefined && hasPlainBias(call) ? multiplied(tf, call, floor) : undefined;
      if (own !== undefined) return own;
      const { inputs, attrs, backend } = call;
      const { a, b } = untransposed(tf, inputs, attrs);
      if (matrices(b) !== 1) return stepwise(tf, tf.matMul(a, b), inputs, attrs);
      const untwisted = { ...attrs, transposeA: false, transposeB: false };
      const product = base({
        inputs: { ...inputs, a: tall(tf, a), b: tall(tf, b) },
        attrs: untwisted,
        backend,
      });
      return tf.reshape(tensorOfResult(tf, product), productShape(tf, a, b));
    };
  },
};

/** Whether there is a number for each column, or nothing, to add. */
function hasPlainBias({ inputs: { b, bias }, attrs }: KernelCall): boolean {
  if (bias == null) return true;
  const columns = b.shape[b.shape.length - (attrs.transposeB === true ? 2 : 1)];
  return bias.dtype === "float32" && bias.shape.length === 1 && bias.shape[0] === columns;
}

function stepwise(
  tf: Core,
  product: Tensor,
  inputs: Parameters<ReturnType<WasmKernel["create"]>>[0]["inputs"],
  attrs: Readonly<Record<string, unknown>>,
): Tensor {
  // Absent inputs are undefined or null, whatever the registry's types say.
  const optional = inputs as Readonly<Record<string, (typeof inputs)[string] | null | undefined>>;
  const shifted = optional.bias ? tf.add(product, tensorOf(tf, optional.bias)) : product;
  switch (attrs.activation) {
    case "relu":
      return tf.relu(shifted);
    case "relu6":
      return tf.relu6(shifted);
    case "elu":
      return tf.elu(shifted);
    case "sigmoid":
      return tf.sigmoid(shifted);
    case "leakyrelu":
      return tf.leakyRelu(shifted, attrs.leakyreluAlpha as number);
    case "prelu":
      return tf.prelu(shifted, tensorOf(tf, inputs.preluActivationWeights));
    case "linear":
    case undefined:
    case null:
      return shifted;
    default:
      throw new Error(`activation ${String(attrs.activation)} is not supported by _FusedMatMul on wasm`);
  }
}
