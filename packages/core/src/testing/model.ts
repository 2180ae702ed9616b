/** The laws of a model: a description from which an engine builds the same model every time. */
import { isDeepStrictEqual } from "node:util";
import type { ModelInput } from "../contracts/training.js";
import { create, type Later, type PluginSuite, resolve, seed, testOptions } from "./plugin.js";
import { expect } from "./expect.js";
import { describe, it } from "./harness.js";

/** What the suite asks about a model that was built; arrays may be copies. */
export interface BuiltModel {
  /** Of one sample, without the batch axis. */
  readonly outputShape: readonly (number | null)[];
  /** All weights, in the model's order. */
  readonly weights: readonly ArrayLike<number>[];
}

export interface ModelSuite extends PluginSuite<"model"> {
  /** The name of the engine that can build it, such as "tfjs". */
  readonly engine: string;
  /** That engine's library, loaded. */
  readonly library: Later<unknown>;
  readonly input: ModelInput;
  readonly outputShape: readonly (number | null)[];
  /** Looks at what was built, and gives its memory back. */
  readonly inspect: (model: unknown) => BuiltModel | Promise<BuiltModel>;
  /** False where weights do not depend on the seed: there are none, or they are read from a file. */
  readonly random?: boolean;
}

export function testModel(suite: ModelSuite): void {
  const define = (options = suite.options) => create(suite, {}, options);
  const build = async (from: number): Promise<BuiltModel> => {
    const definition = await define();
    return suite.inspect(await definition.build(await resolve(suite.library), suite.input, from));
  };

  describe(`model ${suite.plugin.name}`, () => {
    testOptions(suite, define);

    it("names the engine that can build it", async () => {
      expect((await define()).engine).toBe(suite.engine);
    });

    it("gives outputs of the shape that is expected of its options", async () => {
      expect((await build(seed)).outputShape).toEqual(suite.outputShape);
    });

    it("has the same weights for the same seed, finite ones", async () => {
      const [first, second] = [await build(seed), await build(seed)];
      expect(listed(second)).toEqual(listed(first));
      for (const weights of listed(first)) expect(weights.every(Number.isFinite)).toBe(true);
    });

    it(`has ${suite.random === false ? "the same" : "other"} weights for another seed`, async () => {
      const [first, second] = [listed(await build(seed)), listed(await build(seed + 1))];
      expect(second.map(({ length }) => length)).toEqual(first.map(({ length }) => length));
      expect(isDeepStrictEqual(second, first), "equal weights").toBe(suite.random === false);
    });

    it("builds as often as it is asked to, and each time a model of its own", async () => {
      const definition = await define();
      const library = await resolve(suite.library);
      const build = () => definition.build(library, suite.input, seed);
      const models = [await build(), await build()];
      expect(models[0]).not.toBe(models[1]);
      const [first, second] = [await suite.inspect(models[0]), await suite.inspect(models[1])];
      expect(listed(second)).toEqual(listed(first));
    });
  });
}

function listed({ weights }: BuiltModel): number[][] {
  return weights.map((each) => Array.from(each));
}
