/** The `cpu` device: plain JavaScript, always there and slow. */
import type { Device } from "./device.js";

export const cpu: Device = {
  name: "cpu",
  async open(engine) {
    await import("@tensorflow/tfjs-backend-cpu");
    await engine.setBackend("cpu");
    // The backend prints an advertisement for tfjs-node with the first tensor it stores; this is its own switch.
    (engine.backend() as unknown as { firstUse: boolean }).firstUse = false;
    return { ready: true, detail: "plain JavaScript, one core, the slowest device" };
  },
};
