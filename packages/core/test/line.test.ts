/** A spec's whole data path, from text to batches, with plugins in files and real workers. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import type { SplitName } from "@millrace/core/dataloader";
import { checkSpec, type Line, openLine, parseOverride, readSpec, Registry } from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const fallbackUrl = import.meta.url;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-line-"));
  // A plugin file finds core and zod as an installed package would: by a path, here.
  const core = import.meta.resolve("@millrace/core");
  const zod = import.meta.resolve("zod");
  await writeFile(
    join(folder, "plugins.mjs"),
    `import { defineBatchSampler, defineModel, defineTrainer, defineTransform, LoggerService } from ${JSON.stringify(core)};
     import { z } from ${JSON.stringify(zod)};
     const none = z.strictObject({});
     export default [
       defineModel({ name: "none", summary: "no model", options: none, create: () => ({ engine: "none", build() {} }) }),
       defineTrainer({ name: "none", summary: "no trainer", options: none, create: () => ({ fit() {} }) }),
       defineTransform({
         name: "jitter", summary: "adds noise", options: z.strictObject({ amount: z.number().describe("how much") }),
         needs: { logger: LoggerService },
         create: ({ amount }) => (sample, { random }) =>
           ({ ...sample, features: sample.features.map((value) => value + amount * random.normal()) }),
       }),
       defineBatchSampler({
         name: "pairs", summary: "the first with the last, and so on, later by an index for each epoch", options: none,
         create: (_options, { dataset: { length } }) => ({
           length: Math.floor(length / 2),
           indices: (epoch) => Array.from({ length: Math.floor(length / 2) }, (_, i) =>
             [(i + epoch) % length, length - 1 - i]),
         }),
       }),
       defineTransform({
         name: "refuse", summary: "fails for label 1", options: none,
         create: () => (sample) => { if (sample.label === 1) throw new Error("no ones"); return sample; },
       }),
     ];`,
  );
  await writeFile(
    join(folder, "spec.json"),
    JSON.stringify({
      plugins: ["./plugins.mjs"],
      seed: 5,
      source: { use: "generated", with: { problem: "spirals", length: 300 } },
      split: { train: 0.8, validation: 0.2, stratifyBy: "label" },
      transforms: [{ use: "jitter", with: { amount: 0.5 }, only: "train" }],
      loader: { batchSize: 32, shuffle: true, numWorkers: 0 },
      model: { use: "none" },
      trainer: { use: "none" },
    }),
  );
});

afterAll(() => rm(folder, { recursive: true }));

async function open(...sets: string[]): Promise<Line & AsyncDisposable> {
  const registry = new Registry();
  registry.provide(
    (await import("@millrace/core")).LoggerService,
    Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => undefined])) as never,
  );
  const text = await readSpec(join(folder, "spec.json"), sets.map(parseOverride));
  const { spec, modules } = await checkSpec(text, {
    registry,
    defaults: ["@millrace/core/builtin"],
    fallbackUrl,
  });
  const line = await openLine(spec, { registry, modules, url: text.url });
  return { ...line, [Symbol.asyncDispose]: () => line.close() };
}

async function read(line: Line, split: SplitName, epochs = [0, 1]): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const epoch of epochs) {
    for await (const { data, indices, release } of line.loaders[split]?.batches(epoch) ?? []) {
      // A structured clone would share the memory that release gives back.
      seen.push(
        JSON.stringify({ data, indices }, (_key, value) =>
          ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
        ),
      );
      release();
    }
  }
  return seen;
}

function labelsOf(batch: unknown): number[] {
  return Object.values(
    (JSON.parse(String(batch)) as { data: { label: { data: number[] } } }).data.label.data,
  );
}

async function faultOf(promise: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MillraceError) return error;
  throw new Error(`expected a MillraceError, got ${String(error)}`);
}

describe("a spec's line", () => {
  it("applies a transform to one split, or to those that are listed", async () => {
    const only = async (splits: string) => {
      const sets = [
        `transforms=[{"use":"jitter","with":{"amount":0.5},"only":${splits}}]`,
        'split={"train":0.6,"validation":0.2,"test":0.2}',
        "loader.numWorkers=1",
      ];
      await using line = await open(...sets);
      return [await read(line, "train"), await read(line, "validation"), await read(line, "test")];
    };
    const [none, all] = [await only('"validation"'), await only('["train","validation","test"]')];
    const one = await only('"train"');
    expect(one).toEqual([all[0], expect.not.arrayContaining(all[1]), none[2]]);
    expect(await only('["train","validation"]')).toEqual([all[0], all[1], none[2]]);
    expect(await only('["validation","test"]')).toEqual([none[0], all[1], all[2]]);
  });

  it("makes the same batches, bit for bit, with 0, 1 and 2 workers", async () => {
    const results: unknown[] = [];
    for (const numWorkers of [0, 1, 2]) {
      await using line = await open(`loader.numWorkers=${numWorkers}`);
      results.push([await read(line, "train"), await read(line, "validation")]);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it("augments the training split alone, differently in each epoch", async () => {
    await using line = await open("loader.shuffle=false");
    expect(await read(line, "train", [0])).not.toEqual(await read(line, "train", [1]));
    expect(await read(line, "validation", [0])).toEqual(await read(line, "validation", [1]));
  });

  it("knows its facts and sizes without reading a sample", async () => {
    await using line = await open();
    expect(line.facts.labels).toEqual(["0", "1", "2"]);
    expect([line.loaders.train.samples, line.loaders.validation?.samples]).toEqual([240, 60]);
    expect([line.loaders.train.length, line.loaders.validation?.length]).toEqual([8, 2]);
  });

  it.each([0, 2])("names transform, sample and epoch of a fault with %i workers", async (numWorkers) => {
    await using line = await open(`loader.numWorkers=${numWorkers}`, 'transforms=[{"use":"refuse"}]');
    const { where, message } = await faultOf(read(line, "train"));
    expect(message).toBe("a transform failed: no ones");
    expect(where.join(", ")).toMatch(
      numWorkers === 0
        ? /^transform 0 refuse, sample \d+, epoch 0$/
        : /^transform 0 refuse, sample \d+, epoch 0, worker 0$/,
    );
  });

  it("takes validation samples from a source of their own", async () => {
    const own = `validationSource={"use":"generated","with":{"problem":"spirals","length":30,"seed":9}}`;
    await using line = await open(own, 'split={"train":1}');
    expect([line.loaders.train.samples, line.loaders.validation?.samples]).toEqual([300, 30]);
  });

  it("refuses to stratify by a field that the source does not know beforehand", async () => {
    const fault = await faultOf(open("split.stratifyBy=colour"));
    expect(fault.message).toMatch(/split\.stratifyBy must be a column .* was "colour"/);
    expect(fault).toMatchObject({
      code: "COLUMN_UNKNOWN",
      hint: "Columns: label.",
      path: ["split", "stratifyBy"],
    });
  });

  it("divides by group or by hash, and says what either lacks", async () => {
    await using line = await open('split={"train":0.5,"validation":0.5,"by":"group","column":"label"}');
    const classes = async (split: "train" | "validation") =>
      new Set((await read(line, split, [0])).flatMap((batch) => labelsOf(batch)));
    const [train, validation] = [await classes("train"), await classes("validation")];
    expect(train.size + validation.size).toBe(3);
    expect([...train].filter((label) => validation.has(label))).toEqual([]);

    const fault = await faultOf(open('split={"train":0.5,"by":"hash"}'));
    expect(fault).toMatchObject({ code: "SPLIT_INVALID", path: ["split", "by"] });
    const details = async (split: object) => (await faultOf(open(`split=${JSON.stringify(split)}`))).details;
    expect(await details({ train: 1, by: "group" })).toEqual([
      expect.stringContaining("split.column: is required, because a split by group"),
    ]);
    expect(await details({ train: 1, column: "x" })).toEqual([
      expect.stringContaining('split.column: is for a split by "hash" or "group", was "x"'),
    ]);
    expect(await details({ train: 1, by: "hash", stratifyBy: "label" })).toEqual([
      expect.stringContaining("split.stratifyBy: stratifyBy and by exclude each other"),
    ]);
  });

  it("reports plugins that cannot be loaded together with every other fault", async () => {
    const fault = await faultOf(
      open('plugins=["./plugins.mjs","./absent.mjs","no-such-package"]', "loader.batchSize=0"),
    );
    expect(fault.details).toHaveLength(3);
    expect(fault.details.join("\n")).toMatch(
      /plugins\[1\]: plugin ".\/absent.mjs" was not found: there is no file/,
    );
    expect(fault.details.join("\n")).toMatch(/plugins\[2\]: plugin "no-such-package" was not found/);
    expect(fault.details.join("\n")).toMatch(/loader\.batchSize: must be more than 0, was 0/);
  });

  it("refuses a module that exports no plugin, and says what it exports", async () => {
    await writeFile(join(folder, "odd.mjs"), "export default { hello: 1 };");
    await writeFile(join(folder, "faulty.mjs"), "export default nonsense;");
    const fault = await faultOf(open('plugins=["./plugins.mjs","./odd.mjs","./faulty.mjs"]'));
    expect(fault.details.join("\n")).toContain(
      "must default-export one plugin or an array of them, was an object with keys hello",
    );
    expect(fault.details.join("\n")).toContain(
      'plugin "./faulty.mjs" cannot be imported: nonsense is not defined',
    );
  });

  it("takes whole batches from a batch sampler that a plugin defines, in training alone", async () => {
    const pairs = 'loader={"batchSampler":{"use":"pairs"}}';
    for (const numWorkers of [0, 2]) {
      await using line = await open(pairs, `loader.numWorkers=${numWorkers}`);
      const indices = async (split: "train" | "validation") =>
        (await read(line, split, [1])).map(
          (batch) => (JSON.parse(String(batch)) as { indices: number[] }).indices,
        );
      const train = await indices("train");
      expect(train).toHaveLength(line.loaders.train.length);
      expect(train.slice(0, 2)).toEqual([
        [1, 239],
        [2, 238],
      ]);
      // The validation split is read in order, as many at a time as the training's batches have.
      expect((await indices("validation")).slice(0, 2)).toEqual([
        [0, 1],
        [2, 3],
      ]);
    }
  });

  it("refuses loader options that exclude each other, with the loader's own rules and the option's position", async () => {
    const faults = async (...sets: string[]) => (await faultOf(open(...sets))).details;
    expect(await faults('loader.sampler={"use":"random"}')).toEqual([
      "--set loader.sampler loader.sampler: sampler and shuffle exclude each other, but both were given. Leave one of them out.",
    ]);
    for (const other of [
      '"batchSize":4',
      '"shuffle":true',
      '"dropLast":true',
      '"sampler":{"use":"random"}',
    ]) {
      expect(await faults(`loader={"batchSampler":{"use":"pairs"},${other}}`)).toEqual([
        expect.stringContaining("batchSampler excludes batchSize, shuffle, sampler and dropLast"),
      ]);
    }
    for (const [option, value] of Object.entries({
      timeout: 5,
      inOrder: false,
      workerMemory: 64,
      persistentWorkers: true,
      prefetchFactor: 4,
    })) {
      expect(await faults(`loader.${option}=${value}`)).toEqual([
        expect.stringMatching(
          new RegExp(`loader\\.${option}: ${option}.* needs workers, but numWorkers is 0`),
        ),
      ]);
      await using line = await open(`loader.${option}=${value}`, "loader.numWorkers=1");
      expect(await read(line, "train", [0])).toHaveLength(line.loaders.train.length);
    }
  });

  it("says that a spec is not there", async () => {
    expect((await faultOf(readSpec(join(folder, "none.json")))).message).toMatch(
      /^there is no spec at .*none\.json$/,
    );
  });
});
