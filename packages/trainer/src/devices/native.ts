/** The `native` device: libtensorflow on all CPU cores, through tfjs-node. */
import type { Device } from "./device.js";
import { isMissing, openTensorflow } from "./tfjs-node.js";

export const native: Device = {
  name: "native",
  async open(engine) {
    const opened = await openTensorflow(engine, "@tensorflow/tfjs-node");
    if (isMissing(opened)) return opened;
    if (opened.isUsingGpuDevice) {
      return {
        ready: false,
        reason: "libtensorflow computes on the GPU in this process already",
        hint: "Start another process for it, or take the device cuda.",
      };
    }
    const packageName = opened.isGPUPackage ? "tfjs-node-gpu" : "tfjs-node";
    return { ready: true, detail: `libtensorflow on all CPU cores (${packageName})` };
  },
};
