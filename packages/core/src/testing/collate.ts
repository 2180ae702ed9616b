/** The laws of a collate function: samples in their order, into memory that it writes completely. */
import { isDeepStrictEqual } from "node:util";
import type { Allocator } from "../contracts/batch.js";
import type { BatchContext, Collate } from "../contracts/collate.js";
import type { DatasetFacts } from "../contracts/dataset.js";
import { arrayConstructors, type DType, isNdArray, type NdArray, sizeOf } from "../contracts/ndarray.js";
import { MillraceError } from "../errors.js";
import { batchContext } from "../workers/making/batch-context.js";
import { columnsFrom } from "./ragged.js";
import { create, type PluginSuite, seed, testOptions, thrownBy } from "./plugin.js";
import { expect } from "./expect.js";
import { describe, it } from "./harness.js";
import { strayIn } from "./held.js";

export interface CollateSuite extends PluginSuite<"collate"> {
  /** Makes the samples of a batch, two or more that differ: fresh ones at each call, always equal. */
  readonly samples: () => readonly unknown[];
  /** What the sample at `place` of the batch has become; default: that place of the first axis of every array. */
  readonly sampleAt?: (batch: unknown, place: number) => unknown;
  /** True if it draws random numbers or looks at the epoch: then batches of several epochs must not all be the same. */
  readonly random?: boolean;
  /** Batches that it must refuse, each by what is wrong with it. */
  readonly wrongSamples?: Readonly<Record<string, readonly unknown[]>>;
  readonly facts?: DatasetFacts;
}

export function testCollate(suite: CollateSuite): void {
  const make = (options = suite.options) => create(suite, { facts: suite.facts ?? {} }, options);
  const sampleAt = suite.sampleAt ?? placeOf;

  describe(`collate ${suite.plugin.name}`, () => {
    testOptions(suite, make);

    it("keeps the samples in their order, and gives each the random numbers of its own address", async () => {
      const collate = await make();
      const samples = suite.samples();
      const batch = await collate(samples, ...given(0));
      const last = samples.length - 1;
      const backwards = [...suite.samples()].reverse();
      const reversed = await collate(backwards, ...given(0, { addressOf: (entry) => last - entry }));
      for (let place = 0; place < samples.length; place++) {
        expect(sampleAt(reversed, last - place)).toEqual(sampleAt(batch, place));
      }
    });

    it("gives a batch: arrays and lists, under the names of fields if samples have such", async () => {
      const collate = await make();
      const stray = strayIn(await collate(suite.samples(), ...given(0)));
      if (stray !== undefined) throw new Error(stray.replace("the sample", "the batch"));
    });

    it("writes every element of the memory it allocates, and returns it in the shape it asked for", async () => {
      const collate = await make();
      const clean = recorder(0);
      const dirty = recorder(0xa5);
      const batch = await collate(suite.samples(), clean.allocator, undefined, context());
      expect(await collate(suite.samples(), dirty.allocator, undefined, context())).toEqual(batch);
      const returned = arraysIn(batch);
      for (const { dtype, shape, data } of clean.allocated) {
        const found = returned.find((array) => array.data.buffer === data.buffer);
        expect(found, `${dtype} [${shape.join(", ")}] was allocated but not returned`).toBeDefined();
      }
      for (const array of returned) expect(array.data.length).toBe(sizeOf(array.shape));
    });

    it("gives the same batch for the same samples at the same addresses, and leaves them as they were", async () => {
      const collate = await make();
      const samples = suite.samples();
      const batch = await collate(samples, ...given(0));
      expect(samples).toEqual(suite.samples());
      expect(await collate(samples, ...given(0))).toEqual(batch);
      expect(await (await make())(samples, ...given(0))).toEqual(batch);
    });

    it("makes the same batch of columns, if it takes them", async () => {
      const collate = await make();
      const { fromColumns } = collate;
      const columns = fromColumns && columnsFrom(suite.samples(), fromColumns.ragged);
      if (columns === undefined) return;
      const batch = fromColumns?.collate(columns, recorder(0xa5).allocator);
      expect(batch).toEqual(await collate(suite.samples(), ...given(0)));
    });

    it(`says in its definition whether it is random: ${suite.random === true ? "it is" : "it is not"}`, async () => {
      expect(suite.plugin.random ?? false).toBe(suite.random ?? false);
      const collate = await make();
      const epochs = Array.from({ length: 20 }, (_, epoch) => epoch);
      const batches = await Promise.all(
        epochs.map((epoch) => collate(suite.samples(), ...given(0, { epoch }))),
      );
      const same = batches.filter((batch) => isDeepStrictEqual(batch, batches[0])).length;
      expect(same === batches.length).toBe(suite.random !== true);
    });

    testRefusals(suite, make);
  });
}

interface Address {
  readonly epoch?: number;
  readonly addressOf?: (entry: number) => number;
}

function context({ epoch = 0, addressOf = (entry) => entry }: Address = {}): BatchContext {
  return batchContext({ epoch, seed }, addressOf);
}

/** What a loader gives beside the samples; memory starts with every byte set to `fill`. */
function given(fill: number, address: Address = {}): [Allocator, undefined, BatchContext] {
  return [recorder(fill).allocator, undefined, context(address)];
}

function testRefusals(suite: CollateSuite, make: () => Promise<Collate>): void {
  it("refuses a batch of no samples", async () => {
    const collate = await make();
    const thrown = await thrownBy(() => collate([], ...given(0)));
    expect(thrown, "what it throws, such as COLLATE_EMPTY").toBeInstanceOf(MillraceError);
  });

  for (const [name, samples] of Object.entries(suite.wrongSamples ?? {})) {
    it(`refuses ${name}`, async () => {
      const collate = await make();
      expect(await thrownBy(() => collate(samples, ...given(0)))).toBeInstanceOf(MillraceError);
    });
  }
}

/** An allocator whose memory starts with every byte set to `fill`, and what it gave. */
function recorder(fill: number): { allocator: Allocator; allocated: NdArray[] } {
  const allocated: NdArray[] = [];
  const allocate = (dtype: DType, shape: readonly number[]): NdArray => {
    const data = new arrayConstructors[dtype](sizeOf(shape));
    new Uint8Array(data.buffer).fill(fill);
    const array = { dtype, shape, data };
    allocated.push(array);
    return array;
  };
  return { allocator: { allocate }, allocated };
}

function arraysIn(value: unknown): NdArray[] {
  if (isNdArray(value)) return [value];
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap(arraysIn);
}

function placeOf(batch: unknown, place: number): unknown {
  if (isNdArray(batch)) {
    const size = sizeOf(batch.shape.slice(1));
    return batch.data.slice(place * size, (place + 1) * size);
  }
  if (Array.isArray(batch) && !batch.some((entry) => typeof entry === "object")) return batch[place];
  if (Array.isArray(batch)) return batch.map((entry) => placeOf(entry, place));
  if (typeof batch !== "object" || batch === null) return batch;
  return Object.fromEntries(Object.entries(batch).map(([key, value]) => [key, placeOf(value, place)]));
}
