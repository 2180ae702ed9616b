/** What a loader refuses when it is made: names, bounds, orders that can be read once only. */
import { describe, expect, it } from "vitest";
import { DataLoader } from "./loader.js";

const ten = { length: 10, get: (index: number) => index };

function refusal(options: unknown): { code?: string; message?: string; hint?: string } {
  try {
    expect(new DataLoader(ten, options as object)).toBeDefined();
  } catch (error) {
    return error as { code: string; message: string };
  }
  return {};
}

describe("DataLoader's options", () => {
  it.each([
    ["batch_size", "batchSize"],
    ["num_workers", "numWorkers"],
    ["collate_fn", "collate"],
    ["collateFn", "collate"],
    ["drop_last", "dropLast"],
    ["pin_memory", "pinMemory"],
    ["worker_init_fn", "workerInit"],
    ["batch_sampler", "batchSampler"],
    ["prefetch_factor", "prefetchFactor"],
    ["persistent_workers", "persistentWorkers"],
    ["in_order", "inOrder"],
    ["batchsize", "batchSize"],
    ["shufle", "shuffle"],
    ["workers", "numWorkers"],
  ])("do not know %s, and point at %s", (name, meant) => {
    expect(refusal({ batchSize: 2, [name]: 1 })).toMatchObject({
      code: "LOADER_OPTION",
      message: `a DataLoader has no option "${name}" (did you mean "${meant}"?)`,
    });
  });

  it("say why two of torch's have no counterpart, and list all where a name is like none", () => {
    expect(refusal({ multiprocessing_context: "spawn" }).hint).toContain("threads, not processes");
    expect(refusal({ pin_memory_device: "cuda" }).hint).toContain("the device there is");
    expect(refusal({ constructor: 1 }).hint).toContain("batchSize, shuffle, sampler");
  });

  it("take whole numbers only from samplers, whatever the dataset would make of them", async () => {
    const first = (options: object) => new DataLoader<unknown>(ten, options).batches(0).next();
    const refused = (value: string) => ({
      code: "SAMPLER_FAILED",
      message: `a sampler must yield indices, whole numbers, was ${value}`,
      where: ["batch 0", "epoch 0"],
    });
    await expect(first({ sampler: ["a"] })).rejects.toMatchObject(refused('"a"'));
    await expect(first({ sampler: [5.5], batchSize: null })).rejects.toMatchObject(refused("5.5"));
    await expect(first({ batchSampler: [[1, Number.NaN]] })).rejects.toMatchObject(refused("NaN"));
  });

  it("must be an object", () => {
    expect(refusal(32).message).toBe("a DataLoader's options must be an object, was a number");
    expect(refusal(null).message).toContain("was null");
  });

  it.each<[object, string]>([
    [{ numWorkers: 100_000 }, "numWorkers must be at most 1024, was 100000"],
    [{ numWorkers: 2, prefetchFactor: 1e9 }, "numWorkers × prefetchFactor must be at most 65536 batches"],
    [{ sampler: [3, 2, 1].values() }, "sampler must be readable once per epoch, was an iterator"],
    [{ batchSampler: [[3], [2]].values() }, "batchSampler must be readable once per epoch, was an iterator"],
    [{ shuffle: "false" }, 'shuffle must be true or false, was "false"'],
    [{ dropLast: "no" }, 'dropLast must be true or false, was "no"'],
    [{ numWorkers: 1, inOrder: 0 }, "inOrder must be true or false, was 0"],
    [{ numWorkers: 1, persistentWorkers: "yes" }, 'persistentWorkers must be true or false, was "yes"'],
    [{ collate: 5 }, "collate must be a function, was 5"],
    [{ numWorkers: 1, workerInit: {} }, "workerInit must be a function, was an object"],
    [{ numWorkers: "2" }, 'numWorkers must be a whole number of at least 0, was "2"'],
    [{ batchSize: 2n }, "batchSize must be a whole number of at least 1, was 2n"],
    [{ sampler: 3 }, "sampler must be a sampler, or an iterable of what it yields, was 3"],
  ])("refuse %o before anything is started", (options, message) => {
    const refused = refusal(options);
    expect(refused.code).toBe("LOADER_OPTION");
    expect(refused.message).toContain(message);
  });

  it.each([
    [{ seed: "7" }, 'seed must be a whole number, was "7"'],
    [{ seed: 5n }, "seed must be a whole number, was 5n"],
    [{ seed: 0.5 }, "seed must be a whole number, was 0.5"],
    [{ generator: 7 }, "generator must be a Generator, was 7"],
  ])("refuse a bad seed or generator at once, also where nothing is shuffled", (options, message) => {
    expect(refusal(options)).toMatchObject({ code: "OPTION_INVALID", message });
  });

  it("name an epoch and a step that are none", async () => {
    const loader = new DataLoader(ten, { shuffle: true });
    const message = (value: string) => `must be a whole number, counted from 0, was ${value}`;
    expect(() => loader.batches(-1)).toThrow(`an epoch ${message("-1")}`);
    expect(() => loader.batches("1" as never)).toThrow(`an epoch ${message('"1"')}`);
    await expect(loader.batchAt(0.5, 0)).rejects.toThrow(`an epoch ${message("0.5")}`);
    await expect(loader.batchAt(0, -1)).rejects.toThrow(`a step ${message("-1")}`);
  });
});
