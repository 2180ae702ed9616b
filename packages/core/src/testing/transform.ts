/** The laws of a transform: a function of the sample and the address, which changes neither. */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { DatasetFacts } from "../contracts/dataset.js";
import { formsOf } from "../contracts/transform.js";
import { materialize } from "../data/datasets/deferred.js";
import { randomAt } from "../data/philox.js";
import { MillraceError } from "../errors.js";
import { create, type PluginSuite, seed, testOptions, thrownBy } from "./plugin.js";

export interface TransformSuite extends PluginSuite<"transform"> {
  /** Makes the sample to be transformed: a fresh one at each call, always equal. */
  readonly sample: () => unknown;
  /** True if the transform draws random numbers: then results at different addresses must not all be the same. */
  readonly random?: boolean;
  /** Samples that it must refuse, each by what is wrong with it. */
  readonly wrongSamples?: Readonly<Record<string, unknown>>;
  readonly facts?: DatasetFacts;
}

const addresses = Array.from({ length: 20 }, (_, i) => ({ index: i % 5, epoch: Math.floor(i / 5) }));

export function testTransform(suite: TransformSuite): void {
  const make = (options = suite.options) =>
    create(suite, { facts: suite.facts ?? {}, fields: {}, fitted: undefined }, options);
  const start = async () => {
    const { apply } = formsOf(await make());
    return async (sample: unknown, { index, epoch } = addresses[0]) => {
      const given = suite.plugin.deferred === true ? sample : await materialize(sample);
      return materialize(await apply(given, { index, epoch, random: randomAt(seed, epoch, index, 1) }));
    };
  };

  describe(`transform ${suite.plugin.name}`, () => {
    testOptions(suite, make);

    it("leaves the sample it was given as it was", async () => {
      const apply = await start();
      const sample = suite.sample();
      for (const address of addresses) await apply(sample, address);
      expect(await materialize(sample)).toEqual(await materialize(suite.sample()));
    });

    it("gives the same result for the same sample and address, in any order and in another instance", async () => {
      const apply = await start();
      const results: unknown[] = [];
      for (const address of addresses) results.push(await apply(suite.sample(), address));
      const again = await start();
      const reversed = [...addresses].reverse();
      const backwards = await Promise.all(reversed.map((address) => again(suite.sample(), address)));
      expect(backwards.reverse()).toEqual(results);
    });

    it(`says in its definition whether it is random: ${suite.random === true ? "it is" : "it is not"}`, () => {
      // A cache may stand behind it only if it is not.
      expect(suite.plugin.random ?? false).toBe(suite.random ?? false);
    });

    if (suite.random === true) testRandom(start, suite.sample);
    else testConstant(start, suite.sample);

    testRefusals(suite, start);
  });
}

type Apply = (sample: unknown, address?: (typeof addresses)[number]) => Promise<unknown>;

function testRefusals(suite: TransformSuite, start: () => Promise<Apply>): void {
  for (const [name, sample] of Object.entries(suite.wrongSamples ?? {})) {
    it(`refuses ${name}`, async () => {
      const apply = await start();
      expect(await thrownBy(() => apply(sample))).toBeInstanceOf(MillraceError);
    });
  }
}

function testRandom(start: () => Promise<Apply>, sample: () => unknown): void {
  it("differs between addresses", async () => {
    expect(await sameAsFirst(await start(), sample)).toBeLessThan(addresses.length);
  });
}

function testConstant(start: () => Promise<Apply>, sample: () => unknown): void {
  it("is the same at every address", async () => {
    expect(await sameAsFirst(await start(), sample)).toBe(addresses.length);
  });
}

/** At how many addresses the result is the one at the first. */
async function sameAsFirst(apply: Apply, sample: () => unknown): Promise<number> {
  const results = await Promise.all(addresses.map((address) => apply(sample(), address)));
  return results.filter((result) => isDeepStrictEqual(result, results[0])).length;
}
