/** The state in the body of an epoch's last batch is the start of the next epoch, as it is after the loop. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Generator } from "../data/generator.js";
import { RandomSampler } from "../data/samplers/random.js";
import { DataLoader, type EpochRequest } from "./loader.js";
import type { DataLoaderOptions } from "./options.js";

const samples = [0, 1, 2, 3, 4, 5];

async function states(loader: DataLoader<number>, request: EpochRequest = {}) {
  const seen = [];
  for await (const batch of loader.batches(0, request)) {
    batch.release();
    seen.push(loader.state());
  }
  return {
    last: seen[seen.length - 1],
    steps: seen.map(({ epoch, step }) => `${epoch}.${step}`),
    after: loader.state(),
  };
}

describe("state() in the last body", () => {
  const kinds: Record<string, () => DataLoaderOptions<number>> = {
    "in order": () => ({ batchSize: 2 }),
    "the last batch smaller": () => ({ batchSize: 4 }),
    "the last batch dropped": () => ({ batchSize: 4, dropLast: true }),
    shuffled: () => ({ batchSize: 2, shuffle: true }),
    "by a generator": () => ({ batchSize: 2, shuffle: true, generator: new Generator(3) }),
    "by a generator, a smaller batch": () => ({ batchSize: 4, shuffle: true, generator: new Generator(3) }),
    "by a generator, with replacement": () => ({
      batchSize: 4,
      sampler: new RandomSampler(samples, { generator: new Generator(3), replacement: true }),
    }),
    "by a sampler without a length": () => ({ batchSize: 2, sampler: new Set(samples) }),
    "by batches without a length": () => ({
      batchSampler: {
        *[Symbol.iterator]() {
          yield [0, 1];
          yield [2];
        },
      } as Iterable<number[]>,
    }),
  };

  it.each(Object.entries(kinds))("is that of after the loop: %s", async (_name, options) => {
    const { last, after, steps } = await states(new DataLoader(samples, options()));
    expect(last).toMatchObject({ epoch: 1, step: 0 });
    expect(last).toEqual(after);
    expect(steps.slice(0, -1)).toEqual(steps.slice(0, -1).map((_, i) => `0.${i + 1}`));
    const [resumed, whole] = [new DataLoader(samples, options()), new DataLoader(samples, options())];
    resumed.resume(JSON.parse(JSON.stringify(last)));
    const rest: unknown[] = [];
    for await (const { epoch, indices } of resumed) rest.push(epoch, indices);
    const expected: unknown[] = [];
    for await (const { step } of whole) expect(step).toBeGreaterThanOrEqual(0);
    for await (const { epoch, indices } of whole) expected.push(epoch, indices);
    expect(rest).toEqual(expected);
  });

  it("changes nothing of what comes, wherever it is asked for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("seed", "generator", "replacement"),
        fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
        async (length, batchSize, kind, asks) => {
          const dataset = { length, get: (index: number) => index };
          const make = () => {
            const generator = new Generator(length);
            if (kind === "seed") return new DataLoader(dataset, { batchSize, shuffle: true });
            const sampler = new RandomSampler(dataset, { generator, replacement: kind === "replacement" });
            return new DataLoader(dataset, { batchSize, sampler, generator });
          };
          const [asked, plain] = [make(), make()];
          const seen: unknown[][] = [[], []];
          let turn = 0;
          for (let epoch = 0; epoch < 2; epoch++) {
            for await (const { indices } of asked) {
              seen[0].push(indices);
              if (asks[turn++]) asked.state();
            }
            for await (const { indices } of plain) seen[1].push(indices);
          }
          expect(seen[0]).toEqual(seen[1]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("knows the end of a stream where its last batch was not full", async () => {
    const loader = new DataLoader<number>(new Set([1, 2, 3]), { batchSize: 2 });
    const { last } = await states(loader);
    expect(last).toMatchObject({ epoch: 1, step: 0 });
  });
});

describe("a state of version 1", () => {
  const saved = {
    version: 1,
    epoch: 0,
    step: 1,
    fingerprint: {
      dataset: "6 samples",
      order: "random, seed 0, batches of 2",
      epochOrder: "0123456789abcdef",
    },
    baseSeed: "1",
  };

  it("is held against the whole order, and refused if it is another's", () => {
    expect(() => new DataLoader(samples, { batchSize: 2, shuffle: true }).resume(saved)).toThrow(
      expect.objectContaining({
        code: "STATE_MISMATCH",
        details: [expect.stringMatching(/^order of the epoch: was 0123456789abcdef, is /)],
      }),
    );
  });

  it("is resumed if it is this loader's", async () => {
    const epochOrder = "d2863c33162e5902";
    const state = { ...saved, fingerprint: { ...saved.fingerprint, epochOrder } };
    const loader = new DataLoader(samples, { batchSize: 2, shuffle: true }).resume(state);
    const steps: number[] = [];
    for await (const { step } of loader) steps.push(step);
    expect(steps).toEqual([1, 2]);
  });
});
