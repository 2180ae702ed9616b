/** Identity: the same numbers under another tensor. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { backendsOwn, type KernelCall, type WasmKernel } from "./kernel.js";

/** The backend copies the numbers. */
export const identity: WasmKernel = {
  kernelName: "Identity",
  reason: "slow",
  create: (_, original) => {
    const others = backendsOwn(original);
    return (call) => (call.inputs.x.dtype === "string" ? others(call) : shared(call));
  },
};

/** Nothing writes to a tensor that is there, so that two can share their numbers. */
export function shared({ inputs: { x }, backend }: KernelCall): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}
