/** The laws of a source: a map-style dataset that gives the same sample for the same index, however it is asked; or a stream. */
import type { Dataset, DatasetFacts } from "../contracts/dataset.js";
import { type IterableDataset, isStreamLike } from "../contracts/iterable.js";
import type { SourceContext } from "../plugin/contexts.js";
import { materialize } from "../data/datasets/deferred.js";
import { defaultCollate, heapAllocator } from "../data/collate.js";
import { create, type PluginSuite, testOptions, thrownBy } from "./plugin.js";
import { context, indicesOf, read, readAll } from "./read.js";
import { testFields } from "./fields.js";
import { beyond, openResources } from "./resources.js";
import { testStream } from "./stream.js";
import { testCategories, testLabels, testShared } from "./source-context.js";
import { expect } from "./expect.js";
import { describe, it, onTestFinished, waitFor } from "./harness.js";

/** What a source must do; every sample is read several times, so give it tens of samples, not thousands. */
export interface SourceSuite extends PluginSuite<"source"> {
  /** The number of samples there must be. */
  readonly length?: number;
  /** Facts the dataset must state. */
  readonly facts?: DatasetFacts;
  /** Fields that `column` must know. */
  readonly columns?: readonly string[];
  /** The kinds of what may stay open after close, by Node's name for them (`process.getActiveResourcesInfo`). */
  readonly mayStayOpen?: readonly string[];
  /** True if the plugin opens a stream with these options: other laws hold of it. */
  readonly stream?: boolean;
  /**
   * Where class names come from: what is stored (the default); options, which also say their order; or nowhere, since
   * labels are stored as indices.
   */
  readonly labels?: "names" | "given" | "indices";
  /** Changes what is stored, once, after all other laws: adds rows, a class, removes a file. */
  readonly change?: () => unknown;
}

export function testSource(suite: SourceSuite): void {
  const open = async (given: Pick<SourceContext, "facts" | "shared"> = {}) => {
    const dataset = await create(suite, given);
    let closed = false;
    onTestFinished(async () => {
      if (!closed) await dataset.close?.();
    });
    const close = async () => {
      closed = true;
      await dataset.close?.();
    };
    return { dataset, close };
  };

  describe(`source ${suite.plugin.name}`, () => {
    testOptions(suite, async (options) => (await create(suite, {}, options)).close?.());
    testLabels(suite, async (given) => (await open(given)).dataset);
    testCategories(async (given) => (await open(given)).dataset);
    // The last of all: it changes what is stored.
    const shared = () => testShared(suite, async (given) => (await open(given)).dataset);
    if (suite.stream) {
      testStream(suite, async () => {
        const { dataset, close } = await open();
        return { dataset: dataset as IterableDataset, close };
      });
      shared();
      return;
    }
    const openMap = async () => {
      const { dataset } = await open();
      expect(isStreamLike(dataset), "it opens a stream: set `stream: true` in the suite").toBe(false);
      return dataset as Dataset;
    };
    testSamples(suite, openMap);
    testLookup(suite, openMap);
    testFields(openMap);
    testClosing(suite, open);
    shared();
  });
}

function testSamples(suite: SourceSuite, open: () => Promise<Dataset>): void {
  it("knows its length and reads every index", async () => {
    const dataset = await open();
    expect(Number.isInteger(dataset.length) && dataset.length >= 0, `length ${dataset.length}`).toBe(true);
    expect(dataset.length).toBe(suite.length ?? dataset.length);
    for (const index of indicesOf(dataset)) expect(await read(dataset, index)).toBeDefined();
    expect(dataset.facts ?? {}).toMatchObject(suite.facts ?? {});
  });

  it("gives the same sample for the same index in any order, at once, and in another instance", async () => {
    const dataset = await open();
    const inOrder = await readAll(dataset);
    const backwards = indicesOf(dataset).reverse();
    for (const index of backwards) expect(await read(dataset, index)).toEqual(inOrder[index]);
    const atOnce = await Promise.all(backwards.map((index) => read(dataset, index)));
    expect(atOnce.reverse()).toEqual(inOrder);
    expect(await readAll(await open())).toEqual(inOrder);
  });

  it("gives several samples at once in the order asked for, duplicates included, if it has getMany", async () => {
    const dataset = await open();
    if (dataset.getMany === undefined || dataset.length === 0) return;
    const last = dataset.length - 1;
    const indices = [...indicesOf(dataset).reverse(), 0, last, 0];
    const many = await Promise.all((await dataset.getMany(indices, context)).map(materialize));
    expect(many).toEqual(await Promise.all(indices.map((index) => read(dataset, index))));
    expect(await dataset.getMany([], context)).toEqual([]);
  });

  it("refuses an index out of range", async () => {
    const dataset = await open();
    for (const index of [-1, dataset.length, 0.5, Number.NaN]) {
      const refused = { code: "DATASET_INDEX" };
      expect(await thrownBy(() => dataset.get(index, context)), `index ${index}`).toMatchObject(refused);
      if (dataset.getMany === undefined) continue;
      const many = await thrownBy(() => dataset.getMany?.([index], context));
      expect(many, `index ${index}`).toMatchObject(refused);
    }
  });
}

function testLookup(suite: SourceSuite, open: () => Promise<Dataset>): void {
  it("gives a column one value per sample, the ones the samples have", async () => {
    const dataset = await open();
    const samples = (await readAll(dataset)) as Record<string, unknown>[];
    for (const name of suite.columns ?? [])
      expect(await dataset.column?.(name), `column ${name}`).toBeDefined();
    for (const name of new Set(["label", ...(suite.columns ?? [])])) {
      const column = await dataset.column?.(name);
      if (column === undefined) continue;
      expect(column.length).toBe(dataset.length);
      if (samples.length === 0 || !(name in samples[0])) continue;
      expect(Array.from(column)).toEqual(samples.map((sample) => sample[name]));
    }
    expect(await dataset.column?.("no such column")).toBeUndefined();
  });

  it("gives the very batch that collation would, if it can give batches", async () => {
    const dataset = await open();
    if (dataset.getBatch === undefined) return;
    const indices = [...indicesOf(dataset).reverse(), 0, 0];
    const samples = await Promise.all(indices.map((index) => read(dataset, index)));
    expect(await dataset.getBatch(indices, context, heapAllocator)).toEqual(
      defaultCollate(samples, heapAllocator, dataset.fields),
    );
  });

  it("names classes by index in facts.labels, if its labels are classes", async () => {
    const dataset = await open();
    const labels = dataset.facts?.labels;
    if (labels === undefined) return;
    expect(new Set(labels).size, "labels must be distinct").toBe(labels.length);
    for (const sample of (await readAll(dataset)) as { label?: number }[]) {
      expect(labels[sample.label ?? 0]).toBeTypeOf("string");
    }
  });

  it("has the same fingerprint in another instance, if it has one", async () => {
    const [first, second] = [await open(), await open()];
    const text = await first.fingerprint?.();
    expect(text).toBe(await second.fingerprint?.());
    expect(text ?? "none").toMatch(/./);
  });

  it("has a distinct name for each sample, if it has keys", async () => {
    const dataset = await open();
    if (dataset.key === undefined) return;
    const keys = indicesOf(dataset).map((index) => dataset.key?.(index));
    for (const key of keys) expect(key).toMatch(/./);
    expect(new Set(keys).size).toBe(keys.length);
  });
}

function testClosing(
  suite: SourceSuite,
  open: () => Promise<{ dataset: Dataset | IterableDataset; close: () => Promise<void> }>,
): void {
  it("leaves nothing open after close, and may be closed again", async () => {
    const before = openResources(suite);
    const { dataset, close } = await open();
    await readAll(dataset);
    await close();
    await close();
    await waitFor(() => expect(beyond(before, openResources(suite))).toEqual([]), 5000);
  });
}
