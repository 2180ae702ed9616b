/** Runs a computation on the cpu and on another device, and measures how far apart the results are. */
import * as fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { chooseDevice } from "../src/devices/choose.js";
import type { DeviceName } from "../src/devices/device.js";
import { type Engine, loadEngine } from "../src/engine.js";

export type Computation = (tf: Engine) => Tensor;

/** The largest |cpu − device| / (1 + |cpu|) over all elements; Infinity where shapes or NaN differ. */
export async function distanceFromCpu(
  computation: Computation,
  device: DeviceName = "wasm",
): Promise<number> {
  const expected = await resultOn("cpu", computation);
  const actual = await resultOn(device, computation);
  if (String(expected.shape) !== String(actual.shape)) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const distance = Math.abs(expected.data[i] - actual.data[i]) / (1 + Math.abs(expected.data[i]));
    largest = Math.max(largest, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
  }
  return largest;
}

/** The largest such distance over examples, which are the same in every run. */
export async function farthestFromCpu<T>(
  from: fc.Arbitrary<T>,
  numRuns: number,
  law: (example: T) => Computation,
): Promise<number> {
  let largest = 0;
  for (const example of fc.sample(from, { numRuns, seed: 11 })) {
    largest = Math.max(largest, await distanceFromCpu(law(example)));
  }
  return largest;
}

export async function resultOn(device: DeviceName, computation: Computation) {
  const tf = await loadEngine();
  await chooseDevice(tf, device);
  tf.engine().startScope();
  try {
    const result = computation(tf);
    return { shape: result.shape, data: await result.data() };
  } finally {
    tf.engine().endScope();
  }
}

/** A normal tensor that is the same on every device. */
export function normal(tf: Engine, shape: number[], seed: number): Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}
