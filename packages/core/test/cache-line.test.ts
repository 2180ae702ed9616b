/// <reference lib="esnext.disposable" />
/** The `cache` of a spec: where it may stand, what it shares, and when its key is another. */
import { readdirSync } from "node:fs";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, LoggerService, MillraceError } from "@millrace/core";
import { checkSpec, type Line, openLine, parseOverride, readSpec, Registry } from "@millrace/core/spec";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";

const fallbackUrl = import.meta.url;
let folder: string;
let said: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-cache-line-"));
  await writeFile(join(folder, "data.txt"), "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten");
  await writePlugins("plugins.mjs");
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  said = [];
});
afterEach(async () => {
  await rm(join(folder, ".millrace"), { recursive: true, force: true });
  expect(aliveThreads()).toBe(0);
});

async function writePlugins(name: string, version = 1): Promise<void> {
  // A plugin file finds core and zod as an installed package would: by a path, here.
  const core = import.meta.resolve("@millrace/core");
  const zod = import.meta.resolve("zod");
  await writeFile(
    join(folder, name),
    `import * as core from ${JSON.stringify(core)};
     import { readFileSync } from "node:fs";
     import { z } from ${JSON.stringify(zod)};
     const none = z.strictObject({});
     const clock = core.defineService({ name: "clock", summary: "ticks", lifetime: "worker", create: () => 1 });
     const draws = (sample, { random }) =>
       ({ ...sample, features: sample.features.map((value) => value + random.normal()) });
     // Version ${version}
     const lines = (path, named) => {
       const texts = readFileSync(path, "utf8").split("\\n");
       return {
         length: texts.length,
         get: (index) => ({ features: Float32Array.from(texts[index], (c) => c.charCodeAt(0)).slice(0, 3), label: index % 2 }),
         column: (name) => name === "label" ? texts.map((_text, i) => i % 2) : undefined,
         facts: { labels: ["even", "odd"] },
         ...(named && { fingerprint: () => core.fingerprintFiles([path]) }),
       };
     };
     const source = (name, named) => core.defineSource({
       name, summary: "lines of a file", options: z.strictObject({ path: z.string().describe("file") }),
       create: ({ path }, { baseUrl }) => lines(new URL(path, baseUrl).pathname, named),
     });
     export default [
       core.defineModel({ name: "none", summary: "none", options: none, create: () => ({ engine: "none", build() {} }) }),
       core.defineTrainer({ name: "none", summary: "none", options: none, create: () => ({ fit() {} }) }),
       source("lines", true), source("nameless", false),
       core.defineTransform({
         name: "scale", summary: "times", options: z.strictObject({ by: z.number().default(2).describe("factor") }),
         create: ({ by }) => (sample) => {
           process.emit("scaled", sample);
           return { ...sample, features: sample.features.map((value) => value * by) };
         },
       }),
       core.defineTransform({ name: "jitter", summary: "noise", options: none, random: true, create: () => draws }),
       core.defineTransform({ name: "sly", summary: "noise, unsaid", options: none, create: () => draws }),
       core.defineTransform({
         name: "dated", summary: "looks at the epoch", options: none,
         create: () => (sample, { epoch }) => ({ ...sample, epoch }),
       }),
       core.defineTransform({
         name: "seeded", summary: "adds the seed", options: none,
         create: (_options, { seed }) => (sample) => ({ ...sample, seed }),
       }),
       core.defineTransform({
         name: "ticking", summary: "needs a clock", options: none, needs: { clock },
         create: () => (sample) => sample,
       }),
       clock,
     ];`,
  );
}

interface Options {
  readonly transforms: readonly object[];
  readonly source?: string;
  readonly sets?: readonly string[];
}

async function open({ transforms, source = "lines", sets = [] }: Options): Promise<Line & AsyncDisposable> {
  const path = join(folder, "spec.json");
  await writeFile(
    path,
    JSON.stringify(
      {
        plugins: ["./plugins.mjs"],
        seed: 5,
        source: { use: source, with: { path: "data.txt" } },
        split: { train: 0.6, validation: 0.4 },
        transforms,
        loader: { batchSize: 4, shuffle: true, numWorkers: 0 },
        model: { use: "none" },
        trainer: { use: "none" },
      },
      undefined,
      1,
    ),
  );
  const registry = new Registry();
  const log = (_fields: object, message: string): void => void said.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  registry.provide(LoggerService, logger);
  const text = await readSpec(path, sets.map(parseOverride));
  const { spec, modules } = await checkSpec(text, {
    registry,
    defaults: ["@millrace/core/builtin"],
    fallbackUrl,
  });
  const line = await openLine(spec, { registry, modules, url: text.url, logger });
  return { ...line, [Symbol.asyncDispose]: () => line.close() };
}

async function read(line: Line, epochs = [0, 1]): Promise<string[]> {
  const seen: string[] = [];
  for (const loader of Object.values(line.loaders)) {
    for (const epoch of epochs) {
      for await (const { data, indices, release } of loader.batches(epoch)) {
        seen.push(
          JSON.stringify({ data, indices }, (_key, value: unknown) =>
            ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
          ),
        );
        release();
      }
    }
  }
  return seen;
}

/** How often the transform before the cache ran in this thread. */
async function scaledBy(act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const listen = (): void => void count++;
  process.on("scaled", listen);
  await act();
  process.off("scaled", listen);
  return count;
}

async function faultsOf(transforms: readonly object[]): Promise<readonly string[]> {
  const error: unknown = await open({ transforms }).catch((reason: unknown) => reason);
  return error instanceof MillraceError ? error.details : [String(error)];
}

const keys = (): string[] =>
  readdirSync(join(folder, ".millrace", "cache")).filter((name) => name.length === 32);
const scale = { use: "scale" };
const cache = (where: string): object => ({ use: "cache", with: { in: where } });
const jitter = { use: "jitter", only: "train" };

describe.each(["memory", "disk"])("a spec's cache in %s", (where) => {
  it("leaves the batches as they are, bit for bit, with 0, 1 and 2 workers", async () => {
    const transforms = [scale, cache(where), jitter, jitter];
    await using plain = await open({ transforms: [scale, jitter, jitter] });
    const expected = await read(plain);
    for (const numWorkers of [0, 1, 2]) {
      await using line = await open({ transforms, sets: [`loader.numWorkers=${numWorkers}`] });
      expect(await read(line)).toEqual(expected);
    }
  });

  it("makes each sample once, and what comes after it in every epoch; train and validation share it", async () => {
    await using line = await open({ transforms: [scale, cache(where), jitter] });
    expect(await scaledBy(() => read(line, [0, 1, 2]))).toBe(10);
    const [first, second] = [await read(line, [0]), await read(line, [1])];
    expect(first).not.toEqual(second);
  });

  it("refuses random transforms before it, with their place in the spec", async () => {
    expect(await faultsOf([scale, jitter, cache(where)])).toEqual([
      expect.stringMatching(
        /spec\.json:\d+:\d+ transforms\[1\]: jitter draws random numbers, and must stand behind the cache at transforms\[2\]/,
      ),
    ]);
    expect(await faultsOf([{ ...jitter }, { ...cache(where), only: "train" }])).toHaveLength(1);
    const some = { ...cache(where), only: ["train", "test"] };
    expect(await faultsOf([{ ...jitter, only: ["validation", "train"] }, some])).toHaveLength(1);
    for (const only of ["validation", ["test", "validation"]]) {
      await using apart = await open({ transforms: [jitter, { ...cache(where), only }] });
      expect(await read(apart)).toHaveLength(6);
    }
  });

  it.each([
    ["sly", "a random number"],
    ["dated", "the epoch"],
  ])("refuses a transform before it that draws without saying so: %s", async (use, what) => {
    await using line = await open({ transforms: [{ use }, cache(where)] });
    await expect(read(line)).rejects.toMatchObject({
      code: "CACHE_RANDOM",
      message: `before a cache or a fit, samples must be the same in every epoch, but the transform asked for ${what}`,
      where: [`transform 0 ${use}`, expect.stringMatching(/^sample \d+/), "epoch 0"],
    });
  });

  it("serves a cache behind a cache, and one that comes first", async () => {
    await using line = await open({ transforms: [cache("disk"), scale, cache(where), jitter] });
    expect(await scaledBy(() => read(line))).toBe(10);
  });
});

describe("a spec's cache on disk", () => {
  const disk = [scale, cache("disk"), jitter];

  it("serves the next run", async () => {
    await using first = await open({ transforms: disk });
    expect(await scaledBy(() => read(first))).toBe(10);
    await using second = await open({ transforms: disk });
    expect(await scaledBy(() => read(second))).toBe(0);
    expect(await read(second)).toEqual(await read(first));
    expect(said.at(-1)).toMatch(/holds 10 of 10 samples/);
    expect(keys()).toHaveLength(1);
  });

  it("has another key for other options before it, other files, and other code; not for what comes after", async () => {
    const count = async (options: Options): Promise<number> => {
      await (await open(options)).close();
      return keys().length;
    };
    expect(await count({ transforms: disk })).toBe(1);
    expect(await count({ transforms: [scale, cache("disk"), { use: "dated" }] })).toBe(1);
    expect(await count({ transforms: disk, sets: ["seed=6", "loader.batchSize=2"] })).toBe(1);
    expect(await count({ transforms: disk, sets: ["transforms.0.with.by=3"] })).toBe(2);
    expect(await count({ transforms: [cache("disk")] })).toBe(3);
    await utimes(join(folder, "data.txt"), 1, 1);
    expect(await count({ transforms: disk })).toBe(4);
    await writePlugins("plugins.mjs", 22);
    expect(await count({ transforms: disk })).toBe(5);
  });

  it("has a key for each seed where a transform before it depends on the seed, and only there", async () => {
    for (const seed of [1, 2, 2]) {
      await using line = await open({
        transforms: [{ use: "seeded" }, cache("disk")],
        sets: [`seed=${seed}`],
      });
      expect((await read(line))[0]).toContain(`"seed":{"dtype":"int32","shape":[4],"data":[${seed},${seed},`);
    }
    expect(keys()).toHaveLength(2);
  });

  it("refuses a source that cannot say when it changes, and what to do about it", async () => {
    await expect(open({ transforms: disk, source: "nameless" })).rejects.toMatchObject({
      code: "CACHE_KEY",
      message:
        "a cache on disk needs to know when its samples change, but source nameless has no fingerprint",
      hint: expect.stringContaining('"in": "memory"') as string,
      where: ["transforms[1] cache"],
    });
    await using line = await open({ transforms: [cache("memory")], source: "nameless" });
    expect(await read(line)).toHaveLength(6);
  });

  it("refuses a transform before it whose services no key covers", async () => {
    expect(await faultsOf([{ use: "ticking" }, cache("disk")])).toEqual([
      expect.stringMatching(/spec\.json:\d+:\d+ transforms\[0\]: ticking needs the service "clock"/),
    ]);
    await using line = await open({ transforms: [{ use: "ticking" }, cache("memory")] });
    expect(await read(line)).toHaveLength(6);
  });

  it("lies where `folder` says, relative to the spec, which is for disks only", async () => {
    const mine = { use: "cache", with: { in: "disk", folder: ".millrace/mine" } };
    await (await open({ transforms: [mine] })).close();
    expect(readdirSync(join(folder, ".millrace"))).toEqual(["mine"]);
    expect(await faultsOf([{ use: "cache", with: { in: "memory", folder: "x" } }])).toEqual([
      expect.stringMatching(/transforms\[0\]\.with\.folder: is for a cache on disk, but `in` is "memory"/),
    ]);
  });
});
