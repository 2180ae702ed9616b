/** Runs a computation on the cpu and on the wasm backend, and measures how far apart the results are. */
import type * as fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { type BackendName, type Engine, openBackend } from "./backends.js";
import { distanceBetween, farthest, resultOf } from "./distance.js";

export { normal } from "./distance.js";
export type Computation = (tf: Engine) => Tensor;

export async function distanceFromCpu(computation: Computation): Promise<number> {
  return distanceBetween(await resultOn("cpu", computation), await resultOn("wasm", computation));
}

export function farthestFromCpu<T>(from: fc.Arbitrary<T>, numRuns: number, law: (example: T) => Computation) {
  return farthest(from, numRuns, (example) => distanceFromCpu(law(example)));
}

export async function resultOn(backend: BackendName, computation: Computation) {
  return resultOf(await openBackend(backend), computation);
}
