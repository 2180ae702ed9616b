/** The laws of a batch sampler: batches of indices that are a function of the epoch alone. */
import type { Dataset } from "../contracts/dataset.js";
import { create, type Later, type PluginSuite, resolve, testOptions } from "./plugin.js";
import { sampledOf, testPasses, testRandom } from "./sampler.js";
import { expect } from "./expect.js";
import { describe, it } from "./harness.js";

export interface BatchSamplerSuite extends PluginSuite<"batchSampler"> {
  /** The dataset that is sampled; only what the batch sampler reads of it need be there. */
  readonly dataset: Later<Dataset>;
  /** For a spec with `sources`: which of them each sample is from. */
  readonly sourceOf?: ArrayLike<number>;
  /** The number of batches an epoch must have. */
  readonly length?: number;
  /** True if every index must come exactly once per epoch. */
  readonly permutation?: boolean;
  /** True if epochs must not all have the same batches. */
  readonly random?: boolean;
}

const epochs = [0, 1, 2, 3];

export function testBatchSampler(suite: BatchSamplerSuite): void {
  const { sourceOf } = suite;
  const make = async (options = suite.options) =>
    create(suite, { ...(await sampledOf(suite.dataset)), ...(sourceOf && { sourceOf }) }, options);
  const orders = async () => {
    const sampler = await make();
    return epochs.map((epoch) => [...sampler.indices(epoch)].map((batch) => [...batch]));
  };

  describe(`batch sampler ${suite.plugin.name}`, () => {
    testOptions(suite, make);

    it("yields as many batches as its length says, each of indices of the dataset and none empty", async () => {
      const sampler = await make();
      const { length } = await resolve(suite.dataset);
      expect(sampler.length).toBe(suite.length ?? sampler.length);
      for (const batches of await orders()) {
        expect(batches.length).toBe(sampler.length);
        expect(batches.filter((batch) => batch.length === 0)).toEqual([]);
        const wrong = batches
          .flat()
          .filter((index) => !(Number.isInteger(index) && index >= 0 && index < length));
        expect(wrong).toEqual([]);
      }
    });

    it("states a `batchSize` of at least 1, if it states one", async () => {
      const { batchSize = 1 } = await make();
      expect(Number.isInteger(batchSize) && batchSize >= 1).toBe(true);
    });

    it("has the same batches for the same epoch, whatever was asked before and in another instance", async () => {
      const expected = await orders();
      const sampler = await make();
      for (const epoch of [3, 1, 1, 0, 2]) expect([...sampler.indices(epoch)]).toEqual(expected[epoch]);
    });

    testPasses(make, orders);
    if (suite.permutation === true) testPermutation(suite, orders);
    if (suite.random === true) testRandom(orders);
  });
}

function testPermutation({ dataset }: BatchSamplerSuite, orders: () => Promise<number[][][]>): void {
  it("yields every index exactly once", async () => {
    const { length } = await resolve(dataset);
    const all = Array.from({ length }, (_, index) => index);
    for (const batches of await orders()) expect(batches.flat().sort((a, b) => a - b)).toEqual(all);
  });
}
