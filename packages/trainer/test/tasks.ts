/** Small tasks that a model can learn within seconds, the same on every run. */
import { ndarray } from "@millrace/core";
import { seedAt } from "../src/seed.js";
import type { Samples } from "./batches.js";

function uniform(...address: (string | number)[]): number {
  return seedAt(...address) / 2 ** 31;
}

/** Images of 8 × 8 with a bright bar: label 0 where it lies across, 1 where it stands. */
export function bars(count: number, seed = 1): Samples {
  const images = new Uint8Array(count * 64);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % 2;
    const place = Math.floor(uniform(seed, "place", i) * 8);
    for (let pixel = 0; pixel < 64; pixel++) {
      const [row, column] = [Math.floor(pixel / 8), pixel % 8];
      const isBar = (labels[i] === 0 ? row : column) === place;
      images[i * 64 + pixel] = (isBar ? 200 : 0) + Math.floor(uniform(seed, i, pixel) * 50);
    }
  }
  return { input: ndarray(images, [count, 8, 8, 1]), target: ndarray(labels) };
}

/** Three features; the label is the position of the largest. */
export function largest(count: number, seed = 1): Samples {
  const features = Float32Array.from({ length: count * 3 }, (_, i) => uniform(seed, i));
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const row = features.subarray(i * 3, i * 3 + 3);
    return row.indexOf(Math.max(...row));
  });
  return { input: ndarray(features, [count, 3]), target: ndarray(labels) };
}

/** Two features; the target is 3a − 2b + 1. */
export function plane(count: number, seed = 1): Samples {
  const features = Float32Array.from({ length: count * 2 }, (_, i) => uniform(seed, i));
  const targets = Float32Array.from(
    { length: count },
    (_, i) => 3 * features[2 * i] - 2 * features[2 * i + 1] + 1,
  );
  return { input: ndarray(features, [count, 2]), target: ndarray(targets) };
}

/** Six token ids below 10; the label is 1 where token 3 is among them. */
export function tokens(count: number, seed = 1): Samples {
  const labels = new Int32Array(count);
  const ids = new Int32Array(count * 6);
  for (let i = 0; i < count; i++) {
    labels[i] = i % 2;
    for (let place = 0; place < 6; place++) {
      const id = Math.floor(uniform(seed, i, place) * 9);
      ids[i * 6 + place] = id >= 3 ? id + 1 : id;
    }
    if (labels[i] === 1) ids[i * 6 + Math.floor(uniform(seed, "where", i) * 6)] = 3;
  }
  return { input: ndarray(ids, [count, 6]), target: ndarray(labels) };
}
