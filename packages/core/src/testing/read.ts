/** Reading a dataset as the suites do: one sample after the other, with all its fields made. */
import type { Dataset } from "../contracts/dataset.js";
import { materialize } from "../data/datasets/deferred.js";

export const context = { epoch: 0 };

export function indicesOf(dataset: Dataset): number[] {
  return Array.from({ length: dataset.length }, (_, index) => index);
}

export async function read(dataset: Dataset, index: number): Promise<unknown> {
  return materialize(await dataset.get(index, context));
}

export async function readAll(dataset: Dataset): Promise<unknown[]> {
  const samples: unknown[] = [];
  for (const index of indicesOf(dataset)) samples.push(await read(dataset, index));
  return samples;
}
