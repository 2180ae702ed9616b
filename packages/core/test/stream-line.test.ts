/** Streams in a spec: from text to batches, with plugins in files and real workers. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoggerService, MillraceError } from "@millrace/core";
import {
  checkSpec,
  knownLength,
  knownSamples,
  type Line,
  locateFaults,
  openEvaluation,
  openLine,
  parseOverride,
  readSpec,
  Registry,
} from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

const fallbackUrl = import.meta.url;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-stream-line-"));
  const core = import.meta.resolve("@millrace/core");
  const zod = import.meta.resolve("zod");
  await writeFile(
    join(folder, "plugins.mjs"),
    `import { defineModel, defineSource, defineTrainer, defineTransform } from ${JSON.stringify(core)};
     import { z } from ${JSON.stringify(zod)};
     const none = z.strictObject({});
     const events = z.strictObject({
       count: z.number().describe("how many"), keyed: z.boolean().default(true).describe("named"),
       state: z.boolean().default(true).describe("resumed at once"), says: z.number().optional().describe("its length"),
       bad: z.number().optional().describe("fails there"), start: z.number().default(0).describe("the first"),
       blocks: z.boolean().default(false).describe("shards are blocks"),
       endless: z.boolean().default(false).describe("has no end"),
     });
     export default [
       defineModel({ name: "none", summary: "no model", options: none, create: () => ({ engine: "none", build() {} }) }),
       defineTrainer({ name: "none", summary: "no trainer", options: none, create: () => ({ fit() {} }) }),
       defineSource({
         name: "events", summary: "a log of numbers", options: events,
         create: ({ keyed, state: kept, says, bad, start, blocks, endless, ...given }) => ({
           length: endless ? Infinity : says,
           fields: { id: { type: "int32" }, user: { type: "text" }, noise: { type: "float32" } },
           iterate({ shard, state }) {
             const count = endless ? Infinity : given.count;
             const share = Math.ceil(count / shard.count);
             let at = state?.at ?? (blocks ? shard.id * share : shard.id);
             const end = blocks ? Math.min(count, (shard.id + 1) * share) : count;
             return {
               next: async () => {
                 if (at >= end) return { done: true, value: undefined };
                 const id = start + at;
                 at += blocks ? 1 : shard.count;
                 if (id === bad) throw new Error("no event " + id);
                 return { done: false, value: { id, user: "u" + (id % 7), noise: 0 }, ...(keyed && { key: "event " + id }) };
               },
               return: () => { at = Infinity; },
               ...(kept && { state: () => ({ at }) }),
             };
           },
         }),
       }),
       defineTransform({
         name: "jitter", summary: "adds noise", random: true, options: z.strictObject({ refuse: z.number().optional().describe("at") }),
         create: ({ refuse }) => (sample, { random }) => {
           if (sample.id === refuse) throw new Error("not this one");
           return { ...sample, noise: Math.fround(random.uniform()) };
         },
       }),
     ];`,
  );
  await writeFile(
    join(folder, "spec.json"),
    JSON.stringify({
      plugins: ["./plugins.mjs"],
      seed: 5,
      source: { use: "events", with: { count: 101 } },
      transforms: [{ use: "jitter" }],
      loader: { batchSize: 8 },
      model: { use: "none" },
      trainer: { use: "none" },
    }),
  );
});

afterAll(() => rm(folder, { recursive: true }));

const silent = Object.fromEntries(
  ["debug", "info", "warn", "error"].map((level) => [level, () => undefined]),
);

async function checked(...sets: string[]) {
  const registry = new Registry();
  registry.provide(LoggerService, silent as never);
  const text = await readSpec(join(folder, "spec.json"), sets.map(parseOverride));
  const options = { registry, defaults: ["@millrace/core/builtin"], fallbackUrl };
  const { spec, modules } = await checkSpec(text, options);
  return { text, spec, options: { registry, modules, url: text.url } };
}

async function open(...sets: string[]): Promise<Line> {
  const { text, spec, options } = await checked(...sets);
  try {
    const line = await openLine(spec, options);
    onTestFinished(() => line.close());
    return line;
  } catch (error) {
    throw locateFaults(text, error);
  }
}

interface Row {
  readonly id: number;
  readonly noise: number;
}

type Loader = Line["loaders"]["train"];

/** The rows of an epoch, batch by batch; at most so many batches. */
async function batchesOf(loader: Loader, epoch = 0, most = Infinity): Promise<Row[][]> {
  const batches: Row[][] = [];
  if (most === 0) return batches;
  for await (const { data, release } of loader.batches(epoch)) {
    const { id, noise } = data as Record<"id" | "noise", { data: ArrayLike<number> }>;
    batches.push(Array.from(id.data, (each, i) => ({ id: each, noise: noise.data[i] })));
    release();
    if (batches.length === most) break;
  }
  return batches;
}
const rowsOf = async (loader: Loader | undefined, epoch = 0) =>
  loader === undefined ? [] : (await batchesOf(loader, epoch)).flat();
const idsOf = async (loader: Loader | undefined, epoch = 0) =>
  (await rowsOf(loader, epoch)).map(({ id }) => id);
const byId = (a: Row, b: Row) => a.id - b.id;
const ascending = (a: number, b: number) => a - b;
const range = (length: number, start = 0) => Array.from({ length }, (_, i) => start + i);

async function faultOf(...sets: string[]): Promise<MillraceError> {
  const error: unknown = await open(...sets).then(
    (line) => line.close(),
    (reason: unknown) => reason,
  );
  if (error instanceof MillraceError) return error;
  throw new Error(`expected a MillraceError, got ${String(error)}`);
}

describe("a stream in a spec", () => {
  it("gives each sample once an epoch over its workers, transformed the same whatever their number", async () => {
    const seen: Row[][] = [];
    for (const numWorkers of [0, 3]) {
      const line = await open(`loader.numWorkers=${numWorkers}`);
      const rows = await rowsOf(line.loaders.train);
      seen.push(rows.sort(byId));
      expect(rows.map(({ id }) => id)).toEqual(range(101));
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(new Set(seen[0].map(({ noise }) => noise)).size).toBe(101);
  });

  it("draws other random numbers in each epoch, also where it has no keys", async () => {
    const line = await open("source.with.keyed=false");
    const [first, second, again] = [
      await rowsOf(line.loaders.train, 0),
      await rowsOf(line.loaders.train, 1),
      await rowsOf(line.loaders.train, 0),
    ];
    expect(again).toEqual(first);
    expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(second.map(({ noise }) => noise)).not.toEqual(first.map(({ noise }) => noise));
  });

  it("is mixed in windows, another order for each epoch", async () => {
    const line = await open("loader.shuffle=true", "loader.shuffleWindow=20");
    const [first, second] = [await idsOf(line.loaders.train, 0), await idsOf(line.loaders.train, 1)];
    expect(first).not.toEqual(second);
    expect(first.toSorted(ascending)).toEqual(range(101));
    expect(second.toSorted(ascending)).toEqual(range(101));
  });

  it("ends by its limit, of which each worker gives its share, and knows its steps then if it has no end", async () => {
    for (const numWorkers of [0, 3]) {
      const sets = [
        "source.with.count=1e300",
        "source.with.endless=true",
        "source.limit=50",
        "loader.batchSize=4",
      ];
      const line = await open(...sets, `loader.numWorkers=${numWorkers}`);
      const batches = await batchesOf(line.loaders.train);
      expect(
        batches
          .flat()
          .map(({ id }) => id)
          .sort(ascending),
      ).toEqual(range(50));
      expect(line.loaders.train.length).toBe(batches.length);
      expect(line.loaders.train.samples).toBe(50);
    }
  });

  it("does not say how long it is where nobody knows", async () => {
    const line = await open("source.limit=50");
    expect([knownLength(line.loaders.train), knownSamples(line.loaders.train)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(line.samples.train).toBeUndefined();
  });

  it("is divided by the hash of keys or of a field; what is measured is the same in every epoch, and whole", async () => {
    const shares = `split={"train":0.6,"validation":0.3,"test":0.1,"by":"hash"}`;
    for (const numWorkers of [0, 2]) {
      const line = await open(shares, `loader.numWorkers=${numWorkers}`, "loader.dropLast=true");
      const { train, validation, test } = line.loaders;
      const parts = [await idsOf(train), await idsOf(validation), await idsOf(test)];
      const [trained, measured] = parts.map((ids) => ids.sort(ascending));
      expect(await idsOf(validation, 3)).toHaveLength(measured.length);
      expect(trained.filter((id) => measured.includes(id))).toEqual([]);
      expect(measured.length).toBeGreaterThan(15);
    }
    const line = await open(`split={"train":0.6,"validation":0.4,"by":"hash","column":"user"}`);
    const { train, validation } = line.loaders;
    const users = [await idsOf(train), await idsOf(validation)].map(
      (ids) => new Set(ids.map((id) => id % 7)),
    );
    expect(users[0].size + users[1].size).toBe(7);
    expect((await idsOf(train)).length + (await idsOf(validation)).length).toBe(101);
  });

  it("divides generated samples as a dataset of the same keys is divided", async () => {
    const problem = `"problem":"blobs","length":90,"classes":40`;
    const sets = ["transforms=[]", `split={"train":0.7,"validation":0.3,"by":"hash","column":"label"}`];
    const map = await open(`source={"use":"generated","with":{${problem}}}`, ...sets);
    const stream = await open(`source={"use":"generated","with":{${problem},"stream":true}}`, ...sets);
    const first = async ({ loaders }: Line) => {
      const batches: unknown[] = [];
      for (const loader of [loaders.train, loaders.validation]) {
        for await (const { data } of loader?.batches(0) ?? []) batches.push(data);
      }
      return batches;
    };
    expect(await first(stream)).toEqual(await first(map));
  });

  it("is validated on a source of its own, a dataset or another stream", async () => {
    const own = `validationSource={"use":"events","with":{"count":0,"endless":true,"start":500},"limit":9}`;
    const line = await open(own, "loader.shuffle=true", "loader.shuffleWindow=30");
    expect(await idsOf(line.loaders.validation, 2)).toEqual(range(9, 500));
    const table = `validationSource={"use":"memory","with":{"samples":[{"id":1,"user":"a","noise":0}]}}`;
    const mixed = await open(table);
    expect(await idsOf(mixed.loaders.validation)).toEqual([1]);
    expect(mixed.samples.validation?.length).toBe(1);
  });

  it("is evaluated whole, in its own order", async () => {
    const { spec, options } = await checked("loader.shuffle=true", "loader.shuffleWindow=30");
    const line = await openEvaluation(spec, "train", options);
    expect(await idsOf(line.loader)).toEqual(range(101));
    expect(line.samples).toBeUndefined();
    await line.close();
  });
});

describe("several streams", () => {
  const source = (start: number, count: number, more = "") =>
    `{"use":"events","with":{"count":${count},"start":${start}}${more}}`;
  const openSeveral = async (sources: string[], ...sets: string[]) => {
    await writeFile(
      join(folder, "several.json"),
      JSON.stringify({
        plugins: ["./plugins.mjs"],
        seed: 5,
        sources: sources.map((each) => JSON.parse(each) as object),
        loader: { batchSize: 8 },
        model: { use: "none" },
        trainer: { use: "none" },
      }),
    );
    const registry = new Registry();
    registry.provide(LoggerService, silent as never);
    const text = await readSpec(join(folder, "several.json"), sets.map(parseOverride));
    const { spec, modules } = await checkSpec(text, {
      registry,
      defaults: ["@millrace/core/builtin"],
      fallbackUrl,
    });
    const line = await openLine(spec, { registry, modules, url: text.url });
    onTestFinished(() => line.close());
    return line;
  };

  it("come one after the other, with transforms of their own", async () => {
    const jitter = `,"transforms":[{"use":"jitter"}]`;
    const line = await openSeveral([source(0, 10), source(100, 10, jitter)]);
    const rows = await rowsOf(line.loaders.train);
    expect(rows.map(({ id }) => id)).toEqual([...range(10), ...range(10, 100)]);
    expect(rows.map(({ noise }) => noise > 0)).toEqual([
      ...range(10).map(() => false),
      ...range(10).map(() => true),
    ]);
  });

  it("are mixed by weight until each has ended once; measured, each sample comes once", async () => {
    const sources = [source(0, 200, `,"weight":3`), source(1000, 20)];
    const split = `split={"train":0.8,"validation":0.2,"by":"hash"}`;
    for (const numWorkers of [0, 2]) {
      const line = await openSeveral(sources, split, `loader.numWorkers=${numWorkers}`);
      const ids = await idsOf(line.loaders.train);
      const [few, many] = [ids.filter((id) => id >= 1000), ids.filter((id) => id < 1000)];
      expect(many.length / few.length).toBeGreaterThan(2);
      expect(many.length / few.length).toBeLessThan(6);
      expect(new Set(ids).size).toBeLessThan(ids.length);
      const measured = await idsOf(line.loaders.validation);
      expect(new Set(measured).size).toBe(measured.length);
      expect(ids.filter((id) => measured.includes(id))).toEqual([]);
    }
  });

  it("may have a dataset among them, which is read as one", async () => {
    const rows = range(5).map((id) => ({ id: 900 + id, user: "m", noise: 0 }));
    const memory = JSON.stringify({ use: "memory", with: { samples: rows }, limit: 3 });
    const line = await openSeveral([source(0, 10), memory], "loader.numWorkers=2");
    expect((await idsOf(line.loaders.train)).sort(ascending)).toEqual([...range(10), ...range(3, 900)]);
  });
});

describe("resuming a stream of a spec", () => {
  async function goesOn(
    sets: string[],
    { epoch, stops }: { readonly epoch: number; readonly stops: readonly number[] },
  ) {
    const whole = await open(...sets);
    const expected = await batchesOf(whole.loaders.train, epoch);
    const seen: Row[][] = [];
    let state: unknown;
    for (const most of [...stops, Infinity]) {
      const line = await open(...sets);
      if (state !== undefined) line.loaders.train.resume(state);
      const from = seen.length;
      seen.push(...(await batchesOf(line.loaders.train, epoch, most)));
      if (most === 0) continue;
      if (seen.length - from < most) break;
      state = JSON.parse(JSON.stringify(line.loaders.train.state()));
      if ((state as { epoch: number }).epoch > epoch) break;
    }
    return { seen, expected };
  }

  it("gives the batches of an epoch that was never left, twice left, with workers of which one may have nothing", {
    timeout: 120_000,
  }, async () => {
    for (const [numWorkers, count, window, stops] of [
      [2, 41, 12, [3, 4]],
      [3, 2, 5, [1, 0]],
    ] as const) {
      const sets = [
        `source.with.count=${count}`,
        `source.with.blocks=${numWorkers === 3}`,
        "loader.shuffle=true",
        `loader.shuffleWindow=${window}`,
        "loader.batchSize=4",
        `loader.numWorkers=${numWorkers}`,
      ];
      const { seen, expected } = await goesOn(sets, { epoch: 1, stops: [...stops] });
      expect(seen).toEqual(expected);
      const ids = seen.flat().map(({ id }) => id);
      expect(ids.sort(ascending)).toEqual(range(count));
    }
  });

  it.each([
    ["another window", ["loader.shuffleWindow=9"]],
    ["another limit", ["source.limit=20"]],
    ["another split", [`split={"train":0.5,"validation":0.5,"by":"hash"}`]],
    ["another seed", ["seed=6"]],
  ])("refuses a state of %s", async (_, other) => {
    const sets = [
      "loader.shuffle=true",
      "loader.shuffleWindow=8",
      "source.limit=30",
      `split={"train":0.7,"validation":0.3,"by":"hash"}`,
    ];
    const line = await open(...sets);
    await batchesOf(line.loaders.train, 0, 2);
    const state = line.loaders.train.state();
    const changed = await open(...sets, ...other);
    expect(() => changed.loaders.train.resume(state)).toThrow("another stream of batches");
  });
});

describe("what cannot be had of a stream", () => {
  it.each<[string, string[], string, string]>([
    ["shuffling by index", ["loader.shuffle=true"], "loader.shuffle", "cannot be shuffled by index"],
    ["a sampler", [`loader.sampler={"use":"random"}`], "loader.sampler", "takes no sampler"],
    [
      "a batch sampler",
      ["loader.batchSize=1", `loader.batchSampler={"use":"bucket-batch","with":{"batchSize":4}}`],
      "loader.batchSampler",
      "takes no batchSampler",
    ],
    ["a random split", [`split={"train":1}`], "split", "cannot be split at random"],
    [
      "a split by group",
      [`split={"train":1,"by":"group","column":"user"}`],
      "split.by",
      "cannot be split by group",
    ],
    ["strata", [`split={"train":1,"stratifyBy":"user"}`], "split.stratifyBy", "cannot be stratified"],
    [
      "a cache",
      [`transforms=[{"use":"cache","with":{"in":"memory"}}]`],
      "transforms[0]",
      "keeps samples by their index",
    ],
    [
      "measuring without end",
      ["source.with.endless=true", `split={"train":0.5,"validation":0.5,"by":"hash"}`],
      "source",
      "the validation split must come to an end, but source events never does",
    ],
    [
      "a fit without end",
      ["source.with.endless=true", `transforms=[{"use":"standardize","with":{"fields":["id"]}}]`],
      "source",
      "what standardize is fitted on must come to an end",
    ],
    [
      "a window of a dataset",
      [
        `source={"use":"memory","with":{"samples":[{"id":1}]}}`,
        "transforms=[]",
        "loader.shuffle=true",
        "loader.shuffleWindow=5",
      ],
      "loader.shuffleWindow",
      "shuffleWindow is for streams",
    ],
    [
      "a limit of a dataset",
      [`source={"use":"memory","with":{"samples":[{"id":1}]},"limit":1}`],
      "source.limit",
      "limit is for streams",
    ],
    ["a window without shuffle", ["loader.shuffleWindow=5"], "loader.shuffleWindow", "is for shuffle: true"],
  ])("refuses %s, at its place", async (_, sets, path, message) => {
    const fault = await faultOf(...sets);
    const text = fault.describe();
    expect(text).toContain(message);
    expect(text).toMatch(/spec.json:\d+:\d+|--set/);
    expect(text).toContain(` ${path}`);
  });

  it("names what a sample lacks by which it was to be divided", async () => {
    const line = await open("source.with.keyed=false", `split={"train":0.5,"validation":0.5,"by":"hash"}`);
    await expect(rowsOf(line.loaders.train)).rejects.toMatchObject({
      code: "SPLIT_INVALID",
      path: ["split", "by"],
    });
    const other = await open(`split={"train":0.5,"validation":0.5,"by":"hash","column":"usr"}`);
    await expect(rowsOf(other.loaders.train)).rejects.toMatchObject({
      code: "COLUMN_UNKNOWN",
      path: ["split", "column"],
    });
  });
});

describe("a stream that is not as it should be", () => {
  it.each([0, 2])(
    "names sample and transform of a fault, and goes on behind it, %i workers",
    async (numWorkers) => {
      const line = await open(
        `transforms=[{"use":"jitter","with":{"refuse":42}}]`,
        `loader.numWorkers=${numWorkers}`,
      );
      const batches = line.loaders.train.batches(0);
      const ids: number[] = [];
      const faults: MillraceError[] = [];
      for (;;) {
        try {
          const { done, value } = await batches.next();
          if (done) break;
          ids.push(...Array.from((value.data as { id: { data: Int32Array } }).id.data));
        } catch (error) {
          faults.push(error as MillraceError);
        }
      }
      expect(faults).toHaveLength(1);
      expect(faults[0].message).toBe("a transform failed: not this one");
      const place = numWorkers === 0 ? "sample 42 (event 42) of shard 0" : "sample 21 (event 42) of shard 0";
      expect(faults[0].where.slice(0, 2)).toEqual(["transform 0 jitter", place]);
      expect(ids).not.toContain(42);
      expect(ids.length).toBeGreaterThan(90);
    },
  );

  it("leaves out what is bad and fills the batches, with onError, the same after resuming", async () => {
    const sets = [
      "source.with.bad=17",
      "loader.onError=skip",
      "loader.shuffle=true",
      "loader.shuffleWindow=10",
    ];
    const line = await open(...sets);
    const whole = await batchesOf(line.loaders.train);
    expect(
      whole
        .flat()
        .map(({ id }) => id)
        .sort(ascending),
    ).toEqual(range(101).filter((id) => id !== 17));
    const before = await batchesOf(line.loaders.train, 0, 3);
    const state: unknown = JSON.parse(JSON.stringify(line.loaders.train.state()));
    const other = await open(...sets);
    other.loaders.train.resume(state);
    expect([...before, ...(await batchesOf(other.loaders.train))]).toEqual(whole);
  });

  it("does without the samples that a list excludes by their keys", async () => {
    const entry = {
      key: "event 5",
      index: 9,
      shard: 1,
      stage: "reading",
      reason: "it was bad",
      code: "SAMPLE_FAILED",
    };
    await writeFile(join(folder, "excluded.jsonl"), `${JSON.stringify(entry)}\n`);
    const line = await open("exclude=excluded.jsonl");
    expect(await idsOf(line.loaders.train)).toEqual(range(101).filter((id) => id !== 5));
    await writeFile(join(folder, "excluded.jsonl"), `${JSON.stringify({ ...entry, key: undefined })}\n`);
    expect(await faultOf("exclude=excluded.jsonl")).toMatchObject({ code: "OPTION_INVALID" });
  });

  it("gives no batch where it is empty, and is refused where it says so", async () => {
    const line = await open("source.with.count=0");
    expect(await rowsOf(line.loaders.train)).toEqual([]);
    expect(await faultOf("source.with.says=0")).toMatchObject({ code: "SPLIT_INVALID" });
  });
});

describe("a transform that is fitted on a stream", () => {
  it("sees the training part once, the same for any number of workers", async () => {
    const sets = [
      `transforms=[{"use":"standardize","with":{"fields":["id"]}}]`,
      `split={"train":0.7,"validation":0.3,"by":"hash"}`,
    ];
    const states: string[] = [];
    for (const numWorkers of [0, 2]) {
      const line = await open(...sets, `loader.numWorkers=${numWorkers}`);
      states.push(JSON.stringify(line.fitted.map(({ samples, state }) => ({ samples, state }))));
      const values = await rowsOf(line.loaders.train);
      expect(line.fitted[0].samples).toBe(values.length);
      const mean = values.reduce((sum, { id }) => sum + id, 0) / values.length;
      expect(Math.abs(mean)).toBeLessThan(1e-6);
    }
    expect(states[1]).toBe(states[0]);
  });
});
