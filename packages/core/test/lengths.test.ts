/** Batches by length in a spec's line: the lengths of a field come of one pass by the loader's workers. */
import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LoggerService, MillraceError } from "@millrace/core";
import {
  checkSpec,
  type FitEvent,
  type Line,
  type LineOptions,
  openLine,
  parseSpecText,
  Registry,
} from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-lengths-"));
});
afterAll(() => rm(folder, { recursive: true }));

const silent = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));

/** The line of a spec and what was told while it was opened; it is closed when `use` is done. */
async function withLine<T>(
  spec: object,
  use: (line: Line, events: readonly FitEvent[]) => T | Promise<T>,
  more: Partial<LineOptions> = {},
): Promise<T> {
  const registry = new Registry();
  registry.provide(LoggerService, silent as never);
  const none = { use: "none" };
  const plugins = [new URL("./fixtures/lengths.mjs", import.meta.url).href];
  const whole = JSON.stringify({ plugins, seed: 3, ...spec, model: none, trainer: none });
  const text = parseSpecText(whole, "spec.json", pathToFileURL(join(folder, "spec.json")));
  const fallbackUrl = import.meta.url;
  const ready = await checkSpec(text, { registry, defaults: ["@millrace/core/builtin"], fallbackUrl });
  const options = { registry, modules: ready.modules, url: text.url, ...more };
  const events: FitEvent[] = [];
  const line = await openLine(ready.spec, { ...options, report: (event) => events.push(event) });
  try {
    return await use(line, events);
  } finally {
    await line.close();
  }
}

const source = (more: object = {}) => ({ use: "sequences", with: { count: 9000, ...more } });
const budget = { use: "token-budget-batch", with: { maxTokens: 400, field: "tokens" } };
const spec = {
  source: source(),
  transforms: [{ use: "half" }],
  split: { train: 0.9, validation: 0.1 },
  loader: { batchSampler: budget, collate: { use: "ids" }, numWorkers: 0 },
};

interface Told {
  readonly ids: number[];
  readonly longest: number;
  readonly tokens: number;
}

async function batchesOf({ loaders: { train } }: Line, epoch = 0): Promise<Told[]> {
  const batches: Told[] = [];
  for await (const { data, release } of train.batches(epoch)) {
    batches.push(structuredClone(data) as Told);
    release();
  }
  return batches;
}

async function faultOf(spec: object): Promise<MillraceError> {
  try {
    await withLine(spec, (line) => batchesOf(line));
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("batches by the length of a field", () => {
  it("have every training sample once, within the budget, as many batches as the loader says, with 0 and 2 workers", async () => {
    const of = (numWorkers: number) =>
      withLine({ ...spec, loader: { ...spec.loader, numWorkers } }, async (line) => {
        const [first, second] = [await batchesOf(line), await batchesOf(line, 1)];
        expect(first.length).toBe(line.loaders.train.length);
        expect(new Set(first.flatMap(({ ids }) => ids)).size).toBe(8100);
        for (const { ids, longest } of [...first, ...second])
          expect(longest * ids.length).toBeLessThanOrEqual(400);
        const cells = first.reduce((sum, { ids, longest }) => sum + longest * ids.length, 0);
        const tokens = first.reduce((sum, each) => sum + each.tokens, 0);
        expect(1 - tokens / cells).toBeLessThan(0.05);
        return [first, second];
      });
    expect(await of(2)).toEqual(await of(0));
  });

  it("are resumed in the middle of an epoch", async () => {
    await withLine(spec, async (line) => {
      const { train } = line.loaders;
      const whole = await batchesOf(line);
      const epoch = train.batches(0);
      for (let step = 0; step < 5; step++) (await epoch.next()).value?.release();
      const state = train.state();
      await epoch.return?.();
      const rest: Told[] = [];
      for await (const { data, release } of train.resume(state)) {
        rest.push(structuredClone(data) as Told);
        release();
      }
      expect(rest).toEqual(whole.slice(5));
    });
  });

  it("have their lengths kept for later runs of the same samples, and for no others", async () => {
    const fittedFolder = join(folder, "kept");
    const reads = (own: object) =>
      withLine(
        { ...spec, ...own },
        (_line, events) => events.filter(({ type }) => type === "fitted").length,
        { fittedFolder },
      );
    // One pass for training, one for validation.
    expect(await reads({})).toBe(2);
    expect(await reads({ loader: { ...spec.loader, numWorkers: 2 } })).toBe(0);
    const bucket = { use: "bucket-batch", with: { batchSize: 8, field: "tokens" } };
    expect(await reads({ loader: { ...spec.loader, batchSampler: bucket } })).toBe(0);
    expect(await reads({ seed: 4 })).toBe(2);
    expect(await reads({ transforms: [] })).toBe(2);
    expect(await reads({ transforms: [{ use: "half" }, { use: "half", only: "validation" }] })).toBe(1);
    expect(await reads({ source: source({ count: 8000 }) })).toBe(2);
    for (const name of await readdir(fittedFolder))
      if (name.endsWith(".safetensors")) await truncate(join(fittedFolder, name), 9);
    expect(await reads({})).toBe(2);
    expect(await reads({})).toBe(0);
  });

  it("pass over bad samples where the loader does", async () => {
    const bad = { source: source({ bad: [0, 5, 4097] }) };
    const fault = await faultOf({ ...spec, ...bad });
    expect(fault.code).toBe("SAMPLE_FAILED");
    expect(fault.where.join()).toContain("sequence");
    const skipping = { ...spec, ...bad, split: { train: 1 }, loader: { ...spec.loader, onError: "skip" } };
    const seen = await withLine(skipping, (line) => batchesOf(line));
    expect(new Set(seen.flatMap(({ ids }) => ids)).size).toBe(8997);
    for (const { ids, longest } of seen) expect(longest * ids.length).toBeLessThanOrEqual(400);
  });

  it("name the sample that has no such field", async () => {
    const fault = await faultOf({ ...spec, transforms: [], source: source({ bare: [4321] }) });
    expect(fault).toMatchObject({
      code: "OPTION_INVALID",
      message: 'field must name something with a length in every sample, but "tokens" of a sample has none',
      path: ["loader", "batchSampler", "with", "field"],
    });
    expect(fault.where.join()).toContain("sequence 4321");
  });
});
