/** torchdata's tests of what a StatefulDataLoader's state is, when it may be asked for, and what it refuses. */
import type { DataLoader } from "@millrace/core";
import { describe, expect, it } from "vitest";
import {
  countedPasses,
  failing,
  failingInit,
  setWorker,
  slowIndex,
  slowStream,
  type Told,
} from "./fixtures/portable.js";
import { classes, list, loaders, range, sharedCell } from "./loaders.js";
import {
  collate,
  json,
  type Loader,
  loaderOf,
  type Options,
  samples,
  type Source,
  take,
} from "./resumable.js";

describe.each(classes)("StatefulDataLoader, as $name", ({ persistent }) => {
  const makeAny = loaders(persistent);
  const make = (source: Source, options: Options = {}) => loaderOf(makeAny, source, options);
  const makeMap = (options: Options = {}): Loader => makeAny(samples, { collate, ...options });

  it("test_map_iterrupted_shuffle: resumed in the same loader, and then from before the first batch", async () => {
    for (const numWorkers of [0, 2]) {
      const loader = makeMap({ batchSize: 10, shuffle: true, numWorkers });
      const epoch = loader[Symbol.asyncIterator]();
      const start = json(loader.state());
      const batches = await take(epoch, 4);
      const middle = json(loader.state());
      await epoch.return?.();
      batches.push(...(await list(loader.resume(middle))));
      expect(batches).toHaveLength(10);
      expect(await list(loader.resume(start))).toEqual(batches);
    }
  });

  it.each([
    [0, 3],
    [3, 0],
  ])(
    "test_num_workers_mismatch: from %i to %i workers, map-style goes on, a stream refuses",
    async (from, to) => {
      const map = makeMap({ shuffle: true, batchSize: 9, numWorkers: from });
      const epoch = map[Symbol.asyncIterator]();
      await take(epoch, 2);
      const state = json(map.state());
      const tail = await take(epoch, 100);
      expect(await list(makeMap({ shuffle: true, batchSize: 9, numWorkers: to }).resume(state))).toEqual(
        tail,
      );
      const stream = make("a stream with a state", { numWorkers: from });
      const pass = stream[Symbol.asyncIterator]();
      await take(pass, 1);
      const shards = json(stream.state());
      await pass.return?.();
      expect(() => make("a stream with a state", { numWorkers: to }).resume(shards)).toThrow(
        expect.objectContaining({ code: "STATE_MISMATCH" }),
      );
    },
  );

  it("test_two_dataloaders: one after the other in one process", async () => {
    const [one, two] = [makeMap({ numWorkers: 2, batchSize: 10 }), makeMap({ numWorkers: 2, batchSize: 10 })];
    expect(await list(two)).toEqual(await list(one));
  });

  describe("test_fast_state_dict_request", () => {
    const start = () => make("a stream of random numbers", { batchSize: 4, numWorkers: 3 });
    /** Saved after 11 batches and, two later, in the same iteration and in one that was resumed. */
    const saved = async () => {
      const loader = start();
      const epoch = loader[Symbol.asyncIterator]();
      await take(epoch, 11);
      const state = json(loader.state());
      await take(epoch, 2);
      const later = json(loader.state());
      const tail = await take(epoch, 100);
      const resumed = loader.resume(state)[Symbol.asyncIterator]();
      await take(resumed, 2);
      const again = json(loader.state());
      await resumed.return?.();
      return { later, again, tail };
    };

    it("test_fast_state_dict_request: saved before every worker has given a batch since the resume", async () => {
      const { again, tail } = await saved();
      expect(tail.length).toBeGreaterThan(5);
      expect(await list(start().resume(again))).toEqual(tail);
    });

    it("test_fast_state_dict_request_skip_steps: the state of a resumed iteration is the uninterrupted one's", async () => {
      const { later, again } = await saved();
      expect(again).toEqual(later);
    });
  });

  it.each([
    ["test_json_serde_single_process", 0],
    ["test_json_serde_multi_process", 2],
  ])("%s: a state of the second epoch is small, plain JSON", async (_name, numWorkers) => {
    for (const name of ["a stream with a state", "a sampler of one's own"] as const) {
      const loader = make(name, { batchSize: 7, numWorkers });
      await list(loader);
      const epoch = loader[Symbol.asyncIterator]();
      await take(epoch, 4);
      const text = JSON.stringify(loader.state());
      expect(text.length).toBeLessThan(500);
      const tail = await take(epoch, 100);
      expect(await list(make(name, { batchSize: 7, numWorkers }).resume(JSON.parse(text)))).toEqual(tail);
    }
  });

  it("test_initial_state: a state from before any iteration, loaded in the middle of one", async () => {
    const loader = makeMap({ numWorkers: 2, batchSize: 20 });
    const initial = json(loader.state());
    const batches = await list(loader);
    const epoch = loader[Symbol.asyncIterator]();
    await take(epoch, 2);
    await epoch.return?.();
    expect(await list(loader.resume(initial))).toEqual(batches);
    expect(await list(loader)).toEqual(batches);
  });

  it.each([
    ["test_load_state_after_initial_state_dict", true],
    ["test_load_state_before_initial_state_dict", false],
  ])("%s: asking for a state first changes nothing, and a loaded state is the state", async (_name, ask) => {
    for (const stop of [2, 9]) {
      const loader = makeMap({ shuffle: true, batchSize: 10, numWorkers: 2 });
      const epoch = loader[Symbol.asyncIterator]();
      await take(epoch, stop);
      const state = json(loader.state());
      const tail = await take(epoch, 100);
      const other = makeMap({ shuffle: true, batchSize: 10, numWorkers: 2 });
      const initial = ask ? json(other.state()) : { epoch: 0, step: 0 };
      expect(initial).toMatchObject({ epoch: 0, step: 0 });
      other.resume(state);
      expect(json(other.state())).toEqual(state);
      expect(await list(other)).toEqual(tail);
    }
  });

  it("test_init_error: an init hook that throws is said on resume as well", async () => {
    const state = json(makeMap({ batchSize: 10 }).state());
    const loader = makeMap({ batchSize: 10, numWorkers: 2, workerInit: failingInit }).resume(state);
    await expect(list(loader)).rejects.toThrow("Error in worker_init_fn");
    await loader.close();
  });

  it("test_iteration_error: a sample that fails is said on resume as well", async () => {
    const start = (numWorkers: number) => makeAny<unknown>(failing(10), { numWorkers, collate });
    const loader = start(2).resume(json(start(0).state()));
    const epoch = loader[Symbol.asyncIterator]();
    await expect(epoch.next()).rejects.toThrow("not implemented");
    await epoch.return?.();
  });

  it("test_load_then_state: is the identity, also in a loader that was under way", async () => {
    const initial = json(makeMap({ shuffle: true, batchSize: 10 }).state());
    const batches = await list(makeMap({ shuffle: true, batchSize: 10 }));
    const loader = makeMap({ shuffle: true, batchSize: 10, numWorkers: 2 });
    const epoch = loader[Symbol.asyncIterator]();
    await take(epoch, 3);
    await epoch.return?.();
    expect(json(loader.resume(initial).state())).toEqual(initial);
    expect(await list(loader)).toEqual(batches);
  });

  it.each([
    [0, false],
    [0, true],
    [2, true],
  ])(
    "test_multi_epoch_sdl: two epochs and two more are four, %i workers, shuffle %s",
    async (numWorkers, shuffle) => {
      const start = () => makeMap({ numWorkers, shuffle, batchSize: 10 });
      const loader = start();
      const batches = [...(await list(loader)), ...(await list(loader))];
      const other = start().resume(json(loader.state()));
      batches.push(...(await list(other)), ...(await list(other)));
      const whole = start();
      const expected: unknown[] = [];
      for (let epoch = 0; epoch < 4; epoch++) expected.push(...(await list(whole)));
      expect(batches).toEqual(expected);
    },
  );

  it.each([
    [0, false],
    [0, true],
    [2, true],
  ])(
    // torchdata's state from the body of the last batch resumes into an epoch of no batches: a loop over epochs that saves
    // every few steps would train one less. Here it is the state of after the loop.
    "test_end_of_epoch_behavior: after the last batch the next epoch comes, %i workers, shuffle %s",
    async (numWorkers, shuffle) => {
      const start = () => makeMap({ numWorkers, shuffle, batchSize: 10 });
      const loader = start();
      let within: unknown;
      for await (const { step } of loader) if (step === 9) within = json(loader.state());
      const after = json(loader.state());
      const other = start();
      expect(within).toEqual(after);
      const next = await list(loader);
      expect(next).toHaveLength(10);
      expect(await list(other.resume(within))).toEqual(next);
      expect(await list(other)).toEqual(await list(loader));
    },
  );

  it.each([[persistent ? "test_pw" : "test_inline", persistent ? 3 : 0]])(
    "%s: a state from the end of an epoch goes on with the two after it, %i workers",
    async (_name, numWorkers) => {
      const start = () => make("a stream with a state", { numWorkers, batchSize: 7 });
      const loader = start();
      await list(loader);
      const state = json(loader.state());
      const [second, third] = [await list(loader), await list(loader)];
      const other = start();
      const epoch = other[Symbol.asyncIterator]();
      await take(epoch, 2);
      await epoch.return?.();
      other.resume(state);
      expect([await list(other), await list(other)]).toEqual([second, third]);
      expect((second[0] as number[][])[0][1]).toBe(1);
    },
  );

  it.each([
    ["test_inline_iter", 0],
    ["test_mp_iter", 2],
  ])("%s: each shard of a stream is opened once, also by a resume", async (_name, numWorkers) => {
    const passes = sharedCell();
    const start = () => makeAny<unknown>(countedPasses(10, passes), { numWorkers, collate });
    const loader = start();
    const epoch = loader[Symbol.asyncIterator]();
    await take(epoch, 3);
    const state = json(loader.state());
    await take(epoch, 100);
    expect(passes[0]).toBe(Math.max(1, numWorkers));
    await list(start().resume(state));
    expect(passes[0]).toBe(2 * Math.max(1, numWorkers));
  });

  describe("TestOutOfOrderWithCheckpointing", () => {
    const options = { numWorkers: 2, prefetchFactor: 2, inOrder: false, workerInit: setWorker, collate };
    const start = (dataset: DataLoader<Told, readonly [Told]>["dataset"]) =>
      makeAny<Told, readonly [Told]>(dataset, options);
    const sample = (data: unknown) => (data as readonly [Told])[0][1];

    it("test_out_of_order_index_ds: neither what was handed out early nor what was held up is lost", async () => {
      const gate = sharedCell();
      const loader = start(slowIndex(10, 0, gate));
      const epoch = loader[Symbol.asyncIterator]();
      const output = (await take(epoch, 4)).map(sample);
      expect(output).not.toContain(0);
      const state = json(loader.state());
      Atomics.store(gate, 0, 1);
      await epoch.return?.();
      output.push(...(await list(start(slowIndex(10, 0, gate)).resume(state))).map(sample));
      expect(output).not.toEqual(range(10));
      expect(output.sort((a, b) => a - b)).toEqual(range(10));
    });

    it.each([
      ["test_out_of_order_iterable_ds_one_completed_worker", 8],
      ["test_out_of_order_iterable_ds_no_completed_workers", 4],
    ])("%s: stopped after %i", async (_name, stop) => {
      const gates = [sharedCell(), sharedCell()];
      const loader = start(slowStream(10, gates[0]));
      const epoch = loader[Symbol.asyncIterator]();
      const output = (await take(epoch, Math.min(stop, 5))).map(sample);
      if (stop > 5) Atomics.store(gates[0], 0, 1);
      output.push(...(await take(epoch, stop - output.length)).map(sample));
      const state = json(loader.state());
      Atomics.store(gates[0], 0, 1);
      await epoch.return?.();
      const rest = start(slowStream(10, gates[1])).resume(state)[Symbol.asyncIterator]();
      // With both workers there is one of the fast share left, which comes first.
      output.push(...(await take(rest, Math.max(0, 5 - stop))).map(sample));
      Atomics.store(gates[1], 0, 1);
      output.push(...(await take(rest, 100)).map(sample));
      expect(output).toEqual(range(10));
    });
  });
});
