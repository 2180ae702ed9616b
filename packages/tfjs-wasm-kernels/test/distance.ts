/** How far apart the results of two devices are. */
import * as fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";

export interface Result {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** The largest |expected − actual| / (1 + |expected|) over all elements; Infinity where shapes or NaN differ. */
export function distanceBetween(expected: Result, actual: Result): number {
  if (String(expected.shape) !== String(actual.shape)) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const distance = Math.abs(expected.data[i] - actual.data[i]) / (1 + Math.abs(expected.data[i]));
    largest = Math.max(largest, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
  }
  return largest;
}

/** The largest distance over examples, which are the same in every run. */
export async function farthest<T>(
  from: fc.Arbitrary<T>,
  numRuns: number,
  distanceOf: (example: T) => Promise<number>,
): Promise<number> {
  let largest = 0;
  for (const example of fc.sample(from, { numRuns, seed: 11 })) {
    largest = Math.max(largest, await distanceOf(example));
  }
  return largest;
}

/** What a computation gives, with every tensor that it made freed. */
export async function resultOf<E extends Scopes>(tf: E, computation: (tf: E) => Tensor) {
  tf.engine().startScope();
  try {
    const result = computation(tf);
    return { shape: result.shape, data: await result.data<"float32">() };
  } finally {
    tf.engine().endScope();
  }
}

interface Scopes {
  engine(): { startScope(): void; endScope(): void };
  randomNormal(shape: number[], mean: number, deviation: number, dtype: "float32", seed: number): Tensor;
}

/** A normal tensor that is the same on every device. */
export function normal(tf: Pick<Scopes, "randomNormal">, shape: number[], seed: number): Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}
