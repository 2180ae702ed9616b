/** Reading a dataset as the suites do: one sample after the other, with all its fields made. */
import type { Dataset } from "../contracts/dataset.js";
import {
  type IterableDataset,
  isStreamLike,
  type SampleStream,
  type StreamContext,
} from "../contracts/iterable.js";
import { materialize } from "../data/datasets/deferred.js";

export const context = { epoch: 0 };

/** A whole pass over a stream. */
export const wholePass: StreamContext = { epoch: 0, shard: { id: 0, count: 1 } };

/** Samples that are read of an endless stream. */
const mostRead = 200;

export function indicesOf(dataset: Dataset): number[] {
  return Array.from({ length: dataset.length }, (_, index) => index);
}

export async function read(dataset: Dataset, index: number): Promise<unknown> {
  return materialize(await dataset.get(index, context));
}

/** Of a stream the samples of one pass. */
export async function readAll(dataset: Dataset | IterableDataset): Promise<unknown[]> {
  if (isStreamLike(dataset)) {
    const pass = dataset.iterate(wholePass);
    const samples = await take(pass, dataset.length === Infinity ? mostRead : Infinity);
    await pass.return?.();
    return samples.map(({ sample }) => sample);
  }
  const samples: unknown[] = [];
  for (const index of indicesOf(dataset)) samples.push(await read(dataset, index));
  return samples;
}

export interface Taken {
  readonly key: string | number | undefined;
  readonly sample: unknown;
}

/** The next samples of a pass, at most so many. */
export async function take(pass: SampleStream, most: number): Promise<Taken[]> {
  const samples: Taken[] = [];
  while (samples.length < most) {
    const result = await pass.next();
    if (result.done) break;
    samples.push({ key: result.key, sample: await materialize(result.value) });
  }
  return samples;
}
