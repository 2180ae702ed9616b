/** PyTorch's tests of the loader's arguments and its length. */
import { BatchSampler, DataLoader, RandomSampler, SequentialSampler } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { countingStream } from "./fixtures/portable.js";
import { classes, list, loaders, range, warningsOf } from "./loaders.js";

const hundred = range(100);

describe.each(classes)("$name", ({ persistent }) => {
  const make = loaders(persistent);
  const refused = (options: object, dataset: unknown = hundred) => {
    let thrown: unknown;
    try {
      make(dataset as number[], options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "LOADER_OPTION" });
    return (thrown as Error).message;
  };
  const sampler = new SequentialSampler(hundred);
  const batchSampler = new BatchSampler(sampler, 3, false);

  it.each([
    [{ numWorkers: -1 }, "numWorkers must be a whole number of at least 0, was -1"],
    [{ timeout: -1 }, "timeout must be a number of seconds of at least 0, was -1"],
    [{ prefetchFactor: 2 }, "prefetchFactor needs workers, but numWorkers is 0"],
    [{ persistentWorkers: true }, "persistentWorkers needs workers, but numWorkers is 0"],
    [{ workerInit: () => undefined }, "workerInit needs workers, but numWorkers is 0"],
    [{ batchSize: null, dropLast: true }, "batchSize: null turns batching off and excludes dropLast"],
    [{ batchSize: 11, sampler, shuffle: true }, "sampler and shuffle exclude each other"],
    [{ batchSampler, sampler, shuffle: true }, "sampler and shuffle exclude each other"],
    [{ batchSampler, sampler, shuffle: 3 }, "sampler and shuffle exclude each other"],
    [{ batchSize: 11, batchSampler }, "batchSampler excludes batchSize"],
    [{ shuffle: true, batchSampler }, "batchSampler excludes batchSize, shuffle"],
    [{ sampler, batchSampler }, "batchSampler excludes batchSize, shuffle, sampler"],
    [{ dropLast: true, batchSampler }, "batchSampler excludes batchSize, shuffle, sampler and dropLast"],
    [{ dropLast: 3, batchSampler }, "batchSampler excludes batchSize, shuffle, sampler and dropLast"],
    [{ batchSize: 0 }, "batchSize must be a whole number of at least 1, was 0"],
    [{ batchSize: true }, "batchSize must be a whole number of at least 1, was true"],
    [{ dropLast: 3 }, "dropLast must be true or false, was 3"],
  ])("test_invalid_ctor_args_combinations: map-style, %o", (options, message) => {
    expect(refused(options)).toContain(message);
  });

  it.each([
    [{ timeout: 5 }, "timeout needs workers, but numWorkers is 0"],
    [{ numWorkers: 1, prefetchFactor: 0 }, "prefetchFactor must be a whole number of at least 1, was 0"],
    [{ inOrder: false }, "inOrder: false needs workers, but numWorkers is 0"],
  ])(
    "test_invalid_ctor_args_combinations: %o, which torch notices at iteration or never",
    (options, message) => {
      expect(refused(options)).toContain(message);
    },
  );

  it.each([
    [{ shuffle: true }, "shuffle"],
    [{ shuffle: 3 }, "shuffle"],
    [{ sampler }, "sampler"],
    [{ sampler: 3 }, "sampler"],
    [{ batchSampler }, "batchSampler"],
    [{ batchSampler: 3 }, "batchSampler"],
    [{ shuffle: true, sampler, batchSampler }, "shuffle"],
    [{ sampler, batchSampler, batchSize: 7, dropLast: true }, "sampler"],
  ])("test_invalid_ctor_args_combinations: a stream, %o, names the root cause first", (options, excluded) => {
    expect(refused(options, countingStream(20))).toContain(
      `has an order of its own and excludes ${excluded}, but ${excluded} was given`,
    );
  });

  it("test_invalid_ctor_args_combinations: what is wrong with workers is said before anything else", () => {
    const wrong = { shuffle: true, sampler, batchSize: null, dropLast: true };
    expect(refused({ ...wrong, numWorkers: -1, timeout: -1 })).toContain("numWorkers must be");
    expect(refused({ ...wrong, timeout: -1, prefetchFactor: 2 })).toContain("timeout must be");
    expect(refused({ ...wrong, prefetchFactor: 2, persistentWorkers: true })).toContain(
      "prefetchFactor needs",
    );
    expect(refused({ ...wrong, persistentWorkers: true }, countingStream(1))).toContain(
      "persistentWorkers needs",
    );
    expect(refused({ ...wrong })).toContain("sampler and shuffle");
  });

  it("test_invalid_ctor_args_combinations: a BatchSampler checks its own, booleans are no numbers", () => {
    for (const batchSize of [0, -1, 1.5, true, "3"]) {
      expect(() => new BatchSampler(sampler, batchSize as number)).toThrow(
        "batchSize must be a positive whole number",
      );
    }
    expect(() => new BatchSampler(sampler, 3, 1 as never)).toThrow("dropLast must be true or false, was 1");
  });

  it.each(["batchSize", "batchSampler", "sampler", "dropLast", "dataset", "persistentWorkers"])(
    "test_invalid_assign_after_init: %s cannot be assigned",
    (name) => {
      const loader = make(hundred);
      expect(() => Object.assign(loader, { [name]: {} })).toThrow(TypeError);
      expect(loader.batchSize).toBe(1);
    },
  );

  it.each([
    [2, 50],
    [3, 34],
  ])("test_len: 100 samples in batches of %i are %i", async (batchSize, expected) => {
    const loader = make(hundred, { batchSize });
    expect(loader.length).toBe(expected);
    expect(await list(loader)).toHaveLength(expected);
  });

  it.each([
    [1, 10, 10],
    [2, 5, 5],
    [3, 4, 3],
  ])(
    "test_iterabledataset_len: 10 samples in batches of %i are %i, or %i whole ones",
    (batchSize, all, whole) => {
      expect(make(countingStream(10), { batchSize }).length).toBe(all);
      expect(make(countingStream(10), { batchSize, dropLast: true }).length).toBe(whole);
    },
  );

  it("test_iterabledataset_len: a stream of unknown length has none", () => {
    const stream = { *[Symbol.iterator]() {} };
    expect(() => make(stream).length).toThrow(expect.objectContaining({ code: "LENGTH_UNKNOWN" }));
  });

  it("test_growing_dataset: length and epochs follow it", async () => {
    const dataset = range(4);
    const [sequential, shuffled] = [make(dataset, { shuffle: false }), make(dataset, { shuffle: true })];
    dataset.push(4);
    for (const loader of [sequential, shuffled]) {
      expect(loader.length).toBe(5);
      const indices: number[] = [];
      for await (const batch of loader) indices.push(...batch.indices);
      expect(indices.sort((a, b) => a - b)).toEqual(range(5));
    }
  });

  it("test_excessive_thread_creation_warning: more workers than the machine runs at once", async () => {
    const [warning] = await warningsOf(() => make(hundred, { batchSize: 2, numWorkers: 1000 }));
    expect(warning).toMatchObject({
      code: "MILLRACE_WORKERS",
      message: expect.stringContaining("more workers may make loading slower"),
    });
  });

  it.each([
    ["test_random_sampler_len_with_replacement", true],
    ["test_random_sampler_len_without_replacement", false],
  ])("%s: five more than there are samples", (_name, replacement) => {
    const order = new RandomSampler(hundred, { replacement, numSamples: 105 });
    expect(order.length).toBe(105);
    expect([...order.indices(0)]).toHaveLength(105);
    expect(make(hundred, { batchSize: 1, sampler: order }).length).toBe(105);
    expect(make(hundred, { batchSize: 6, sampler: order }).length).toBe(18);
  });

  it("an empty dataset gives nothing in order, and cannot be shuffled", async () => {
    expect(await list(make([]))).toEqual([]);
    expect(refused({ shuffle: true }, [])).toContain("shuffle needs at least one sample");
    expect(() => new DataLoader({} as never)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});
