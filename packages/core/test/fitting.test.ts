/** Transforms that learn from the training split, in a spec's line, with real workers and files. */
import { mkdtemp, readdir, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DataLoader, LoggerService, MillraceError, type NdArray } from "@millrace/core";
import {
  checkSpec,
  type FitEvent,
  type Line,
  type LineOptions,
  openEvaluation,
  openLine,
  openPrediction,
  parseSpecText,
  readFitted,
  Registry,
  writeFitted,
} from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-fitting-"));
});
afterAll(() => rm(folder, { recursive: true }));

const plugins = [new URL("./fixtures/fitting.mjs", import.meta.url).href];

async function checked(spec: object) {
  const registry = new Registry();
  const silent = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));
  registry.provide(LoggerService, silent as never);
  const none = { use: "none" };
  const whole = JSON.stringify({ plugins, seed: 3, ...spec, model: none, trainer: none });
  const text = parseSpecText(whole, "spec.json", pathToFileURL(join(folder, "spec.json")));
  const fallbackUrl = import.meta.url;
  const ready = await checkSpec(text, { registry, defaults: ["@millrace/core/builtin"], fallbackUrl });
  return { spec: ready.spec, options: { registry, modules: ready.modules, url: text.url } };
}

/** The line of a spec and what was told while it was opened; it is closed when `use` is done. */
async function withLine<T>(
  spec: object,
  use: (line: Line, events: readonly FitEvent[]) => T | Promise<T>,
  more: Partial<LineOptions> = {},
): Promise<T> {
  const { spec: ready, options } = await checked(spec);
  const events: FitEvent[] = [];
  const line = await openLine(ready, { ...options, report: (event) => events.push(event), ...more });
  try {
    return await use(line, events);
  } finally {
    await line.close();
  }
}

async function read(loader: DataLoader | undefined, field: string): Promise<number[]> {
  const values: number[] = [];
  for await (const { data, release } of loader?.batches(0) ?? []) {
    values.push(...((data as Record<string, NdArray>)[field].data as Float32Array));
    release();
  }
  return values;
}

async function faultOf(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (error instanceof MillraceError) return error;
  throw new Error(`expected a MillraceError, got ${String(error)}`);
}

const rows = (options: object) => ({ use: "rows", with: { length: 10_500, ...options } });
const standardize = (field: string, more: object = {}) => ({ use: "unit-scale", with: { field, ...more } });
const names = { use: "names", with: { field: "word" } };
const split = { train: 0.8, validation: 0.2 };
const spec = {
  source: rows({}),
  split,
  transforms: [standardize("a"), standardize("b"), names],
  loader: { batchSize: 100, numWorkers: 0 },
};

describe("transforms that are fitted", () => {
  it("learn the same bits with 0, 2 and 8 workers, by columns and by samples, whatever the order of the split", async () => {
    const states: unknown[] = [];
    for (const [numWorkers, columns] of [
      [0, true],
      [0, false],
      [2, true],
      [8, false],
    ] as const) {
      const own = { ...spec, source: rows({ columns }), loader: { batchSize: 100, numWorkers } };
      states.push(await withLine(own, ({ fitted }) => fitted.map(({ state }) => state)));
    }
    for (const state of states) expect(state).toEqual(states[0]);
    const learned = states[0] as [{ count: number; moments: Float64Array }, unknown, string[]];
    expect(learned[0].count).toBe(8400);
    expect(learned[2].toSorted()).toEqual(
      ["four", "one", "three", "two"].filter((w) => learned[2].includes(w)),
    );
  });

  it("learn of the training split alone, and all splits are seen through what they learned", async () => {
    await withLine(spec, async ({ fitted, loaders }) => {
      const train = await read(loaders.train, "a");
      const mean = train.reduce((sum, value) => sum + value, 0) / train.length;
      expect(mean).toBeCloseTo(0, 5);
      const validation = await read(loaders.validation, "a");
      const { moments } = fitted[0].state as { moments: Float64Array };
      const first = Math.fround(Math.sin(12.9898 * keyOf(await read(loaders.validation, "key"))) * 1e3);
      expect(validation[0]).toBe(Math.fround((first - moments[0]) / moments[1]));
    });
  });

  it("give workers their state: batches are the same with and without", async () => {
    const own = { ...spec, loader: { batchSize: 100, numWorkers: 2 } };
    const inline = await withLine(spec, ({ loaders }) => read(loaders.train, "b"));
    const threaded = await withLine(own, ({ loaders }) => read(loaders.train, "b"));
    expect(threaded).toEqual(inline);
  });

  it("are fitted in one pass where the second reads nothing that the first writes", async () => {
    const passes = (transforms: object[]) =>
      withLine({ ...spec, transforms }, (_line, events) =>
        events.flatMap((event) =>
          event.type === "fitting" && event.samples === 0 ? [event.names.join("+")] : [],
        ),
      );
    expect(await passes([standardize("a"), standardize("b")])).toEqual(["unit-scale+unit-scale"]);
    expect(await passes([standardize("a"), standardize("a")])).toEqual(["unit-scale", "unit-scale"]);
    // Nobody says what names reads.
    expect(await passes([standardize("a"), names])).toEqual(["unit-scale", "names"]);
  });

  it("learn through the transforms before them", async () => {
    const transforms = [standardize("a"), standardize("a")];
    await withLine({ ...spec, transforms }, ({ fitted }) => {
      const { moments } = fitted[1].state as { moments: Float64Array };
      expect(moments[0]).toBeCloseTo(0, 6);
      expect(moments[1]).toBeCloseTo(1, 6);
    });
  });

  it("of a source learn from that source's training samples alone", async () => {
    const sources = [
      { ...rows({ length: 300 }), transforms: [standardize("a")] },
      { ...rows({ length: 500, from: 1000 }), transforms: [standardize("a")] },
    ];
    await withLine({ ...spec, source: undefined, sources, transforms: [names] }, ({ fitted }) => {
      expect(fitted.map(({ path }) => path.join("."))).toEqual([
        "sources.0.transforms.0",
        "sources.1.transforms.0",
        "transforms.0",
      ]);
      const [a, b, all] = fitted.map(({ samples }) => samples);
      expect(a + b).toBe(640);
      expect(all).toBe(640);
      expect(Math.abs(a - 240)).toBeLessThan(40);
    });
  });

  it("are shown to a validation source of its own too, which teaches nothing", async () => {
    const alone = { ...spec, split: undefined, transforms: [standardize("a")] };
    const state = await withLine(alone, ({ fitted }) => fitted[0].state);
    const own = { ...alone, validationSource: rows({ length: 40, from: 90_000 }) };
    await withLine(own, async ({ fitted, loaders }) => {
      expect(fitted[0].state).toEqual(state);
      const { moments } = state as { moments: Float64Array };
      const [first] = await read(loaders.validation, "a");
      const raw = Math.fround(Math.sin(90_000 * 12.9898) * 1e3);
      expect(first).toBe(Math.fround((raw - moments[0]) / moments[1]));
    });
  });

  it("learn the same where the loader chooses its workers itself", async () => {
    const states = await Promise.all(
      [0, "auto"].map((numWorkers) =>
        withLine({ ...spec, loader: { batchSize: 100, numWorkers } }, ({ fitted }) =>
          fitted.map(({ state }) => state),
        ),
      ),
    );
    expect(states[1]).toEqual(states[0]);
  });

  it("need not learn where their options leave nothing", async () => {
    await withLine({ ...spec, transforms: [standardize("a", { mean: 3 })] }, ({ fitted }, events) => {
      expect(fitted).toEqual([]);
      expect(events).toEqual([]);
    });
  });

  it("tell how far they are, and what was learned of how many samples", async () => {
    const transforms = [standardize("a")];
    await withLine({ ...spec, transforms }, (_line, events) => {
      expect(events).toMatchObject([
        ...[0, 4096, 8192, 8400].map((samples) => ({ type: "fitting", samples, of: 8400 })),
        { type: "fitted", name: "unit-scale", place: "transforms[0]", samples: 8400 },
      ]);
    });
  });
});

function keyOf(keys: readonly number[]): number {
  return keys[0];
}

describe("facts that transforms add", () => {
  it("reach the transforms behind them, the line, and workers", async () => {
    const transforms = [...spec.transforms, { use: "tell" }];
    for (const numWorkers of [0, 1]) {
      await withLine({ ...spec, transforms, loader: { batchSize: 4, numWorkers } }, async (line) => {
        expect(line.facts).toMatchObject({
          features: ["a", "b"],
          standardized: { a: 8400, b: expect.any(Number) as number },
          vocabulary: { size: (line.fitted[2].state as string[]).length + 1 },
        });
        expect(line.sourceFacts).not.toHaveProperty("vocabulary");
        const { value } = await line.loaders.train.batches(0).next();
        const told = JSON.parse((value as { data: { told: string[] } }).data.told[0]) as {
          facts: object;
          fields: object;
        };
        expect(told.facts).toEqual(line.facts);
        expect(told.fields).toMatchObject({ a: { type: "float32" }, word: { type: "int32" } });
        (value as { release(): void }).release();
      });
    }
  });
});

describe("fitted states as files", () => {
  it("are read again as they were, and nothing is fitted then: when training goes on, to measure, to predict", async () => {
    const kept = join(folder, "run", "fitted");
    const { facts, fitted, sourceFacts, batch } = await withLine(spec, async (line) => {
      await writeFitted(kept, line.fitted);
      return { ...line, batch: await read(line.loaders.validation, "a") };
    });
    expect((await readdir(kept)).sort()).toEqual([
      "0-unit-scale.json",
      "0-unit-scale.safetensors",
      "1-unit-scale.json",
      "1-unit-scale.safetensors",
      "2-names.json",
    ]);
    const again = await readFitted(kept);
    expect(again).toEqual(fitted);

    await withLine(
      spec,
      async (line, events) => {
        expect(events).toEqual([]);
        expect(line.fitted).toEqual(fitted);
        expect(await read(line.loaders.validation, "a")).toEqual(batch);
      },
      { fitted: again },
    );
    const { spec: ready, options } = await checked(spec);
    const measured = await openEvaluation(ready, "validation", { ...options, fitted: again });
    expect(await read(measured.loader, "a")).toEqual(batch);
    expect(measured.facts).toEqual(facts);
    await measured.close();
    const asked = await openPrediction(ready, sourceFacts, { ...options, fitted: again });
    const sample = await asked.transform({ key: 1, a: 5.5, b: 1, word: "never seen" });
    const { moments } = fitted[0].state as { moments: Float64Array };
    expect(sample).toMatchObject({ a: Math.fround((5.5 - moments[0]) / moments[1]), word: 0 });
    expect(asked.facts).toEqual({ ...facts, fields: sourceFacts.fields });
    await asked.close();
  });

  it("are refused where they are missing, damaged, or of other transforms", async () => {
    const kept = join(folder, "other", "fitted");
    await withLine(spec, (line) => writeFitted(kept, line.fitted));
    const { spec: ready, options } = await checked(spec);
    const without = await faultOf(openEvaluation(ready, "validation", options));
    expect(without).toMatchObject({ code: "FIT_MISSING", path: ["transforms", 0] });
    const fitted = await readFitted(kept);
    const changed = await checked({ ...spec, transforms: [standardize("b"), standardize("b"), names] });
    expect(
      await faultOf(openEvaluation(changed.spec, "validation", { ...changed.options, fitted })),
    ).toMatchObject({
      code: "FIT_MISSING",
      path: ["transforms", 0],
      message: expect.stringContaining('unit-scale {"field":"a"} at transforms[0]') as string,
    });
    await truncate(join(kept, "0-unit-scale.safetensors"), 40);
    expect((await faultOf(readFitted(kept))).code).toBe("FILE_FORMAT");
    await rm(join(kept, "0-unit-scale.safetensors"));
    expect((await faultOf(readFitted(kept))).code).toBe("FILE_NOT_FOUND");
  });

  it("are kept for later runs of the same spec on the same data, and for no others", async () => {
    const fittedFolder = join(folder, "kept");
    const passes = (own: object) =>
      withLine(own, (_line, events) => events.filter(({ type }) => type === "fitting").length > 0, {
        fittedFolder,
      });
    expect(await passes(spec)).toBe(true);
    expect(await passes(spec)).toBe(false);
    expect(await passes({ ...spec, loader: { batchSize: 7, numWorkers: 2 } })).toBe(false);
    expect(await passes({ ...spec, split: { train: 0.7, validation: 0.3 } })).toBe(true);
    expect(await passes({ ...spec, source: rows({ from: 1 }) })).toBe(true);
    expect(await passes({ ...spec, transforms: [standardize("a", { mean: 1 }), ...spec.transforms] })).toBe(
      true,
    );
    // Damaged, it is learned anew.
    const [name] = (await readdir(fittedFolder)).filter((each) => each.endsWith(".safetensors"));
    for (const each of await readdir(fittedFolder)) {
      if (each.endsWith(".safetensors")) await truncate(join(fittedFolder, each), 9);
    }
    expect(name).toBeDefined();
    expect(await passes(spec)).toBe(true);
    expect(await passes(spec)).toBe(false);
  });
});

describe("a cache behind a fitted transform", () => {
  it("is another where the transform learned something else", async () => {
    const cache = { use: "cache", with: { in: "disk", folder: "cache" } };
    const cached = (more: object) => ({ ...spec, transforms: [standardize("a"), cache], ...more });
    const entries = async () => (await readdir(join(folder, "cache"))).length;
    await withLine(cached({}), ({ loaders }) => read(loaders.validation, "a"));
    const before = await entries();
    await withLine(cached({}), ({ loaders }) => read(loaders.validation, "a"));
    expect(await entries()).toBe(before);
    await withLine(cached({ split: { train: 0.5, validation: 0.5 } }), ({ loaders }) =>
      read(loaders.validation, "a"),
    );
    expect(await entries()).toBeGreaterThan(before);
  });

  it("before a fitted transform serves the fit too", async () => {
    const cache = { use: "cache", with: { in: "memory" } };
    const plain = await withLine(
      { ...spec, transforms: [standardize("a")] },
      ({ fitted }) => fitted[0].state,
    );
    for (const numWorkers of [0, 2]) {
      const own = { ...spec, transforms: [cache, standardize("a")], loader: { batchSize: 64, numWorkers } };
      expect(await withLine(own, ({ fitted }) => fitted[0].state)).toEqual(plain);
    }
  });
});

describe("a fit over bad samples", () => {
  const own = (onError: string, every: number, numWorkers = 0) => ({
    ...spec,
    split: undefined,
    transforms: [{ use: "strict", with: { every } }, standardize("a"), names],
    loader: { batchSize: 50, numWorkers, onError, ...(onError !== "fail" && { maxRatio: 0.2 }) },
  });

  it("leaves them out where the loader does, with workers and without", async () => {
    const states: unknown[] = [];
    for (const [onError, numWorkers] of [
      ["skip", 0],
      ["skip", 2],
      ["replace", 0],
    ] as const) {
      await withLine(own(onError, 10, numWorkers), ({ fitted }, events) => {
        expect(fitted[0]).toMatchObject({ samples: 9450, state: { count: 9450 } });
        expect(events.at(-1)).toMatchObject({ type: "fitted", name: "names", leftOut: 1050 });
        states.push(fitted.map(({ state }) => state));
      });
    }
    for (const state of states) expect(state).toEqual(states[0]);
  });

  it("ends where the loader would: at the first by default, or when there are too many", async () => {
    const first = await faultOf(withLine(own("fail", 10), () => 0));
    expect(first).toMatchObject({ code: "SAMPLE_FAILED", path: ["transforms", 0] });
    expect(first.where.slice(0, 2)).toEqual(["transform 0 strict", "sample 3"]);
    const many = await faultOf(withLine(own("skip", 4), () => 0));
    expect(many).toMatchObject({ code: "BAD_SAMPLES" });
    expect(many.message).toContain(
      "at most 20 % of the samples may be bad (maxRatio 0.2), but 1024 of 4096 were",
    );
  });
});

describe("what cannot be fitted", () => {
  it("is a transform behind a random one that training samples pass, refused when the spec is checked", async () => {
    const behind = (only?: string | readonly string[]) => ({
      ...spec,
      transforms: [{ use: "noise", ...(only && { only }) }, standardize("a")],
    });
    const fault = await faultOf(checked(behind()));
    expect(fault.code).toBe("SPEC_INVALID");
    expect(fault.details.join()).toMatch(
      /spec\.json:1:\d+ transforms\[0\]: noise draws random numbers, and must stand behind unit-scale at transforms\[1\]/,
    );
    expect(await faultOf(checked(behind(["test", "train"])))).toMatchObject({ code: "SPEC_INVALID" });
    for (const only of ["validation", ["validation", "test"]])
      await expect(checked(behind(only))).resolves.toBeDefined();
    await expect(
      checked({ ...spec, transforms: [{ use: "noise" }, standardize("a", { mean: 1 })] }),
    ).resolves.toBeDefined();
  });

  it("is what sees random numbers that nobody declared, at their place", async () => {
    const fault = await faultOf(
      withLine({ ...spec, transforms: [{ use: "sly" }, standardize("a")] }, () => 0),
    );
    expect(fault).toMatchObject({ code: "CACHE_RANDOM", path: ["transforms", 0] });
  });

  it("is what fails, and the sample is named, with workers and without", async () => {
    for (const numWorkers of [0, 2]) {
      const own = { ...spec, transforms: [{ use: "broken" }], loader: { batchSize: 10, numWorkers } };
      const fault = await faultOf(withLine({ ...own, split: undefined }, () => 0));
      expect(fault).toMatchObject({ code: "SAMPLE_FAILED", path: ["transforms", 0] });
      expect(fault.where.slice(0, 2)).toEqual(["the fit of transforms[0] broken", "sample 7"]);
      expect(fault.describe()).not.toMatch(/block|epoch/);
    }
  });

  it("is a source's transform where the training split has none of its samples", async () => {
    const sources = [
      { ...rows({ length: 99 }) },
      { ...rows({ length: 1, from: 500 }), transforms: [standardize("a")] },
    ];
    const seeds = Array.from({ length: 8 }, (_, seed) =>
      faultOf(
        withLine(
          {
            ...spec,
            seed,
            source: undefined,
            sources,
            transforms: [],
            split: { train: 0.1, validation: 0.9 },
          },
          () => {
            throw new MillraceError("ABORTED", "it was in the split");
          },
        ),
      ),
    );
    const faults = await Promise.all(seeds);
    const refused = faults.filter(({ code }) => code === "SPLIT_INVALID");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ path: ["sources", 1, "transforms", 0] });
  });
});
