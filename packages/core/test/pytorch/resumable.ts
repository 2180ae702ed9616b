/** What the tests of resuming share: what is iterated, and how a state is carried. */
import { type DataLoader, type DataLoaderOptions, RandomSampler, type Sampler } from "@millrace/core";
import { Generator, type LoaderState } from "@millrace/core/dataloader";
import { identity, randomShards, statefulShards, statelessShards } from "./fixtures/portable.js";
import { type MakeLoader, range } from "./loaders.js";

export type Loader = DataLoader;
export type Options = DataLoaderOptions<unknown>;

export const collate = identity as never;
/** Samples of each shard: one has nothing to give. */
const sizes = [0, 72, 37];
/** DummyMapDataset. */
export const samples = range(100).map((id) => ({
  id,
  strcol: `strcol_${id}`,
  listcol: [id, id + 1, id + 2],
}));
/** DummySampler: an order of one's own. */
const backwards: Sampler = { length: 100, indices: () => range(100).reverse() };

/** What is iterated, and the options that its order needs; made anew for each loader. */
const sources = {
  "a stream with a state": () => [statefulShards(sizes), {}],
  "a stream without one": () => [statelessShards(sizes), {}],
  "a stream of random numbers": () => [randomShards(sizes), {}],
  "a RandomSampler": () => [
    samples,
    { sampler: new RandomSampler(samples, { generator: new Generator(13) }) },
  ],
  "a sampler of one's own": () => [samples, { sampler: backwards }],
  "a shuffled dataset": () => [samples, { shuffle: true }],
} satisfies Record<string, () => readonly [dataset: unknown, options: Options]>;

export type Source = keyof typeof sources;
export const sourceNames = Object.keys(sources) as readonly Source[];

/** Makes a loader of one of the sources. */
export function loaderOf(make: MakeLoader, source: Source, options: Options = {}): Loader {
  const [dataset, own] = sources[source]();
  return make(dataset as readonly unknown[], { collate, ...own, ...options });
}

/** A state as it comes back from a file. */
export function json(state: LoaderState): unknown {
  return JSON.parse(JSON.stringify(state));
}

/** The next `count` batches of an iteration, or those that are left. */
export async function take(
  epoch: AsyncIterator<{ readonly data: unknown }>,
  count: number,
): Promise<unknown[]> {
  const batches: unknown[] = [];
  while (batches.length < count) {
    const { done, value } = await epoch.next();
    if (done) break;
    batches.push(value.data);
  }
  return batches;
}
