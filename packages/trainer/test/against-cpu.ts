/** Runs a computation on the cpu and on another device, and measures how far apart the results are. */
import type { Tensor } from "@tensorflow/tfjs-core";
import { distanceBetween, resultOf } from "../../tfjs-wasm-kernels/test/distance.js";
import { chooseDevice } from "../src/devices/choose.js";
import type { DeviceName } from "../src/devices/device.js";
import { type Engine, loadEngine } from "../src/engine.js";

export { normal } from "../../tfjs-wasm-kernels/test/distance.js";
export type Computation = (tf: Engine) => Tensor;

export async function distanceFromCpu(
  computation: Computation,
  device: DeviceName = "wasm",
): Promise<number> {
  return distanceBetween(await resultOn("cpu", computation), await resultOn(device, computation));
}

export async function resultOn(device: DeviceName, computation: Computation) {
  const tf = await loadEngine();
  await chooseDevice(tf, device);
  return resultOf(tf, computation);
}
