/** Streams made of streams: what they give, and that every one of them goes on where it was left. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IterableDataset, SampleStream, StreamContext } from "../../contracts/iterable.js";
import type { Sampler } from "../../contracts/sampler.js";
import { ChainDataset } from "../datasets/chain.js";
import { Generator, randperm } from "../generator.js";
import { recipeOf } from "../../contracts/recipe.js";
import { mixStreams, stopCriteria } from "./mix.js";
import { limitStream } from "./limit.js";
import { mapStream } from "./map.js";
import { shuffleStream } from "./shuffle.js";
import { streamOf } from "./stream-of.js";

const alone: StreamContext = { epoch: 0, shard: { id: 0, count: 1 } };
const range = (length: number, start = 0) => Array.from({ length }, (_, i) => start + i);
const fault = (message: RegExp | string) =>
  expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringMatching(message) as string });

/** An iterable without a state of its own; each pass is new. */
const plain = (samples: readonly number[]): Iterable<number> => ({
  [Symbol.iterator]: () => samples[Symbol.iterator](),
});
const later = (samples: readonly number[]): AsyncIterable<number> => ({
  async *[Symbol.asyncIterator]() {
    for (const sample of samples) yield await Promise.resolve(sample);
  },
});

async function take<S>(pass: SampleStream<S>, count = Infinity): Promise<S[]> {
  const samples: S[] = [];
  while (samples.length < count) {
    const { done, value } = await pass.next();
    if (done) break;
    samples.push(value);
  }
  return samples;
}
const all = <S>(stream: IterableDataset<S>, context: Partial<StreamContext> = {}) =>
  take(stream.iterate({ ...alone, ...context }));

/** Reads a pass in pieces, each a new pass from the JSON of where the one before stood; then asks once more. */
async function inPieces(stream: IterableDataset<number>, context: StreamContext, sizes: readonly number[]) {
  const samples: number[] = [];
  let state: unknown;
  for (const size of [...sizes, Infinity, 1]) {
    const pass = stream.iterate(state === undefined ? context : { ...context, state });
    samples.push(...(await take(pass, size)));
    expect(pass.state?.()).toEqual(pass.state?.());
    const json = JSON.stringify(pass.state?.());
    expect(json.length).toBeLessThan(2000);
    state = JSON.parse(json);
    await pass.return?.();
  }
  return samples;
}

const leaves = fc
  .tuple(
    fc.constantFrom(plain, later, (samples: number[]) => streamOf(samples)),
    fc.nat(9),
    fc.nat(99),
  )
  .map(([make, length, start]) => make(range(length, 100 * start)));
const seeds = fc.nat(1000);
const finite = stopCriteria.filter((stop) => stop !== "cycleForever");

/** Streams of all kinds, one inside the other. */
const { stream: streams } = fc.letrec<{
  stream: IterableDataset<number>;
  part: IterableDataset<number> | Iterable<number>;
}>((tie) => ({
  part: fc.oneof({ maxDepth: 2 }, leaves as never, tie("stream")) as never,
  stream: fc.oneof(
    { maxDepth: 2 },
    fc.nat(12).map((length) => streamOf(range(length))),
    fc.array(tie("part"), { maxLength: 3 }).map((parts) => new ChainDataset(parts as never[])),
    fc
      .tuple(tie("part"), fc.integer({ min: 1, max: 6 }), seeds)
      .map(([part, windowSize, seed]) => shuffleStream(part as never, { windowSize, seed })),
    fc
      .tuple(tie("part"), fc.integer({ min: 1, max: 12 }))
      .map(([part, limit]) => limitStream(part as never, limit)),
    tie("stream").map((stream) => mapStream(stream, ({ value }) => value + 1)),
    fc
      .tuple(fc.array(tie("part"), { minLength: 1, maxLength: 3 }), fc.constantFrom(...finite), seeds)
      .map(([parts, stop, seed]) => mixStreams(parts as never[], { stop, seed })),
  ) as never,
}));
const contexts = fc.record({
  epoch: fc.nat(5),
  shard: fc
    .integer({ min: 1, max: 3 })
    .chain((count) => fc.record({ id: fc.nat(count - 1), count: fc.constant(count) })),
});

describe("every stream", () => {
  it("goes on where it was left, at any sample, many times in a row, and at its end", async () => {
    const sizes = fc.array(fc.nat(7), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(streams, contexts, sizes, async (stream, context, pieces) => {
        expect(await inPieces(stream, context, pieces)).toEqual(await all(stream, context));
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same pass for the same epoch, whatever was read before", async () => {
    await fc.assert(
      fc.asyncProperty(streams, contexts, async (stream, context) => {
        const first = await all(stream, context);
        await take(stream.iterate({ ...context, epoch: context.epoch + 1 }), 3);
        expect(await all(stream, context)).toEqual(first);
      }),
    );
  });

  it("leaves the streams that it reads when it is left", async () => {
    let left = 0;
    const counted = (): IterableDataset<number> => ({
      iterate: () => ({ next: () => ({ done: false, value: 1 }), return: () => left++ }),
    });
    const makers = [
      (stream: IterableDataset<number>) => new ChainDataset([stream]),
      (stream: IterableDataset<number>) => shuffleStream(stream, { windowSize: 3 }),
      (stream: IterableDataset<number>) => mixStreams([stream]),
    ];
    for (const make of makers) {
      const pass = make(counted()).iterate(alone);
      await pass.next();
      await pass.return?.();
      expect(await pass.next()).toMatchObject({ done: true });
    }
    expect(left).toBe(makers.length);
  });

  it("goes on after a sample that fails, without losing another", async () => {
    const failing = (): IterableDataset<number> => {
      const iterate = () => {
        let i = -1;
        const next = () => {
          i++;
          if (i === 2) throw new RangeError("sample 2");
          return i < 6 ? { done: false as const, value: i } : { done: true as const, value: undefined };
        };
        return { next };
      };
      return { iterate };
    };
    for (const stream of [
      new ChainDataset([failing()]),
      shuffleStream(failing(), { windowSize: 4 }),
      mixStreams([failing()], { stop: "allDatasetsExhausted" }),
    ]) {
      const pass = stream.iterate(alone);
      const samples: number[] = [];
      let faults = 0;
      for (let call = 0; call < 8; call++) {
        try {
          const { done, value } = await pass.next();
          if (!done) samples.push(value);
        } catch {
          faults++;
        }
      }
      expect([samples.sort((a, b) => a - b), faults]).toEqual([[0, 1, 3, 4, 5], 1]);
    }
  });

  it("says how workers make it again", () => {
    const recipe = (value: object) =>
      (value as { [recipeOf](): { export: string; args: unknown[] } })[recipeOf]();
    const base = streamOf([1]);
    expect(recipe(base)).toMatchObject({ export: "streamOf", args: [{ length: 1 }, {}] });
    expect(recipe(new ChainDataset([base]))).toMatchObject({ export: "ChainDataset", args: [[base]] });
    expect(recipe(shuffleStream(base, { windowSize: 2 }))).toMatchObject({ args: [base, { windowSize: 2 }] });
    expect(recipe(mixStreams([base], { seed: 1 }))).toMatchObject({ args: [[base], { seed: 1 }] });
  });
});

describe("ChainDataset", () => {
  // torch: test_chain_iterable_style_dataset
  it("gives one stream after the other, and knows its length where all parts do", async () => {
    const chain = new ChainDataset([plain([1, 2]), later([]), streamOf([3])]);
    expect(await all(chain)).toEqual([1, 2, 3]);
    expect(chain.length).toBeUndefined();
    expect(new ChainDataset([streamOf([1, 2]), streamOf([3])]).length).toBe(3);
    expect(await all(new ChainDataset([]))).toEqual([]);
  });

  it("refuses a map-style dataset, when its turn comes", async () => {
    const chain = new ChainDataset([plain([1, 2]), [3] as never]);
    const pass = chain.iterate(alone);
    expect(await take(pass, 2)).toEqual([1, 2]);
    await expect(pass.next()).rejects.toThrow(fault("takes streams only, but dataset 1 is an array of 1"));
    expect(() => new ChainDataset([streamOf([1]), [3] as never]).length).toThrow(fault("dataset 1"));
  });
});

describe("streamOf", () => {
  it("shares a dataset out, so that all shards together give each index once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(50), fc.integer({ min: 1, max: 6 }), async (length, count) => {
        const stream = streamOf(range(length));
        const shards = await Promise.all(range(count).map((id) => all(stream, { shard: { id, count } })));
        expect(shards.flat().sort((a, b) => a - b)).toEqual(range(length));
        expect(stream.length).toBe(length);
      }),
    );
    expect(await all(streamOf(range(7)), { shard: { id: 1, count: 3 } })).toEqual([1, 4]);
  });

  it("follows a sampler, an order for each epoch", async () => {
    const sampler: Sampler = { length: 10, indices: (epoch) => randperm(10, new Generator(42 + epoch)) };
    const stream = streamOf(range(10), { sampler });
    expect((await all(stream)).join("")).toBe("2618450937");
    expect(await all(stream, { epoch: 1 })).not.toEqual(await all(stream));
    const listed: Sampler = { length: 3, indices: () => new Set([2, 0, 1]) };
    expect(await inPieces(streamOf(range(3), { sampler: listed }), alone, [2])).toEqual([2, 0, 1]);
  });

  it("passes the epoch on to the dataset", async () => {
    const dataset = { length: 1, get: (index: number, { epoch }: { epoch: number }) => `${index}@${epoch}` };
    expect(await all(streamOf(dataset), { epoch: 4 })).toEqual(["0@4"]);
  });

  it("refuses a stream, and a sampler that draws in passing", () => {
    expect(() => streamOf(plain([1]) as never)).toThrow(fault("was a stream"));
    const drawing: Sampler = {
      length: 1,
      indices: () => [0],
      generator: { state: () => "", setState: () => undefined },
    };
    expect(() => streamOf([1], { sampler: drawing })).toThrow(fault("a function of the epoch"));
  });
});

describe("shuffleStream", () => {
  it("gives each sample once, at most two windows from where it stood", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(200),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        async (length, windowSize, seed) => {
          const samples = await all(shuffleStream(plain(range(length)), { windowSize, seed }));
          samples.forEach((sample, place) => expect(Math.abs(sample - place)).toBeLessThan(windowSize));
          expect(samples.sort((a, b) => a - b)).toEqual(range(length));
        },
      ),
    );
  });

  it("has another order for each epoch, seed and shard", async () => {
    const orders = await Promise.all([
      all(shuffleStream(plain(range(50)), { windowSize: 20, seed: 1 })),
      all(shuffleStream(plain(range(50)), { windowSize: 20, seed: 2 })),
      all(shuffleStream(plain(range(50)), { windowSize: 20, seed: 1 }), { epoch: 1 }),
      all(shuffleStream(plain(range(50)), { windowSize: 20, seed: 1 }), { shard: { id: 1, count: 2 } }),
    ]);
    expect(new Set(orders.map((order) => order.join())).size).toBe(4);
  });

  it("mixes each place of a window with each other equally often", async () => {
    const counts = range(4).map(() => [0, 0, 0, 0]);
    for (let epoch = 0; epoch < 2000; epoch++) {
      const pass = shuffleStream(plain(range(11)), { windowSize: 4 }).iterate({ ...alone, epoch });
      const windows: number[][] = [];
      for (let i = 0; i < 11; i++) {
        const { window } = (pass.state?.() ?? {}) as { window: number };
        (windows[window] ??= []).push(...(await take(pass, 1)));
      }
      for (const window of windows.filter(({ length }) => length === 4)) {
        window.forEach((sample, place) => counts[sample - Math.min(...window)][place]++);
      }
    }
    const expected = counts[0].reduce((sum, count) => sum + count, 0) / 4;
    for (const count of counts.flat())
      expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  it("reads no more than a window again when it resumes", async () => {
    let reads = 0;
    const source = streamOf({ length: 1000, get: (index: number) => (reads++, index) });
    const stream = shuffleStream(source, { windowSize: 10 });
    const pass = stream.iterate(alone);
    await take(pass, 907);
    const state = pass.state?.();
    reads = 0;
    await stream.iterate({ ...alone, state }).next();
    expect(reads).toBeLessThanOrEqual(10);
  });

  it("has the length of its stream", () => {
    expect(shuffleStream(streamOf([1, 2]), { windowSize: 1 }).length).toBe(2);
    expect(shuffleStream(plain([1]), { windowSize: 1 }).length).toBeUndefined();
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a window of %d", (windowSize) => {
    expect(() => shuffleStream(plain([]), { windowSize })).toThrow(
      fault("windowSize must be a whole number"),
    );
  });
});

describe("mixStreams", () => {
  const [few, many] = [range(20), range(200, 1000)];
  const mix = (options: Parameters<typeof mixStreams>[1]) => mixStreams([plain(few), plain(many)], options);
  const parts = (samples: readonly number[]) => [
    samples.filter((s) => s < 1000),
    samples.filter((s) => s >= 1000),
  ];

  it("draws by weight, and keeps each stream's own order", async () => {
    const endless = mixStreams([plain(few), plain(many)], { weights: [1, 3], stop: "cycleForever", seed: 5 });
    const [first, second] = parts(await take(endless.iterate(alone), 4000));
    // Four standard deviations.
    expect(Math.abs(first.length - 1000)).toBeLessThan(4 * Math.sqrt(4000 * 0.25 * 0.75));
    expect(first.slice(0, 25)).toEqual([...few, ...few.slice(0, 5)]);
    expect(second.slice(0, 205)).toEqual([...many, ...many.slice(0, 5)]);
  });

  it("allDatasetsExhausted: gives each sample once", async () => {
    const stream = mixStreams([streamOf(few), streamOf(many)], { stop: "allDatasetsExhausted" });
    const samples = await all(stream);
    expect(parts(samples)).toEqual([few, many]);
    expect(stream.length).toBe(220);
  });

  it("firstDatasetExhausted: ends when a stream that has no more is drawn", async () => {
    const [first, second] = parts(await all(mix({ stop: "firstDatasetExhausted" })));
    expect(first).toEqual(few);
    expect(second.length).toBeLessThan(200);
    expect(second).toEqual(many.slice(0, second.length));
  });

  it("cycleUntilAllDatasetsExhausted: starts short streams over until the longest has ended", async () => {
    const [first, second] = parts(await all(mix({})));
    expect(second).toEqual(many);
    expect(first.length).toBeGreaterThan(20);
    expect(first).toEqual(range(first.length).map((i) => i % 20));
    expect(mix({}).length).toBeUndefined();
  });

  it("shuffles a stream anew when it starts over", async () => {
    const shuffled = shuffleStream(plain(few), { windowSize: 20 });
    const samples = await take(mixStreams([shuffled], { stop: "cycleForever" }).iterate(alone), 60);
    const cycles = [0, 20, 40].map((start) => samples.slice(start, start + 20).join());
    expect(new Set(cycles).size).toBe(3);
  });

  it("resumes exactly when it cycles for ever", async () => {
    const stream = mix({ stop: "cycleForever", weights: [5, 1] });
    const whole = await take(stream.iterate(alone), 300);
    const pass = stream.iterate(alone);
    await take(pass, 130);
    const state: unknown = JSON.parse(JSON.stringify(pass.state?.()));
    expect(await take(stream.iterate({ ...alone, state }), 170)).toEqual(whole.slice(130));
  });

  it("leaves out streams that have nothing to give, and ends where all have", async () => {
    for (const stop of finite) {
      const samples = await all(mixStreams([plain([]), plain([1, 2])], { stop, weights: [0.1, 9] }));
      expect(samples.filter((sample) => sample < 1)).toEqual([]);
    }
    expect(await all(mixStreams([plain([]), plain([])], { stop: "cycleForever" }))).toEqual([]);
    const once = range(3)[Symbol.iterator]();
    expect(await all(mixStreams([once as never], { stop: "cycleForever" }))).toEqual([0, 1, 2]);
  });

  it("draws differently in each epoch, shard and seed", async () => {
    const draws = await Promise.all([
      all(mix({ seed: 1 })),
      all(mix({ seed: 2 })),
      all(mix({ seed: 1 }), { epoch: 1 }),
      all(mix({ seed: 1 }), { shard: { id: 1, count: 2 } }),
    ]);
    expect(new Set(draws.map((samples) => samples.join())).size).toBe(4);
  });

  it.each([
    ["no streams", () => mixStreams([]), "at least one stream"],
    ["a missing weight", () => mix({ weights: [1] }), "2 streams, 1 weights"],
    ["a weight of nothing", () => mix({ weights: [1, 0] }), "above 0, was 0"],
    ["a weight that is none", () => mix({ weights: [1, Number.NaN] }), "above 0, was NaN"],
    ["another rule", () => mix({ stop: "never" as never }), 'was "never"'],
    ["a seed that is none", () => mix({ seed: 0.5 }), "seed must be a whole number"],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(fault(message));
  });
});
