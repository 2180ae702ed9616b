/** The laws of a sampler: an order that is a function of the epoch alone. */
import type { Dataset } from "../contracts/dataset.js";
import type { Sampler } from "../contracts/sampler.js";
import { lengthsOf } from "../data/columns.js";
import type { SamplerContext } from "../plugin/contexts.js";
import { create, type Later, type PluginSuite, resolve, testOptions } from "./plugin.js";
import { expect } from "./expect.js";
import { describe, it } from "./harness.js";

export interface SamplerSuite extends PluginSuite<"sampler"> {
  /** The dataset that is sampled; only what the sampler reads of it need be there. */
  readonly dataset: Later<Dataset>;
  /** The number of indices an epoch must have. */
  readonly length?: number;
  /** True if every index must come exactly once per epoch. */
  readonly permutation?: boolean;
  /** True if epochs must not all have the same order. */
  readonly random?: boolean;
}

const epochs = [0, 1, 2, 3];

/** What a sampler is told of the dataset. */
export async function sampledOf(later: Later<Dataset>): Promise<Pick<SamplerContext, "dataset" | "lengths">> {
  const dataset = await resolve(later);
  return { dataset, lengths: (from) => lengthsOf(dataset, from) };
}

export function testSampler(suite: SamplerSuite): void {
  const make = async (options = suite.options) => create(suite, await sampledOf(suite.dataset), options);
  const orders = async () => {
    const sampler = await make();
    return epochs.map((epoch) => [...sampler.indices(epoch)]);
  };

  describe(`sampler ${suite.plugin.name}`, () => {
    testOptions(suite, make);

    it("yields as many indices as its length says, every one an index of the dataset", async () => {
      const sampler = await make();
      const { length } = await resolve(suite.dataset);
      expect(sampler.length).toBe(suite.length ?? sampler.length);
      for (const order of await orders()) {
        expect(order.length).toBe(sampler.length);
        const wrong = order.filter((index) => !(Number.isInteger(index) && index >= 0 && index < length));
        expect(wrong).toEqual([]);
      }
    });

    it("has the same order for the same epoch, whatever was asked before and in another instance", async () => {
      const expected = await orders();
      const sampler = await make();
      for (const epoch of [3, 1, 1, 0, 2]) expect([...sampler.indices(epoch)]).toEqual(expected[epoch]);
    });

    testPasses(make, orders);
    if (suite.permutation === true) testPermutation(suite, orders);
    if (suite.random === true) testRandom(orders);
  });
}

/** Whatever a pass yields, indices or batches. */
export function testPasses<T>(
  make: () => Promise<Pick<Sampler<T>, "indices">>,
  orders: () => Promise<T[][]>,
): void {
  it("is not disturbed by a pass that stops early or runs beside another", async () => {
    const expected = await orders();
    const sampler = await make();
    for (const first of sampler.indices(1)) if (first !== undefined) break;
    const one = sampler.indices(0)[Symbol.iterator]();
    const other = sampler.indices(1)[Symbol.iterator]();
    const interleaved = expected[0].map(() => [one.next().value, other.next().value]);
    expect(interleaved).toEqual(expected[0].map((item, place) => [item, expected[1][place]]));
  });
}

function testPermutation({ dataset }: SamplerSuite, orders: () => Promise<number[][]>): void {
  it("yields every index exactly once", async () => {
    const { length } = await resolve(dataset);
    const all = Array.from({ length }, (_, index) => index);
    for (const order of await orders()) expect(order.sort((a, b) => a - b)).toEqual(all);
  });
}

export function testRandom(orders: () => Promise<unknown[][]>): void {
  it("has another order in another epoch", async () => {
    const distinct = new Set((await orders()).map((order) => JSON.stringify(order)));
    expect(distinct.size).toBeGreaterThan(1);
  });
}
