/** The laws of a transform: a function of the sample and the address, which changes neither. */
import { isDeepStrictEqual } from "node:util";
import type { DatasetFacts, FieldTypes } from "../contracts/dataset.js";
import { isRagged, type RaggedColumns } from "../contracts/ragged.js";
import {
  type Columns,
  type FittedState,
  type Fitter,
  formsOf,
  type ManyContext,
  type TransformForms,
} from "../contracts/transform.js";
import { rowOf } from "./ragged.js";
import { defaultCollate, heapAllocator } from "../data/collate.js";
import { materialize } from "../data/datasets/deferred.js";
import { randomAt } from "../data/philox.js";
import { MillraceError } from "../errors.js";
import { testFit } from "./fit.js";
import { create, type PluginSuite, resolve, seed, testOptions, thrownBy } from "./plugin.js";
import { expect } from "./expect.js";
import { describe, it } from "./harness.js";
import { copied, strayIn } from "./held.js";

export interface TransformSuite extends PluginSuite<"transform"> {
  /** Makes the sample to be transformed: a fresh one at each call, always equal. */
  readonly sample: () => unknown;
  /** True if the transform draws random numbers: then results at different addresses must not all be the same. */
  readonly random?: boolean;
  /** Samples that it must refuse, each by what is wrong with it. */
  readonly wrongSamples?: Readonly<Record<string, unknown>>;
  readonly facts?: DatasetFacts;
  /** The types of the sample's fields, as a source would state them. */
  readonly fields?: FieldTypes;
  /** What a transform that learns is fitted to, and further samples for those that take many; the sample alone by default. */
  readonly training?: () => readonly unknown[];
}

const addresses = Array.from({ length: 20 }, (_, i) => ({ index: i % 5, epoch: Math.floor(i / 5) }));

export function testTransform(suite: TransformSuite): void {
  const make = async (options = suite.options) => {
    const { facts = {}, fields = {} } = suite;
    return create(suite, { facts, fields, fitted: fit(suite, await checked(suite, options)) }, options);
  };
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

    it("gives a sample: fields of numbers, arrays, texts, lists and plain objects", async () => {
      const apply = await start();
      for (const sample of samplesOf(suite)) {
        const stray = strayIn(await apply(sample));
        if (stray !== undefined) throw new Error(stray);
      }
    });

    it("leaves what it gave as it was when it is given the next sample", async () => {
      const apply = await start();
      const given = [...samplesOf(suite), ...samplesOf(suite)];
      const results: unknown[] = [];
      const copies: unknown[] = [];
      for (const sample of given) {
        results.push(await apply(sample));
        copies.push(copied(results.at(-1)));
      }
      // Memory that it writes to again would be that of all samples of a batch.
      expect(results).toEqual(copies);
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
    testMany(suite, make);
    if (suite.plugin.fit !== undefined)
      testFit({
        suite,
        begin: async () => begin(suite, await checked(suite, suite.options)),
        samples: () => samplesOf(suite),
      });
    if (suite.plugin.touches !== undefined) testTouched(suite, start);
    if (suite.plugin.facts !== undefined) testFacts(suite);
  });
}

function samplesOf({ sample, training = () => [] }: TransformSuite): readonly unknown[] {
  return [sample(), ...training()];
}

/** Options that the schema refuses are refused by `create`. */
async function checked(suite: TransformSuite, options: TransformSuite["options"]): Promise<unknown> {
  const { data } = suite.plugin.options.safeParse(await resolve(options));
  return data;
}

function begin({ plugin, facts = {}, fields = {} }: TransformSuite, options: unknown): Fitter | undefined {
  const place = { baseUrl: new URL(`file://${process.cwd()}/`), seed, facts, fields };
  return options === undefined ? undefined : plugin.fit?.(options, place);
}

function fit(suite: TransformSuite, options: unknown): FittedState | undefined {
  const fitter = begin(suite, options);
  for (const sample of samplesOf(suite)) fitter?.add(sample);
  return fitter?.state();
}

function testMany(suite: TransformSuite, make: () => ReturnType<typeof create<"transform">>): void {
  it("gives many samples at once, or their columns, what it gives each of them, if it takes such", async () => {
    const forms = formsOf(await make());
    if (forms.applyMany === undefined && forms.applyColumns === undefined && forms.applyRagged === undefined)
      return;
    const given = samplesOf(suite);
    const indices = given.map((_, index) => index);
    const random = (entry: number) => randomAt(seed, 0, entry, 1);
    const context = { indices, epoch: 0, random, allocator: heapAllocator };
    const each = await Promise.all(
      given.map((sample, index) => forms.apply(sample, { index, epoch: 0, random: random(index) })),
    );
    const many = await forms.applyMany?.(given, context);
    expect(many ?? each).toEqual(each);
    const options = await checked(suite, suite.options);
    const after = suite.plugin.fields?.(suite.fields ?? {}, options, fit(suite, options)) ?? suite.fields;
    await expectRagged(forms, defaultCollate(given, heapAllocator, suite.fields), context, each, after);
    if (forms.applyColumns === undefined) return;
    const columns = defaultCollate(given, heapAllocator, suite.fields) as Columns;
    expect(await forms.applyColumns(columns, context)).toEqual(defaultCollate(each, heapAllocator, after));
  });
}

/** Ragged columns hold what the samples hold, sequence by sequence; the others are as `defaultCollate` has them. */
async function expectRagged(
  forms: TransformForms,
  columns: unknown,
  context: ManyContext,
  each: readonly unknown[],
  after: FieldTypes | undefined,
): Promise<void> {
  if (forms.applyRagged === undefined) return;
  const made = await forms.applyRagged(columns as RaggedColumns, context);
  expect(Object.keys(made)).toEqual(Object.keys(each[0] as object));
  for (const [name, column] of Object.entries(made)) {
    const values = each.map((sample) => (sample as Record<string, unknown>)[name]);
    const own = isRagged(column) ? values.map((_, row) => rowOf(column, row)) : column;
    const plain = values.map((value) => ({ [name]: value }));
    const expected = isRagged(column) ? { [name]: values } : defaultCollate(plain, heapAllocator, after);
    expect({ [name]: own }).toEqual(expected);
  }
}

function testTouched(suite: TransformSuite, start: () => Promise<Apply>): void {
  it("writes no other fields than it says", async () => {
    const { fields = {}, plugin } = suite;
    const touched = plugin.touches?.(await checked(suite, suite.options), fields);
    if (touched === undefined) return;
    const apply = await start();
    for (const given of samplesOf(suite)) {
      const made = (await apply(given)) as Record<string, unknown>;
      const before = given as Record<string, unknown>;
      const changed = [...new Set([...Object.keys(before), ...Object.keys(made)])].filter(
        (name) => !isDeepStrictEqual(before[name], made[name]),
      );
      expect(changed.filter((name) => !touched.writes.includes(name))).toEqual([]);
    }
  });
}

function testFacts(suite: TransformSuite): void {
  it("adds facts that are plain JSON, and leaves those it was given as they were", async () => {
    const { facts = {}, fields = {}, plugin } = suite;
    const options = await checked(suite, suite.options);
    const before = structuredClone(facts);
    const after = plugin.facts?.(facts, options, fit(suite, options), fields);
    expect(JSON.parse(JSON.stringify(after))).toEqual(after);
    expect(facts).toEqual(before);
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
    const same = await sameAsFirst(await start(), sample);
    if (same === addresses.length) return;
    throw new Error(
      `${addresses.length} addresses (epochs and indices) have ${addresses.length - same} results that differ from the first: say \`random: true\` if it draws numbers, and draw them from \`context.random\` alone`,
    );
  });
}

/** At how many addresses the result is the one at the first. */
async function sameAsFirst(apply: Apply, sample: () => unknown): Promise<number> {
  const results = await Promise.all(addresses.map((address) => apply(sample(), address)));
  return results.filter((result) => isDeepStrictEqual(result, results[0])).length;
}
