/** What a replacement kernel is, and how kernels reach their tensors. */
import type { KernelFunc, Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";
import { type Machine, machineOf } from "../simd/machine.js";

/** One kernel that tfjs-backend-wasm lacks, has wrong, or runs slowly. */
export interface WasmKernel {
  /** The kernel's name in tfjs-core's registry. */
  readonly kernelName: string;
  /** Why it is replaced or added. */
  readonly reason: "absent" | "wrong" | "slow";
  /** Makes the kernel; `original` is the backend's own, if it has one. */
  create(tf: Core, original: KernelFunc | undefined): Kernel;
}

export interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: WasmMemory;
}

/** Computes one or several outputs from the inputs; it runs inside a tidy, off the gradient tape. */
export type Kernel = (call: KernelCall) => TensorInfo | TensorInfo[];

/** The backend's own kernel, for what ours does not compute. */
export function backendsOwn(original: KernelFunc | undefined): Kernel {
  if (original === undefined) throw new Error("the wasm backend has no kernel to build on");
  return (call) => original(call as unknown as Parameters<KernelFunc>[0]);
}

/** The part of the wasm backend through which a kernel written in JavaScript reads and writes tensors. */
export interface WasmMemory {
  makeOutput(shape: number[], dtype: "float32" | "int32" | "bool"): TensorInfo;
  /** Counts one tensor more that shares these numbers. */
  incRef(dataId: object): void;
  /** A view of the heap, valid until the next allocation. */
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array;
}

/** The tensor of a kernel's input, so that ordinary operations can be applied to it. */
export function tensorOf(tf: Core, input: TensorInfo): Tensor {
  if ("rank" in input) return input as Tensor;
  tf.backend().incRef(input.dataId);
  return tf.engine().makeTensorFromTensorInfo(input);
}

/** The tensor of what one of the backend's own kernels returned; the tidy around the kernel disposes of it. */
export function tensorOfResult(tf: Core, result: TensorInfo | TensorInfo[]): Tensor {
  return tf.engine().makeTensorFromTensorInfo(result as TensorInfo);
}

/** Our own SIMD code, if it can run here and all these tensors are of floats and not empty. */
export function simdFor(backend: WasmMemory, ...tensors: readonly TensorInfo[]): Machine | undefined {
  const fits = tensors.every(({ dtype, shape }) => dtype === "float32" && !shape.includes(0));
  return fits ? machineOf(backend) : undefined;
}
