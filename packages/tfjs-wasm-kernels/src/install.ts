/** Puts our kernels into tfjs' registry for the wasm backend. */
import type { KernelFunc, Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "./core.js";
import { fusedBatchNorm } from "./kernels/batch-norm.js";
import { cast } from "./kernels/cast.js";
import { conv2d, fusedConv2d } from "./kernels/conv2d.js";
import { conv2dBackpropFilter } from "./kernels/conv2d-backprop-filter.js";
import { conv2dBackpropInput } from "./kernels/conv2d-backprop-input.js";
import { conv3dBackpropFilter } from "./kernels/conv3d-backprop-filter.js";
import { conv3dBackpropInput } from "./kernels/conv3d-backprop-input.js";
import { depthwiseBackpropFilter } from "./kernels/depthwise-backprop-filter.js";
import { depthwiseBackpropInput } from "./kernels/depthwise-backprop-input.js";
import type { Kernel, KernelCall, WasmKernel } from "./kernels/kernel.js";
import { fusedMatMul } from "./kernels/fused-mat-mul.js";
import { gather } from "./kernels/gather.js";
import { identity } from "./kernels/identity.js";
import { batchMatMul } from "./kernels/mat-mul.js";
import { maxPoolGrad } from "./kernels/max-pool-grad.js";
import { concat, slice, splitV } from "./kernels/pieces.js";
import { rowwiseKernels } from "./kernels/rowwise.js";
import { depthwiseKernels } from "./kernels/same-padding.js";
import { sumKernels } from "./kernels/sum.js";
import { tileKernel } from "./kernels/tile.js";
import { unsortedSegmentSum } from "./kernels/unsorted-segment-sum.js";

/** Every kernel that tfjs-backend-wasm 4.22 lacks for training, has wrong, or runs slowly. */
export const wasmKernels: readonly WasmKernel[] = [
  batchMatMul,
  cast,
  concat,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  conv3dBackpropFilter,
  conv3dBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  ...depthwiseKernels,
  fusedBatchNorm,
  fusedConv2d,
  fusedMatMul,
  gather,
  identity,
  maxPoolGrad,
  ...rowwiseKernels,
  slice,
  splitV,
  ...sumKernels,
  tileKernel,
  unsortedSegmentSum,
];

const installed = Symbol.for("millrace.wasmKernel");

/**
 * Registers `wasmKernels` with the wasm backend, before or after it starts; kernels that are ours already stay.
 * tfjs-backend-wasm must have been imported. The registry belongs to the process, not to one copy of this module.
 */
export function installWasmKernels(tf: Core, kernels: readonly WasmKernel[] = wasmKernels): void {
  for (const kernel of kernels) {
    const existing = tf.getKernel(kernel.kernelName, "wasm");
    if (existing !== undefined && installed in existing.kernelFunc) continue;
    if (existing !== undefined) tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel({
      kernelName: kernel.kernelName,
      backendName: "wasm",
      // The original's setup binds the C functions that it calls.
      setupFunc: existing?.setupFunc,
      disposeFunc: existing?.disposeFunc,
      kernelFunc: Object.assign(tidied(tf, kernel.create(tf, existing?.kernelFunc)), { [installed]: true }),
    });
  }
}

/** A tidy that does not look for tensors within what is none: that takes as long as a small kernel. */
function tidied(tf: Core, kernel: Kernel): KernelFunc {
  return (call) => {
    const engine = tf.engine();
    engine.startScope();
    let result: TensorInfo | TensorInfo[] | undefined;
    try {
      result = kernel(call as unknown as KernelCall);
      return result;
    } finally {
      engine.endScope(result instanceof tf.Tensor || Array.isArray(result) ? (result as Tensor) : undefined);
    }
  };
}
