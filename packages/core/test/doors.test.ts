/** Every tool has a door: a spec reaches each sampler, batch sampler and loader option, and batches come of it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoggerService } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loaderShape } from "../src/spec/loader.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-doors-"));
  await writeFile(
    join(folder, "none.mjs"),
    `import { defineModel, defineTrainer } from ${JSON.stringify(import.meta.resolve("@millrace/core"))};
     import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
     const none = { name: "none", summary: "none", options: z.strictObject({}) };
     export default [
       defineModel({ ...none, create: () => ({ engine: "none", build() {} }) }),
       defineTrainer({ ...none, create: () => ({ fit() {} }) }),
     ];`,
  );
});

afterAll(() => rm(folder, { recursive: true }));

/** Checks a spec, opens it and gives the indices of its first epoch's batches. */
async function batchesOf(loader: object): Promise<number[][]> {
  const registry = new Registry();
  const silent = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));
  registry.provide(LoggerService, silent as never);
  const spec = JSON.stringify({
    plugins: ["./none.mjs"],
    source: { use: "generated", with: { problem: "blobs", length: 40 } },
    split: { train: 0.5, validation: 0.5 },
    loader,
    model: { use: "none" },
    trainer: { use: "none" },
  });
  const text = parseSpecText(spec, "spec.json", pathToFileURL(join(folder, "spec.json")));
  const fallbackUrl = import.meta.url;
  const checked = await checkSpec(text, { registry, defaults: ["@millrace/core/builtin"], fallbackUrl });
  const line = await openLine(checked.spec, { registry, modules: checked.modules, url: text.url });
  try {
    const batches: number[][] = [];
    for await (const { indices, release } of line.loaders.train.batches(0)) {
      batches.push([...(indices ?? [])]);
      release();
    }
    if ("numWorkers" in loader) return batches;
    const measured = await line.loaders.validation?.batches(0).next();
    expect(measured?.value?.indices?.length).toBeGreaterThan(0);
    return batches;
  } finally {
    await line.close();
    await registry.close();
  }
}

const samplers: Record<string, object> = {
  sequential: {},
  random: { seed: 3 },
  "weighted-random": { balance: "label" },
  subset: { count: 8 },
  "block-shuffle": { blockSize: 4 },
  distributed: { numReplicas: 2, rank: 1 },
};
const batchSamplers: Record<string, object> = {
  "bucket-batch": { batchSize: 4 },
  "token-budget-batch": { maxTokens: 8, field: "features" },
  "stratified-batch": { batchSize: 6 },
  "per-source-batch": { batchSize: 4, column: "label" },
};
const workers = { numWorkers: 1 };
const options: Record<keyof typeof loaderShape, object> = {
  batchSize: { batchSize: 4 },
  shuffle: { shuffle: true },
  dropLast: { batchSize: 3, dropLast: true },
  numWorkers: workers,
  prefetchFactor: { ...workers, prefetchFactor: 3 },
  prefetchBytes: { ...workers, prefetchFactor: "auto", prefetchBytes: 1000 },
  persistentWorkers: { ...workers, persistentWorkers: false },
  inOrder: { ...workers, inOrder: false },
  timeout: { ...workers, timeout: 60 },
  workerMemory: { ...workers, workerMemory: 64 },
  pinMemory: { ...workers, pinMemory: true },
  onError: { onError: "quarantine" },
  maxRatio: { onError: "replace", maxRatio: 0.5 },
};

describe("a spec", () => {
  it("is tried here with everything that is registered", async () => {
    const registry = new Registry();
    for (const plugin of (await import("@millrace/core/builtin")).default) registry.add(plugin);
    expect(Object.keys(samplers)).toEqual(registry.names("sampler"));
    expect(Object.keys(batchSamplers)).toEqual(registry.names("batchSampler"));
    expect(Object.keys(options)).toEqual(Object.keys(loaderShape));
  });

  it.each(Object.entries(samplers))("reaches the sampler %s", async (use, given) => {
    const batches = await batchesOf({ batchSize: 4, sampler: { use, with: given } });
    expect(batches.flat().length).toBeGreaterThanOrEqual(8);
  });

  it.each(Object.entries(batchSamplers))("reaches the batch sampler %s", async (use, given) => {
    const batches = await batchesOf({ batchSampler: { use, with: given } });
    expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it.each(Object.entries(options))("reaches the loader option %s", async (_option, given) => {
    expect((await batchesOf(given)).flat().length).toBeGreaterThanOrEqual(18);
  });
});
