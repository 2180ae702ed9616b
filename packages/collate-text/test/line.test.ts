/** Tokenizers in a spec's line, with real workers and files: learned once, kept with the run, never learned again. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DataLoader, isNdArray, LoggerService, type NdArray, type Vocabulary } from "@millrace/core";
import {
  checkSpec,
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
import { thrownBy } from "./tokenize.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-tokens-"));
  const whole = await readFile(new URL("fixtures/tokenizers/word-piece.json", import.meta.url), "utf8");
  const { tokenizer } = JSON.parse(whole) as { tokenizer: object };
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
});
afterAll(() => rm(folder, { recursive: true }));

const plugins = ["../dist/index.js", "fixtures/none.mjs"].map((path) => new URL(path, import.meta.url).href);
const collate = { use: "pad-sequence", with: { paddingValue: { from: "vocabulary.padding" } } };

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

async function withLine<T>(
  spec: object,
  use: (line: Line) => T | Promise<T>,
  more: Partial<LineOptions> = {},
): Promise<T> {
  const { spec: ready, options } = await checked(spec);
  const line = await openLine(ready, { ...options, ...more });
  try {
    return await use(line);
  } finally {
    await line.close();
  }
}

/** What stands in a batch, whose memory will be another's. */
function copied(data: unknown): unknown {
  const fields = Object.entries(data as object);
  return fields.map(([name, value]) => [
    name,
    isNdArray(value) ? [value.dtype, value.shape, [...value.data]] : value,
  ]);
}

/** The rows of an epoch without their padding. */
async function rowsOf(loader: Pick<DataLoader, "batches"> | undefined): Promise<number[][]> {
  const rows: number[][] = [];
  for await (const { data, release } of loader?.batches(0) ?? []) {
    const { tokens, tokensLength } = data as Record<string, NdArray>;
    for (const [row, length] of [...tokensLength.data].entries())
      rows.push([...tokens.data.subarray(row * tokens.shape[1], row * tokens.shape[1] + length)]);
    release();
  }
  return rows;
}

const ofLine = (transforms: readonly object[], loader: object = {}, more: object = {}) => ({
  source: { use: "numbered-texts", with: { length: 5000 } },
  split: { train: 0.9, validation: 0.1 },
  transforms,
  loader: { batchSize: 64, collate, ...loader },
  ...more,
});

describe("a tokenizer in a line", () => {
  it.each([
    [8, "words", { lowercase: true, vocabulary: { minCount: 2, maxSize: 150 } }],
    [2, "characters", { unit: "grapheme" }],
  ])(
    "learns the same for 0 and %s workers, and gives the same batches: %s",
    async (workers, use, options) => {
      const seen = async (numWorkers: number) =>
        withLine(ofLine([{ use, with: options }], { numWorkers }), async ({ facts, fitted, loaders }) => {
          return { vocabulary: facts.vocabulary, state: fitted[0].state, rows: await rowsOf(loaders.train) };
        });
      const alone = await seen(0);
      expect((alone.vocabulary as Vocabulary).size).toBeGreaterThan(15);
      expect(alone.rows).toHaveLength(4500);
      expect(await seen(workers)).toEqual(alone);
    },
  );

  it.each([
    ["words", [{ use: "words", with: { lowercase: true, maxLength: 5, typeIds: true } }]],
    [
      "characters, kept, from a cache",
      [
        { use: "characters", with: { keep: true } },
        { use: "cache", with: { in: "memory" } },
      ],
    ],
  ])(
    "makes the same batches of columns as of samples, with and without workers: %s",
    async (_, transforms) => {
      const batches = async (columns: boolean, numWorkers: number) => {
        const source = { use: "numbered-texts", with: { length: 700, columns } };
        const fields = transforms.length > 1 ? ["tokens"] : ["tokens", "tokensTypeIds"];
        const padded = {
          ...collate.with,
          fields,
          attentionMask: true,
          padToMultipleOf: 4,
          paddingSide: "left",
        };
        const loader = { numWorkers, shuffle: true, collate: { use: "pad-sequence", with: padded } };
        return withLine(ofLine(transforms, loader, { source }), async ({ loaders: { train } }) => {
          const all: unknown[] = [];
          for (const epoch of [0, 1]) {
            for await (const { data, release } of train.batches(epoch)) {
              all.push(copied(data));
              release();
            }
          }
          return all;
        });
      };
      const alone = await batches(false, 0);
      expect(alone).toHaveLength(20);
      for (const numWorkers of [0, 2]) expect(await batches(true, numWorkers)).toEqual(alone);
    },
  );

  it("names the sample, field and transform of what is no text among columns too", async () => {
    const samples = [{ text: "a" }, { text: "b" }, { text: null }];
    const source = { use: "memory", with: { samples, columns: { text: "text?" } } };
    const spec = ofLine(
      [{ use: "words", with: { vocabulary: { tokens: ["a", "b"] } } }],
      {},
      { source, split: undefined },
    );
    const read = () => withLine(spec, ({ loaders }) => rowsOf(loaders.train));
    expect(await thrownBy(read)).toMatchObject({
      code: "TRANSFORM_INPUT",
      where: [
        expect.stringMatching(/words/),
        expect.stringMatching(/2/),
        expect.anything(),
        expect.anything(),
      ],
    });
  });

  it("takes a word that only validation has for an unknown one", async () => {
    const text = (i: number) => ({ text: i < 8 ? "ham ham eggs" : "ham spam", label: i });
    const spec = ofLine(
      [{ use: "words" }],
      { batchSize: 4 },
      {
        source: { use: "memory", with: { samples: Array.from({ length: 8 }, (_, i) => text(i)) } },
        split: undefined,
        validationSource: { use: "memory", with: { samples: [text(8)] } },
      },
    );
    await withLine(spec, async ({ facts, loaders }) => {
      expect((facts.vocabulary as Vocabulary).tokens).toEqual(["<pad>", "<unk>", "ham", "eggs"]);
      expect(await rowsOf(loaders.validation)).toEqual([[2, 1]]);
    });
  });

  it("is kept with the run: nothing is read or learned again, and other programs find the file", async () => {
    const transforms = [{ use: "tokenizer-json", with: { path: "tokenizer.json", maxLength: 12 } }];
    const run = join(folder, "run", "fitted");
    const spec = ofLine(transforms);
    const rows = await withLine(spec, async ({ fitted, loaders }) => {
      await writeFitted(run, fitted);
      return rowsOf(loaders.validation);
    });
    expect((await readdir(run)).sort()).toEqual(["0-tokenizer-json", "0-tokenizer-json.json"]);
    const text = await readFile(join(folder, "tokenizer.json"), "utf8");
    expect(await readFile(join(run, "0-tokenizer-json", "tokenizer.json"), "utf8")).toBe(text);
    await rm(join(folder, "tokenizer.json"));
    expect(await thrownBy(() => withLine(spec, () => {}))).toMatchObject({
      code: "FILE_NOT_FOUND",
      path: ["transforms", 0, "with"],
    });
    const { spec: ready, options } = await checked(spec);
    const evaluation = await openEvaluation(ready, "validation", {
      ...options,
      fitted: await readFitted(run),
    });
    expect(await rowsOf(evaluation.loader)).toEqual(rows);
    const { facts } = evaluation;
    await evaluation.close();
    const prediction = await openPrediction(ready, facts, { ...options, fitted: await readFitted(run) });
    const { tokens } = (await prediction.transform({ text: "[" })) as { tokens: Int32Array };
    const names = (facts.vocabulary as Vocabulary).tokens;
    expect(Array.from(tokens, (id) => names[id])).toEqual(["[CLS]", "[", "[SEP]"]);
    await prediction.close();
    await writeFile(join(folder, "tokenizer.json"), text);
  });

  it.each([0, 2])(
    "names sample, field and transform of what is no text, with %s workers",
    async (numWorkers) => {
      const bad = { samples: [{ text: "a" }, { text: "b" }, { text: null }], columns: { text: "text?" } };
      const transforms = [{ use: "words", with: { vocabulary: { tokens: ["a", "b"] } } }];
      const spec = {
        ...ofLine(transforms, { numWorkers }),
        source: { use: "memory", with: bad },
        split: { train: 1 },
      };
      const fault = await thrownBy(() => withLine(spec, ({ loaders }) => rowsOf(loaders.train)));
      expect(fault).toMatchObject({
        code: "TRANSFORM_INPUT",
        message: 'words needs texts, but "text" is missing',
        where: expect.arrayContaining(["transform 0 words", expect.stringMatching(/^sample 2/)]) as string[],
      });
      const learning = { ...spec, transforms: [{ use: "words" }] };
      expect(await thrownBy(() => withLine(learning, () => {}))).toMatchObject({
        code: "TRANSFORM_INPUT",
        where: expect.arrayContaining([expect.stringMatching(/^sample 2/)]) as string[],
      });
    },
  );
});
