/** @millrace/tfjs-wasm-kernels: what TensorFlow.js 4.22 needs to train on WebAssembly, and gradients that it has wrong. */

// Kernels of the wasm backend
export { installWasmKernels, wasmKernels } from "./install.js";
export type { Kernel, KernelCall, WasmKernel, WasmMemory } from "./kernels/kernel.js";

// Gradients of every backend
export { repairGradients } from "./gradients/repair.js";
