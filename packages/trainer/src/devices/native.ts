/** The `native` device: libtensorflow on all CPU cores, through tfjs-node. */
import type { Device } from "./device.js";
import { isMissing, openTensorflow } from "./tfjs-node.js";

const packageName = "@tensorflow/tfjs-node";

export const native: Device = {
  name: "native",
  packageName,
  async open(engine) {
    const opened = await openTensorflow(engine, packageName);
    if (isMissing(opened)) return opened;
    if (opened.isUsingGpuDevice) {
      return {
        ready: false,
        reason: "libtensorflow computes on the GPU in this process already",
        hint: "Start another process for it, or take the device cuda.",
      };
    }
    const by = opened.isGPUPackage ? "tfjs-node-gpu" : "tfjs-node";
    return { ready: true, detail: `libtensorflow on all CPU cores (${by})` };
  },
};
