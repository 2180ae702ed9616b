/** Identity and Cast to the type that is there: the same numbers under another tensor. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmKernel } from "./kernel.js";

/** The backend copies the numbers; nothing writes to a tensor that is there, so that two can share them. */
export const identityKernels: readonly WasmKernel[] = ["Identity", "Cast"].map((kernelName) => ({
  kernelName,
  reason: "slow",
  create: (tf, original) => {
    if (original === undefined) throw new Error(`the wasm backend has no ${kernelName} to build on`);
    return (call) => {
      const { x } = call.inputs;
      const isSame = kernelName === "Identity" || call.attrs.dtype === x.dtype;
      if (x.dtype === "string" || !isSame) return original(call as never) as TensorInfo;
      tf.backend().incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    };
  },
}));
