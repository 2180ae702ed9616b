/** The `native` device: libtensorflow on all CPU cores, through tfjs-node. */
import type { Device } from "./device.js";
import { isMissing, openTensorflow } from "./tfjs-node.js";

export const native: Device = {
  name: "native",
  async open(engine) {
    const opened = await openTensorflow(engine, "@tensorflow/tfjs-node");
    return isMissing(opened) ? opened : { ready: true, detail: "libtensorflow on all CPU cores (tfjs-node)" };
  },
};
