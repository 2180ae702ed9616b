/** Several sources in one spec: joined, mixed, each with transforms of its own, in the main thread and in workers. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DataLoader, LoggerService, MillraceError } from "@millrace/core";
import {
  checkSpec,
  type Line,
  openEvaluation,
  openLine,
  openPrediction,
  parseSpecText,
} from "@millrace/core/spec";
import { Registry } from "@millrace/core/spec";
import { splitIndices } from "../src/data/split.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-sources-"));
  await writeFile(
    join(folder, "plugins.mjs"),
    `import { defineModel, defineSource, defineTrainer, defineTransform } from ${JSON.stringify(import.meta.resolve("@millrace/core"))};
     import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
     const none = { name: "none", summary: "none", options: z.strictObject({}) };
     export default [
       defineModel({ ...none, create: () => ({ engine: "none", build() {} }) }),
       defineTrainer({ ...none, create: () => ({ fit() {} }) }),
       defineSource({ name: "numbered", summary: "numbers", options: z.strictObject({ length: z.int().describe("how many") }),
         create: ({ length }) => ({ length,
           get: (index) => ({ x: Float32Array.of((length === 80 ? 120 : 0) + index), label: 0 }), fields: { label: { type: "int32" } } }) }),
       defineTransform({ name: "add", summary: "adds", options: z.strictObject({ amount: z.number().describe("how much") }),
         create: ({ amount }) => (sample) => ({ ...sample, x: sample.x.map((value) => value + amount) }) }),
       defineTransform({ name: "noise", summary: "adds noise", random: true, options: z.strictObject({}),
         create: () => (sample, { random }) => ({ ...sample, x: sample.x.map((value) => value + random.uniform() / 2) }) }),
     ];`,
  );
});

afterAll(() => rm(folder, { recursive: true }));

/** Samples whose x counts up from \`from\`, with these labels in turn. */
function memory(from: number, labels: readonly string[], length = 8, more: object = {}): object {
  const samples = Array.from({ length }, (_, i) => ({ x: [from + i], label: labels[i % labels.length] }));
  return { use: "memory", with: { samples }, ...more };
}

async function checked(spec: object) {
  const registry = new Registry();
  const silent = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));
  registry.provide(LoggerService, silent as never);
  const none = { use: "none" };
  const whole = JSON.stringify({ plugins: ["./plugins.mjs"], ...spec, model: none, trainer: none });
  const text = parseSpecText(whole, "spec.json", pathToFileURL(join(folder, "spec.json")));
  const fallbackUrl = import.meta.url;
  const ready = await checkSpec(text, { registry, defaults: ["@millrace/core/builtin"], fallbackUrl });
  return { spec: ready.spec, options: { registry, modules: ready.modules, url: text.url } };
}

async function open(spec: object): Promise<Line & AsyncDisposable> {
  const { spec: ready, options } = await checked(spec);
  const line = await openLine(ready, options);
  return { ...line, [Symbol.asyncDispose]: () => line.close() };
}

interface Read {
  readonly x: number[];
  readonly label: number[];
}

async function read(loader: DataLoader | undefined, epoch = 0): Promise<Read[]> {
  const batches: Read[] = [];
  for await (const { data, release } of loader?.batches(epoch) ?? []) {
    const { x, label } = data as Record<string, { data: ArrayLike<number> }>;
    batches.push({ x: Array.from(x.data), label: Array.from(label.data) });
    release();
  }
  return batches;
}

const xs = (batches: readonly Read[]) => batches.flatMap(({ x }) => x);
const loader = { batchSize: 4, numWorkers: 0 };

async function faultOf(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (error instanceof MillraceError) return error;
  throw new Error(`expected a MillraceError, got ${String(error)}`);
}

describe("a source whose neighbours are read together", () => {
  const blocks = (length: number, more: object = {}) => ({ use: "numbered", with: { length }, ...more });
  const order = { sampler: { use: "block-shuffle", with: { blockSize: 10, bufferBlocks: 2 } } };
  const split = { train: 0.6, validation: 0.4 };

  it.each([
    ["alone", { source: blocks(200) }],
    ["beside another", { sources: [blocks(120), blocks(80)] }],
  ])(
    "has parts that are measured in its own order, and neighbours together in any part, %s",
    async (_, sources) => {
      const seen: number[][] = [];
      for (const numWorkers of [0, 2]) {
        await using line = await open({ ...sources, split, loader: { ...loader, ...order, numWorkers } });
        const { train, validation } = line.loaders;
        const inOrder = xs(await read(validation));
        expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
        const mixed = xs(await read(train));
        const found = mixed.map((x) => Math.floor(x / 10));
        for (const block of new Set(found))
          expect(found.lastIndexOf(block) - found.indexOf(block)).toBeLessThan(20);
        expect([...mixed, ...inOrder].sort((a, b) => a - b)).toEqual(
          Array.from({ length: 200 }, (_, i) => i),
        );
        seen.push(mixed);
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[0].slice(0, 40)).not.toEqual(seen[0].slice(0, 40).sort((a, b) => a - b));
    },
  );

  it("has the training part in the random order of the split", async () => {
    await using line = await open({ source: memory(0, ["a"], 40), split, loader });
    const { train } = splitIndices(40, split, 0);
    expect(xs(await read(line.loaders.train))).toEqual(Array.from(train ?? []));
  });
});

describe("a spec with several sources", () => {
  it("has the samples of all, each through its source's transforms and then the spec's", async () => {
    const add = (amount: number) => ({ use: "add", with: { amount } });
    await using line = await open({
      sources: [memory(0, ["a"]), memory(100, ["a"], 4, { transforms: [add(0.5)] })],
      transforms: [add(1000)],
      loader,
    });
    expect(xs(await read(line.loaders.train))).toEqual([
      1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1100.5, 1101.5, 1102.5, 1103.5,
    ]);
  });

  it("makes the same batches for any number of workers, with caches and random transforms among its own", async () => {
    const own = [{ use: "cache", with: { in: "memory" } }, { use: "noise" }];
    const sources = [memory(0, ["b"], 8, { transforms: own }), memory(100, ["a"], 8, { transforms: own })];
    const results: unknown[] = [];
    for (const numWorkers of [0, 2]) {
      await using line = await open({
        sources,
        transforms: [{ use: "noise" }],
        split: { train: 0.75, validation: 0.25 },
        loader: { ...loader, shuffle: true, numWorkers },
      });
      const { train, validation } = line.loaders;
      results.push([await read(train, 0), await read(train, 1), await read(validation)]);
    }
    expect(results[1]).toEqual(results[0]);
    const [[first]] = results as [Read[][]];
    const rests = new Set(xs(first).map((x) => x % 1));
    expect(rests.size).toBe(12);
  });

  it("numbers the classes of all sources in one order, as one source of all samples would", async () => {
    await using line = await open({
      sources: [memory(0, ["dog", "cat"]), memory(100, ["bird", "dog"])],
      loader,
    });
    expect(line.facts.labels).toEqual(["bird", "cat", "dog"]);
    const labels = (await read(line.loaders.train)).flatMap(({ label }) => label);
    expect(labels).toEqual([2, 1, 2, 1, 2, 1, 2, 1, 0, 2, 0, 2, 0, 2, 0, 2]);
    expect(Array.from((await line.samples.train?.column?.("label")) ?? [])).toEqual(labels);
  });

  it("numbers the classes of every field so", async () => {
    const sized = (...sizes: (string | null)[]) => ({
      use: "memory",
      with: { samples: sizes.map((size) => ({ size, label: 1 })), columns: { size: "class?" } },
    });
    await using line = await open({ sources: [sized("m", "l"), sized("s", null, "m")], loader });
    expect(line.facts.categories).toEqual({ size: ["l", "m", "s"] });
    const seen: unknown[] = [];
    for (let index = 0; index < 5; index++) seen.push(await line.samples.train?.get(index, { epoch: 0 }));
    expect(seen).toEqual([1, 0, 2, null, 1].map((size) => ({ size, label: 1 })));
  });

  it("refuses a source that cannot follow the others' classes, and names it", async () => {
    const generated = { use: "generated", with: { problem: "blobs", length: 8, features: 1 } };
    const fault = await faultOf(open({ sources: [memory(0, ["!", "b"]), generated], loader }));
    expect(fault).toMatchObject({ code: "SOURCES_DISAGREE", path: ["sources", 1] });
    const numbers = { use: "memory", with: { samples: [{ x: [1], label: 0.5 }] } };
    const none = await faultOf(open({ sources: [memory(0, ["a", "b"]), numbers], loader }));
    expect(none.message).toBe("all sources must have class labels, or none of them, but source 1 has none");
  });

  it("mixes sources by weight, in every epoch, and repeats what is small", async () => {
    await using line = await open({
      sources: [
        memory(0, ["a"], 12, { weight: 3 }),
        memory(100, ["a"], 2, { weight: 1 }),
        memory(200, ["a"], 6),
      ],
      loader: { batchSize: 4, shuffle: true },
    });
    for (const epoch of [0, 1]) {
      const seen = xs(await read(line.loaders.train, epoch));
      const of = (from: number) => seen.filter((x) => x >= from && x < from + 100).length;
      expect([of(0), of(100), of(200)]).toEqual([12, 4, 4]);
    }
  });

  it("keeps sources apart in batches, and cuts validation by the same size", async () => {
    await using line = await open({
      sources: [memory(0, ["a"], 12), memory(100, ["a"], 12)],
      split: { train: 0.5, validation: 0.5 },
      loader: { batchSampler: { use: "per-source-batch", with: { batchSize: 3 } } },
    });
    for (const { x } of await read(line.loaders.train))
      expect(new Set(x.map((value) => value >= 100)).size).toBe(1);
    expect((await read(line.loaders.validation)).map(({ x }) => x.length)).toEqual([3, 3, 3, 3]);
  });

  it("is measured after training, resumed, and asked to predict, as one source is", async () => {
    const spec = {
      sources: [
        memory(0, ["b"], 12),
        memory(100, ["a"], 12, { transforms: [{ use: "add", with: { amount: 0.5 } }] }),
      ],
      split: { train: 0.5, validation: 0.5 },
      loader: { ...loader, shuffle: true },
    };
    await using line = await open(spec);
    const { train } = line.loaders;
    const whole = await read(train, 0);
    for await (const batch of train.batches(0)) {
      batch.release();
      break;
    }
    await using again = await open(spec);
    again.loaders.train.resume(train.state());
    expect(await read(again.loaders.train, 0)).toEqual(whole.slice(1));

    const { spec: ready, options } = await checked(spec);
    const evaluation = await openEvaluation(ready, "validation", options);
    expect(evaluation.facts.labels).toEqual(["a", "b"]);
    expect(await read(evaluation.loader)).toEqual(await read(line.loaders.validation));
    await evaluation.close();
    const prediction = await openPrediction(ready, line.facts, options);
    expect(await prediction.transform({ x: [1] })).toEqual({ x: [1] });
    await prediction.close();
  });

  it("says which options exclude each other, and what a misspelt one of a source meant", async () => {
    const details = async (spec: object) => (await faultOf(open({ loader, ...spec }))).details;
    const sources = [memory(0, ["a"], 4, { weight: 1 })];
    expect(await details({ sources, source: memory(0, ["a"]) })).toEqual([
      expect.stringContaining("sources: source and sources exclude each other"),
    ]);
    expect(await details({ sources, loader: { sampler: { use: "random" } } })).toEqual([
      expect.stringContaining("weights of sources decide the order"),
    ]);
    expect(await details({ sources: [memory(0, ["a"], 4, { wieght: 1 })] })).toEqual([
      expect.stringContaining('sources[0].wieght: is not an option here (did you mean "weight"?)'),
    ]);
    const own = [{ use: "noise" }, { use: "cache", with: { in: "memory" } }];
    expect(await details({ sources: [memory(0, ["a"], 4, { transforms: own })] })).toEqual([
      expect.stringContaining(
        "sources[0].transforms[0]: noise draws random numbers, and must stand behind the cache",
      ),
    ]);
  });
});
