/** Identity: the same numbers under another tensor, such as a clone or a cast that changes nothing. */
import type { WasmKernel } from "./kernel.js";

/** The backend copies the numbers; nothing writes to a tensor that is there, so that two can share them. */
export const identity: WasmKernel = {
  kernelName: "Identity",
  reason: "slow",
  create: (tf, original) => {
    if (original === undefined) throw new Error("the wasm backend has no Identity to build on");
    return (call) => {
      const { x } = call.inputs;
      if (x.dtype === "string") return original(call as never) as typeof x;
      tf.backend().incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    };
  },
};
