import { describe, expect, it } from "vitest";
import type { Dataset } from "../contracts/dataset.js";
import type { IterableDataset } from "../contracts/iterable.js";
import type { Plugin } from "../plugin/plugin.js";
import { Registry } from "../plugin/registry.js";
import { ndarray } from "../contracts/ndarray.js";
import { testTransform } from "../testing/index.js";
import cache from "./cache.js";
import builtin from "./index.js";

const context = { baseUrl: new URL("file:///"), seed: 3 };

async function open(use: string, options: object, labels?: readonly string[]): Promise<Dataset> {
  const registry = new Registry();
  for (const plugin of builtin) registry.add(plugin);
  const { options: schema } = registry.get("source", use);
  const opened = await registry.create("source", use, schema.parse(options), {
    ...context,
    ...(labels && { facts: { labels } }),
  });
  return opened as Dataset;
}
const epoch0 = { epoch: 0 };

describe("memory", () => {
  it("reads fields whose type is stated, under their own names, and leaves out rows that miss what they must have", async () => {
    const samples = [
      { w: 1, h: 2, day: "31.01.2026", kind: "b" },
      { w: 3, h: 4, day: "", kind: "a" },
      { w: 5, h: null, day: "01.02.2026", kind: "a" },
    ];
    const columns = {
      size: { type: "float32[]", from: ["w", "h"], missing: { fill: 0 } },
      when: { type: "date", from: "day", format: "%d.%m.%Y", missing: "drop" },
    };
    const dataset = await open("memory", { samples, columns, label: "kind" });
    expect(dataset.length).toBe(2);
    expect(await dataset.get(1, epoch0)).toEqual({
      kind: 0,
      size: Float32Array.of(5, 0),
      when: 1769904000,
    });
    expect(dataset.fields).toEqual({
      kind: { type: "int32" },
      size: { type: "float32", shape: [2] },
      when: { type: "date" },
    });
  });
});

describe("memory, asked about values by name", () => {
  it("reads them as its samples, and leaves what may be the answer", async () => {
    const [memory] = builtin.filter(
      ({ kind, name }) => kind === "source" && name === "memory",
    ) as Plugin<"source">[];
    const inputs = async (columns: object) => {
      const parsed = memory.options.parse({ samples: [{ x: 1 }], columns });
      return memory.inputs?.(parsed, { ...context, facts: { categories: { kind: ["a", "b"] } } });
    };
    expect(await inputs({})).toBeUndefined();
    const given = await inputs({ kind: "class", day: "date?", price: { type: "float32", missing: "drop" } });
    expect(given?.fromValues?.({ kind: "b", x: [1, 2] }, "/")).toEqual({
      kind: 1,
      day: null,
      x: Float32Array.of(1, 2),
    });
    expect(() => given?.fromValues?.({ price: null }, "/")).toThrow('"price" must have a value');
    expect(() => given?.fromValues?.({ kind: "c" }, "/")).toThrow(/known classes, was "c"/);
    expect(() => given?.fromValues?.({ day: 3 }, "/")).toThrow(/"day" must be a date .*was 3/);
  });
});

describe("generated", () => {
  it("is the same samples as a stream; one without an end has new ones in each epoch", async () => {
    const problem = { problem: "blobs", stream: true };
    const dataset = await open("generated", { problem: "blobs", length: 9 });
    const stream = (await open("generated", { ...problem, length: 9 })) as unknown as IterableDataset;
    const endless = (await open("generated", problem)) as unknown as IterableDataset;
    const third = async (of: IterableDataset, epoch: number) => {
      const pass = of.iterate({ epoch, shard: { id: 1, count: 2 } });
      await pass.next();
      return (await pass.next()) as { value: unknown; key: unknown };
    };
    const sample = { key: 3, value: await dataset.get(3, epoch0) };
    expect(await third(stream, 0)).toMatchObject(sample);
    expect(await third(stream, 1)).toMatchObject(sample);
    expect(await third(endless, 0)).toMatchObject(sample);
    expect((await third(endless, 1)).value).not.toEqual(sample.value);
    expect([stream.length, endless.length]).toEqual([9, Infinity]);
  });

  it.each(["blobs", "spirals"])(
    "%s: each class equally often, features near their class",
    async (problem) => {
      const dataset = await open("generated", { problem, length: 30, noise: 0 });
      expect(dataset.facts?.labels).toEqual(["0", "1", "2"]);
      expect(Array.from((await dataset.column?.("label")) ?? []).slice(0, 4)).toEqual([0, 1, 2, 0]);
      const sample = (await dataset.get(4, epoch0)) as { features: Float32Array; label: number };
      expect(sample.label).toBe(1);
      expect(sample.features).toHaveLength(2);
    },
  );

  it("linear: the label is one weighted sum of the features", async () => {
    const dataset = await open("generated", { problem: "linear", length: 9, features: 2, noise: 0 });
    const rows = (await Promise.all([0, 1, 2].map((i) => dataset.get(i, epoch0)))) as {
      features: Float32Array;
      label: Float32Array;
    }[];
    const [[a, b], [c, d]] = rows.map((row) => [...row.features]);
    const determinant = a * d - b * c;
    const [y0, y1, y2] = rows.map((row) => row.label[0]);
    const weights = [(y0 * d - b * y1) / determinant, (a * y1 - y0 * c) / determinant];
    expect(rows[2].features[0] * weights[0] + rows[2].features[1] * weights[1]).toBeCloseTo(y2, 4);
  });

  it("makes the same sample for the same index and seed, another for another", async () => {
    const [a, b, c] = [{}, {}, { seed: 4 }].map((seed) =>
      open("generated", { problem: "blobs", length: 9, ...seed }),
    );
    expect(await (await a).get(3, epoch0)).toEqual(await (await b).get(3, { epoch: 8 }));
    expect(await (await a).get(3, epoch0)).not.toEqual(await (await c).get(3, epoch0));
  });

  it("refuses what could never fit before anything is allocated", async () => {
    const registry = new Registry();
    for (const plugin of builtin) registry.add(plugin);
    const { options: schema } = registry.get("source", "generated");
    const many = { problem: "blobs", length: 1e15, features: 1e15, classes: 1e15 };
    const { error } = schema.safeParse(many);
    expect(error?.issues.map(({ code, path }) => [code, path[0]])).toEqual([
      ["too_big", "length"],
      ["too_big", "features"],
      ["too_big", "classes"],
    ]);
    await expect(
      open("generated", { problem: "blobs", length: 9, features: 2 ** 27, classes: 3 }),
    ).rejects.toMatchObject({ code: "OPTION_INVALID", path: ["features"] });
  });

  it("refuses an index out of range, and spirals outside the plane", async () => {
    const dataset = await open("generated", { problem: "blobs", length: 9 });
    expect(() => dataset.get(9, epoch0)).toThrow("an index must lie from 0 to 8, was 9");
    await expect(open("generated", { problem: "spirals", length: 9, features: 3 })).rejects.toThrow(
      "spirals lie in the plane: features must be 2, was 3",
    );
  });
});

describe("memory", () => {
  const samples = [
    { features: [1, 2], label: "b" },
    { features: [3, 4], label: "a" },
  ];

  it("turns class names into indices of the sorted names, and lists into arrays", async () => {
    const dataset = await open("memory", { samples });
    expect(dataset.facts).toEqual({ labels: ["a", "b"] });
    expect(await dataset.get(0, epoch0)).toEqual({ features: Float32Array.of(1, 2), label: 1 });
    expect(dataset.column?.("label")).toEqual([1, 0]);
    expect(dataset.column?.("features")).toBeUndefined();
  });

  it("follows the labels of another source, and names one that is not among them", async () => {
    expect((await open("memory", { samples }, ["z", "b", "a"])).facts?.labels).toEqual(["z", "b", "a"]);
    await expect(open("memory", { samples }, ["a"])).rejects.toMatchObject({
      code: "LABEL_UNKNOWN",
      message: 'a label must be one of the 1 known classes, was "b"',
      where: ["sample 0"],
    });
  });

  it("keeps numbers as they are where no label is a name", async () => {
    const dataset = await open("memory", { samples: [{ x: 1.5, label: 2 }] });
    expect(dataset.facts).toEqual({});
    expect(await dataset.get(0, epoch0)).toEqual({ x: 1.5, label: 2 });
  });
});

testTransform({
  plugin: cache,
  options: { in: "memory" },
  sample: () => ({ image: ndarray(Uint8Array.of(1, 2, 3, 4), [2, 2, 1]), label: 3 }),
});
