/** A mixed table through a spec's line: the same batches by samples and by columns, inline and in workers. */
import { LoggerService, type MillraceError } from "@millrace/core";
import { checkSpec, type Line, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "../alive.js";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

const transforms = [
  { use: "fill-missing", with: { fields: ["price", "vector"], strategy: "median", indicator: true } },
  { use: "fill-missing", with: { fields: "note", strategy: "most-frequent" } },
  { use: "clip", with: { fields: "price", max: 90 } },
  { use: "standardize", with: { fields: ["price", "vector"] } },
  { use: "min-max", with: { fields: "count" } },
  { use: "map-values", with: { fields: "note", values: { new: 1, used: 0 } } },
  { use: "one-hot", with: { fields: "colour" } },
  { use: "date-parts", with: { fields: "when", parts: ["year"], cyclic: ["month"] } },
  { use: "cast", with: { fields: "note", to: "bool" } },
  { use: "rename", with: { fields: { when: "date" } } },
  {
    use: "concat",
    with: {
      fields: ["price", "price_missing", "vector", "vector_missing", "count", "note", "colour", "date"],
    },
  },
  { use: "label-index" },
  { use: "select", with: { keep: ["features", "label"] } },
];

interface Settings {
  readonly columns: boolean;
  readonly numWorkers?: number;
  readonly odd?: object;
  readonly chain?: readonly object[];
}

async function open({ columns, numWorkers = 0, odd = {}, chain = transforms }: Settings): Promise<Line> {
  const registry = new Registry();
  const ignore = () => undefined;
  registry.provide(LoggerService, { debug: ignore, info: ignore, warn: ignore, error: ignore });
  const spec = {
    seed: 3,
    plugins: ["./mixed-table.mjs"],
    source: { use: "mixed-table", with: { rows: 200, columns, odd } },
    split: { train: 0.8, validation: 0.2 },
    loader: { batchSize: 32, shuffle: true, ...(numWorkers > 0 && { numWorkers }) },
    transforms: chain,
    model: { use: "none" },
    trainer: { use: "none" },
  };
  const url = new URL("../fixtures/spec.json", import.meta.url);
  const text = parseSpecText(JSON.stringify(spec), "spec.json", url);
  const defaults = ["@millrace/core/builtin"];
  const checked = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
  return openLine(checked.spec, { registry, modules: checked.modules, url });
}

/** All batches of both splits, as text. */
async function batchesOf(settings: Settings): Promise<unknown> {
  const line = await open(settings);
  const seen: unknown[] = [];
  try {
    for (const loader of [line.loaders.train, line.loaders.validation]) {
      for await (const { data, indices, release } of loader?.batches(1) ?? []) {
        seen.push(structuredClone({ data: JSON.stringify(data), indices }));
        release();
      }
    }
    return { facts: line.facts, seen };
  } finally {
    await line.close();
  }
}

async function faultOf(promise: Promise<unknown>): Promise<string> {
  const fault = await promise.then(
    () => undefined,
    (error: unknown) => error as MillraceError,
  );
  return `${fault?.code}: ${fault?.describe()}`;
}

describe("a mixed table through a spec", () => {
  it("has the same batches and facts by samples and by columns, inline and in workers", async () => {
    const first = await batchesOf({ columns: true });
    expect(first).toMatchObject({
      facts: {
        labels: ["cheap", "dear", "fair"],
        features: [
          "price",
          "price_missing",
          "vector_0",
          "vector_1",
          "vector_2",
          "vector_missing_0",
          "vector_missing_1",
          "vector_missing_2",
          "count",
          "note",
          "colour_black",
          "colour_blue",
          "colour_green",
          "colour_red",
          "when_year",
          "when_month_sin",
          "when_month_cos",
        ],
      },
    });
    expect(await batchesOf({ columns: false })).toEqual(first);
    expect(await batchesOf({ columns: true, numWorkers: 2 })).toEqual(first);
    expect(await batchesOf({ columns: false, numWorkers: 1 })).toEqual(first);
  });

  it.each([true, false])(
    "names the sample, the field and the value at fault (columns: %s)",
    async (columns) => {
      const chain = [{ use: "label-index", with: { classes: ["cheap", "dear", "fair"] } }];
      expect(await faultOf(batchesOf({ columns, odd: { 199: { label: "free" } }, chain }))).toMatch(
        /^LABEL_UNKNOWN: a label must be one of the 3 known classes, was "free" \(field "label", .*transform 0 label-index, sample 199 \(row 199\)/,
      );
    },
  );

  it("does not know a value that only validation has", async () => {
    const line = await open({ columns: true, chain: [] });
    const row = line.samples.validation?.origin?.(0);
    await line.close();
    const odd = { [String(row)]: { colour: "violet" } };
    const chain = (unknown: string) => [{ use: "one-hot", with: { fields: "colour", unknown } }];
    expect(await faultOf(batchesOf({ columns: true, odd, chain: chain("error") }))).toMatch(
      `LABEL_UNKNOWN: a label must be one of the 4 known classes, was "violet" (field "colour", transform 0 one-hot, sample ${row} (row ${row})`,
    );
    const { seen } = (await batchesOf({ columns: true, odd, chain: chain("ignore") })) as {
      readonly seen: readonly { readonly data: string; readonly indices: readonly number[] }[];
    };
    const [first] = seen.slice(-2);
    const { colour } = JSON.parse(first.data) as { colour: { data: Readonly<Record<string, number>> } };
    expect(Object.values(colour.data).slice(0, 4)).toEqual([0, 0, 0, 0]);
  });
});
