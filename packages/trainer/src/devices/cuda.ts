/** The `cuda` device: libtensorflow on an NVIDIA GPU, through tfjs-node-gpu. */
import type { Device } from "./device.js";
import { isMissing, openTensorflow } from "./tfjs-node.js";

export const cuda: Device = {
  name: "cuda",
  async open(engine) {
    const opened = await openTensorflow(engine, "@tensorflow/tfjs-node-gpu");
    if (isMissing(opened)) return opened;
    // Without a GPU that it knows, libtensorflow falls back to the CPU and only writes so to the log.
    if (!opened.isUsingGpuDevice) {
      return {
        ready: false,
        reason: "libtensorflow found no GPU it can use",
        hint: "Install the NVIDIA driver with CUDA 11.2 and cuDNN 8.1, or take another device.",
      };
    }
    return { ready: true, detail: "libtensorflow on an NVIDIA GPU (tfjs-node-gpu)" };
  },
};
