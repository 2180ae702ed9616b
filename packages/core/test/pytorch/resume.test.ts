/** torchdata's tests of StatefulDataLoader that stop, restore and compare: the tail is the uninterrupted one's. */
import { RandomSampler, SequentialSampler } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { classes, list, loaders } from "./loaders.js";
import {
  collate,
  json,
  type Loader,
  loaderOf,
  type Options,
  samples,
  type Source,
  sourceNames,
  take,
} from "./resumable.js";

/** torchdata's names for the tests that run once for each kind of dataset. */
const snapshots = [
  ["test_generator", "a stream with a state"],
  ["test_generator_no_state", "a stream without one"],
  ["test_iterable", "a stream of random numbers"],
  ["test_map", "a RandomSampler"],
  ["test_map_shuffle", "a shuffled dataset"],
] as const;

describe.each(classes)("StatefulDataLoader, as $name", ({ persistent }) => {
  const makeAny = loaders(persistent);
  const make = (source: Source, options: Options = {}) => loaderOf(makeAny, source, options);

  /**
   * Saves before every batch, then goes on from each of `stops`; kept workers serve all the resumes. `resumed` and
   * `uninterrupted` are the tails.
   */
  const tails = async (start: () => Loader, stops: readonly number[]) => {
    const first = start();
    const epoch = first[Symbol.asyncIterator]();
    const states: unknown[] = [json(first.state())];
    const batches: unknown[] = [];
    for (let batch = await take(epoch, 1); batch.length > 0; batch = await take(epoch, 1)) {
      batches.push(...batch);
      states.push(json(first.state()));
    }
    expect(batches.length).toBeGreaterThanOrEqual(Math.max(...stops));
    const resumed: unknown[] = [];
    if (persistent) {
      const loader = start();
      for (const stop of stops) resumed.push(await list(loader.resume(states[stop])));
    } else {
      resumed.push(...(await Promise.all(stops.map((stop) => list(start().resume(states[stop]))))));
    }
    return { resumed, uninterrupted: stops.map((stop) => batches.slice(stop)) };
  };

  describe.each(sourceNames)("of %s", (name) => {
    it.each([null, 7])("test_no_mp: stopped after 0, 1 and 10 batches of %s", async (batchSize) => {
      const { resumed, uninterrupted } = await tails(() => make(name, { batchSize }), [0, 1, 10]);
      expect(resumed).toEqual(uninterrupted);
    });

    // After none: TestSnapshotZero.
    const numWorkers = name === "a stream with a state" ? 3 : 2;
    it.each([null, 7])(
      `${persistent ? "test_mp_pw" : "test_mp_x"}: stopped after 1 and 10 batches of %s, ${numWorkers} workers`,
      async (batchSize) => {
        const { resumed, uninterrupted } = await tails(() => make(name, { batchSize, numWorkers }), [1, 10]);
        expect(resumed).toEqual(uninterrupted);
      },
    );

    // There is no `snapshot_every_n_steps`: every state is exact. Whoever saves every n batches repeats those since.
    it.each([2, 5])("test_mp_every_n_steps: saved every %i batches", async (every) => {
      const loader = make(name, { batchSize: 7 });
      const epoch = loader[Symbol.asyncIterator]();
      const batches: unknown[] = [];
      let saved: unknown;
      for (let step = 0; step < 11; step++) {
        if (step % every === 0) saved = json(loader.state());
        batches.push(...(await take(epoch, 1)));
      }
      batches.push(...(await take(epoch, 100)));
      expect(await list(make(name, { batchSize: 7 }).resume(saved))).toEqual(batches.slice(10));
    });
  });

  describe("TestSnapshotZero", () => {
    it.each(snapshots)(
      "%s: of %s, a state from before the first batch starts the epoch over, in the same loader",
      async (_name, source) => {
        const loader = make(source, { batchSize: 7, numWorkers: 2 });
        const epoch = loader[Symbol.asyncIterator]();
        const start = json(loader.state());
        const batches = await take(epoch, 100);
        expect(await list(loader.resume(start))).toEqual(batches);
      },
    );
  });

  describe("TestSnapshotEnd", () => {
    it.each(snapshots)(
      "%s: of %s, a state from the end of an epoch starts the next one",
      async (_name, source) => {
        for (const batchSize of [null, 4]) {
          const loader = make(source, { batchSize });
          const first = await list(loader);
          const end = json(loader.state());
          expect(end).toMatchObject({ epoch: 1, step: 0 });
          const second = await list(loader);
          expect(second).toHaveLength(first.length);
          expect(second).not.toEqual(first);
          const other = make(source, { batchSize });
          await take(other[Symbol.asyncIterator](), 2);
          expect(await list(other.resume(end))).toEqual(second);
        }
      },
    );
  });

  it.each([0, 2])(
    "test_random_state: numbers drawn in a stream go on where they stood, %i workers",
    async (numWorkers) => {
      const loader = make("a stream of random numbers", { batchSize: 7, numWorkers });
      const first = await list(loader);
      const second = await list(loader);
      expect(second).not.toEqual(first.map((batch) => (batch as number[][]).map(([sample]) => [sample, 1])));
      const { resumed, uninterrupted } = await tails(
        () => make("a stream of random numbers", { batchSize: 7, numWorkers }),
        [1, 8],
      );
      expect(resumed).toEqual(uninterrupted);
    },
  );

  it.each([10, 50, 80])(
    "test_notstatefulSDL: samplers that know no state, stopped after %i batches",
    async (stop) => {
      for (const sampler of [new RandomSampler(samples), new SequentialSampler(samples)]) {
        const { resumed, uninterrupted } = await tails(
          () => makeAny<unknown>(samples, { collate, sampler }),
          [stop],
        );
        expect(resumed).toEqual(uninterrupted);
      }
    },
  );
});
