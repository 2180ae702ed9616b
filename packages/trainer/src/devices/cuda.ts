/** The `cuda` device: libtensorflow on an NVIDIA GPU, through tfjs-node-gpu. */
import type { Device } from "./device.js";
import { isMissing, openTensorflow } from "./tfjs-node.js";

const packageName = "@tensorflow/tfjs-node-gpu";

export const cuda: Device = {
  name: "cuda",
  packageName,
  async open(engine) {
    const opened = await openTensorflow(engine, packageName);
    if (isMissing(opened)) return opened;
    if (!opened.isGPUPackage) {
      return {
        ready: false,
        reason: "this process has loaded tfjs-node already, which takes the place of tfjs-node-gpu",
        hint: "Start another process for it.",
      };
    }
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

/**
 * The environment by which CUDA keeps what it compiles in `folder`, 4 GB at most. On GPUs newer than libtensorflow 2.9
 * the first run compiles every kernel, for up to half an hour; without this, so may the next. It has to be set before
 * the device is opened, for instance with Object.assign(process.env, cudaCache(folder)).
 */
export function cudaCache(folder: string): Readonly<Record<string, string>> {
  return { CUDA_CACHE_PATH: folder, CUDA_CACHE_MAXSIZE: String(2 ** 32 - 1), CUDA_CACHE_DISABLE: "0" };
}
