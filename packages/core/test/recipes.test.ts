/** What reaches workers, and how: classes, functions, nested datasets, scripts of one file. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DataLoader, type DataLoaderOptions, type Dataset } from "@millrace/core";
import {
  BlockShuffleSampler,
  DistributedSampler,
  RandomSampler,
  randomSplit,
  type Sampler,
  SequentialSampler,
  streamOf,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "@millrace/core/dataloader";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { Cubes, Forgotten, Hidden, Holding, Nesting, Opened, Squares, twice } from "./fixtures/classes.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

async function read<S>(dataset: Dataset<S>, options: DataLoaderOptions = {}): Promise<unknown[]> {
  const seen: unknown[] = [];
  const loader = new DataLoader<S>(dataset, { batchSize: null, ...(options as object) });
  for await (const { data } of loader) seen.push(data);
  return seen;
}

describe("a dataset written as a class", () => {
  it("reaches workers with one static line, with its fields as they are when the epoch begins", async () => {
    const dataset = new Squares(4);
    dataset.made = "later";
    dataset.offsets.fill(0.5);
    expect(await read(dataset, { numWorkers: 2 })).toEqual(await read(dataset));
    dataset.count = 3;
    expect(await read(dataset, { numWorkers: 2 })).toEqual(
      [0, 1, 2].map((x) => ({ x, y: x * x + 0.5, made: "later" })),
    );
    expect(await read(new Cubes(3), { numWorkers: 1 })).toEqual(await read(new Cubes(3)));
    expect(await read(new Opened(3), { numWorkers: 1 })).toEqual([1, 2, 3]);
  });

  it.each([
    [new Forgotten(2), "not of Forgotten itself", "Give Forgotten a `static [recipeOf] = import.meta.url`"],
    [new Hidden(), "Hidden has private ones", 'export: "Hidden", args'],
    [new Holding(), "workers cannot make dataset.handler again: it is a function", "portable"],
  ])("says what is missing where it cannot be made again (%#)", (dataset, message, hint) => {
    const loader = new DataLoader<unknown>(dataset as Dataset, { numWorkers: 1 });
    expect(() => loader.batches(0)).toThrow(
      expect.objectContaining({
        code: "WORKER_RECIPE",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });
});

describe("a stream of a dataset in a sampler's order", () => {
  const samples = Array.from({ length: 23 }, (_, i) => i * 10);
  const [part] = randomSplit(samples, [12, 11]);
  const seed = 5;
  it.each<[string, Dataset<number>, Sampler]>([
    ["RandomSampler", part, new RandomSampler(part, { seed })],
    [
      "RandomSampler with replacement",
      part,
      new RandomSampler(part, { seed, replacement: true, numSamples: 30 }),
    ],
    ["SequentialSampler", part, new SequentialSampler(part)],
    ["BlockShuffleSampler", part, new BlockShuffleSampler(part, { blockSize: 4, bufferBlocks: 2, seed })],
    ["DistributedSampler", part, new DistributedSampler(part, { numReplicas: 2, rank: 1, seed })],
    ["WeightedRandomSampler", part, new WeightedRandomSampler(part.indices, 9, { seed })],
    ["SubsetRandomSampler", part, new SubsetRandomSampler(Int32Array.of(7, 1, 3), { seed })],
  ])("reaches workers: %s", async (_, dataset, sampler) => {
    const stream = streamOf(dataset, { sampler });
    const expected = Array.from(sampler.indices(0), (index) => dataset.get(index, { epoch: 0 }));
    const seen = async (numWorkers: number): Promise<unknown[]> => {
      const loader = new DataLoader<number>(stream, { batchSize: null, numWorkers });
      const found: unknown[] = [];
      for await (const { data } of loader) found.push(data);
      return found;
    };
    for (const numWorkers of [0, 1, 2]) expect(await seen(numWorkers)).toEqual(expected);
  });
});

describe("a sample that holds itself", () => {
  const list: unknown[] = [];
  list.push(list);
  const object: Record<string, unknown> = {};
  Object.assign(object, { a: object, b: object });
  it.each([
    ["a list", [list]],
    ["an object", [object]],
    ["like objects", [object, object]],
    ["lists of it", [{ list }, { list }]],
  ])("(%s) is the same named error with workers and without", async (_, samples) => {
    for (const numWorkers of [0, 1]) {
      await using loader = new DataLoader<unknown>(samples, { numWorkers });
      const next = async () => loader.batches(0).next();
      await expect(next()).rejects.toMatchObject({
        code: "COLLATE_TYPE",
        message: expect.stringContaining("goes on for more than 100 levels"),
      });
    }
  });
});

describe("a transformed dataset", () => {
  it("gives the same samples with workers and without, random numbers too", async () => {
    const dataset = twice([1, 2, 3, 4]);
    const samples = await read(dataset);
    expect(samples).toMatchObject([2, 4, 6, 8].map((value) => [value, expect.any(Number)]));
    expect(await read(dataset, { numWorkers: 2 })).toEqual(samples);
  });
});

describe("a loader with workers inside of a worker", () => {
  it("is refused by name, and the sample that wanted it", async () => {
    const loader = new DataLoader(new Nesting(), { numWorkers: 1 });
    await using epochs = loader;
    await expect(epochs.batches(0).next()).rejects.toMatchObject({
      code: "WORKER_RECIPE",
      where: ["sample 0", "epoch 0", "worker 0"],
      hint: expect.stringContaining("numWorkers: 0"),
    });
  });
});

describe("a script with everything in one file", () => {
  const script = fileURLToPath(new URL("./fixtures/one-file.mjs", import.meta.url));
  const run = (how: string) =>
    new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile(
        process.execPath,
        [script],
        { timeout: 100_000, env: { ...process.env, HOW: how } },
        (error, stdout) => resolve({ code: error?.code ?? 0, stdout }),
      );
    });

  it("works behind `isMainThread`", { timeout: 120_000 }, async () => {
    expect(await run("guarded")).toEqual({ code: 0, stdout: "0 1 4 9 16 25\n" });
  });

  it.each(["plain", "late"])(
    "(%s) ends with what to do, and starts no thread without end",
    { timeout: 120_000 },
    async (how) => {
      const { code, stdout } = await run(how);
      expect(code).toBe(1);
      expect(stdout).toContain("workers must not start workers");
      expect(stdout).toContain("one-file.mjs");
      expect(stdout).toContain("isMainThread");
    },
  );
});

describe("a script without a file", () => {
  const script =
    'import { DataLoader } from "@millrace/core"; for await (const { data } of new DataLoader([1, 2], { batchSize: 2, numWorkers: 1 })) console.log(data.data.join());';
  const run = (args: readonly string[], env?: NodeJS.ProcessEnv) =>
    new Promise<string>((resolve) => {
      const options = { timeout: 100_000, cwd: import.meta.dirname, env: { ...process.env, ...env } };
      const child = execFile(process.execPath, args, options, (_, stdout, stderr) =>
        resolve(stdout + stderr),
      );
      child.stdin?.end(args.includes("-e") ? "" : script);
    });

  it("reads with workers, as `node -e` and from standard input", { timeout: 120_000 }, async () => {
    expect(await run(["--max-old-space-size=500", "--input-type=module", "-e", script])).toBe("1,2\n");
    expect(await run(["--conditions", "own", "--no-warnings", "--input-type", "module"])).toBe("1,2\n");
    expect(await run(["-e", script], { NODE_OPTIONS: "--input-type=module" })).toBe("1,2\n");
  });

  it("is told that workers cannot import what is written there", { timeout: 120_000 }, async () => {
    const own = script
      .replace("DataLoader", "DataLoader, portable")
      .replace(
        "[1, 2]",
        'portable({ length: 2, get: (i) => i }, { module: import.meta.url, export: "x", args: [] })',
      );
    expect(await run(["--input-type=module", "-e", own])).toMatch(
      /workers cannot make dataset again: it is defined in a script without a file/,
    );
  });
});
