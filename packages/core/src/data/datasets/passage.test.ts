import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../contracts/dataset.js";
import type { NdArray } from "../../contracts/ndarray.js";
import type { Columns, TransformForms } from "../../contracts/transform.js";
import { defaultCollate, heapAllocator } from "../collate.js";
import { fieldTypesOf } from "../field-types.js";
import { ConcatDataset } from "./concat.js";
import type { ChainLink } from "./passage.js";
import { transformChain } from "./transform-chain.js";

interface Row {
  readonly x: number;
  readonly v: Float32Array;
  readonly name: string;
}

const fields = {
  x: { type: "float32" },
  v: { type: "float32", shape: [2] },
  name: { type: "text" },
} as const;

/** Rows whose `x` no float32 holds, by columns where these are asked for. */
function table(rows: readonly Row[]): Dataset<Row> {
  return {
    length: rows.length,
    fields,
    key: (index) => `row ${index}`,
    get: (index) => rows[index],
    getBatch: (indices, _context, allocator) =>
      defaultCollate(
        indices.map((index) => rows[index]),
        allocator,
        fields,
      ),
  };
}

const link = (name: string, position: number, forms: TransformForms<never>, more = {}): ChainLink => ({
  name,
  position,
  deferred: false,
  ...(forms as TransformForms),
  ...more,
});

const map = ({ dtype, shape, data }: NdArray, of: (value: number, entry: number) => number): NdArray => ({
  dtype,
  shape,
  data: data.map(of),
});

const scale = (position: number, factor: number) =>
  link("scale", position, {
    apply: (row: Row) => ({ ...row, x: Math.fround(row.x * factor + 0.1) }),
    applyColumns: (columns: Columns) => ({
      ...columns,
      x: map(columns.x as NdArray, (value) => value * factor + 0.1),
    }),
  });

const noise = (position: number) =>
  link("noise", position, {
    apply: (row: Row, { random, epoch, index }) => ({
      ...row,
      x: Math.fround(row.x + random.normal() + epoch + index),
    }),
    applyColumns: (columns: Columns, { random, epoch, indices }) => ({
      ...columns,
      x: map(columns.x as NdArray, (value, i) => value + random(i).normal() + epoch + indices[i]),
    }),
  });

const upper = (position: number) =>
  link("upper", position, {
    apply: (row: Row) => ({ ...row, name: row.name.toUpperCase() }),
    applyMany: (rows: readonly Row[]) => rows.map((row) => ({ ...row, name: row.name.toUpperCase() })),
    applyColumns: (columns: Columns) => ({
      ...columns,
      name: (columns.name as readonly string[]).map((name) => name.toUpperCase()),
    }),
  });

const jitterMany = (position: number) =>
  link("jitter", position, {
    apply: (row: Row, { random }) => ({ ...row, v: row.v.map((value) => value + random.uniform()) }),
    applyMany: (rows: readonly Row[], { random }) =>
      rows.map((row, i) => {
        const own = random(i);
        return { ...row, v: row.v.map((value) => value + own.uniform()) };
      }),
  });

const shout = (position: number) =>
  link("shout", position, { apply: (row: Row) => ({ ...row, loud: true }) });

const rows = fc.array(
  fc.record({
    x: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    v: fc.tuple(fc.float({ noNaN: true }), fc.float({ noNaN: true })).map((pair) => Float32Array.from(pair)),
    name: fc.string(),
  }),
  { minLength: 1, maxLength: 20 },
);
const withColumns = fc.array(
  fc.constantFrom(noise, upper, (at: number) => scale(at, 1.3)),
  { maxLength: 4 },
);
const anyLinks = fc.array(
  fc.constantFrom(noise, upper, shout, jitterMany, (at: number) => scale(at, 0.7)),
  { maxLength: 5 },
);

async function oneByOne(dataset: Dataset, indices: readonly number[], epoch: number): Promise<unknown[]> {
  const samples: unknown[] = [];
  for (const index of indices) samples.push(await dataset.get(index, { epoch }));
  return samples;
}

describe("a chain by columns", () => {
  it("gives what collating its samples gives, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(rows, withColumns, fc.nat(3), fc.nat(9), async (data, links, epoch, seed) => {
        const dataset = transformChain(
          table(data),
          links.map((make, at) => make(at)),
          seed,
        );
        const indices = [...data.keys()].reverse();
        const samples = await oneByOne(dataset, indices, epoch);
        const expected = defaultCollate(samples, heapAllocator, fieldTypesOf(dataset));
        expect(await dataset.getBatch?.(indices, { epoch }, heapAllocator)).toEqual(expected);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("is not offered where a link takes samples only, or the source gives none", () => {
    const data = table([{ x: 1, v: Float32Array.of(1, 2), name: "a" }]);
    expect(transformChain(data, [noise(0), shout(1)], 0)).toMatchObject({ getBatch: undefined });
    expect(transformChain({ ...data, getBatch: undefined }, [noise(0)], 0)).toMatchObject({
      getBatch: undefined,
    });
  });

  it("leaves columns whose element type nobody declared to collation", async () => {
    const data = { ...table([{ x: 1, v: Float32Array.of(1, 2), name: "a" }]), fields: {} };
    expect(await transformChain(data, [noise(0)], 0).getBatch?.([0], { epoch: 0 }, heapAllocator)).toBe(
      undefined,
    );
  });

  it("names sample and transform where the columns fail", async () => {
    const refuse = (x: number) => {
      if (x === 2) throw new RangeError("no twos");
      return x;
    };
    const strict = link("strict", 1, {
      apply: (row: Row) => ({ ...row, x: refuse(row.x) }),
      applyColumns: (columns: Columns) => ({ ...columns, x: map(columns.x as NdArray, refuse) }),
    });
    const data = table([1, 2, 3].map((x) => ({ x, v: Float32Array.of(0, 0), name: "a" })));
    const dataset = transformChain(data, [upper(0), strict], 0);
    await expect(dataset.getBatch?.([2, 1, 0], { epoch: 0 }, heapAllocator)).rejects.toMatchObject({
      code: "SAMPLE_FAILED",
      message: "a transform failed: no twos",
      where: ["transform 1 strict", "sample 1 (row 1)"],
    });
  });

  it("names the transform whose columns alone fail, or have other rows", async () => {
    const data = table([1, 2].map((x) => ({ x, v: Float32Array.of(0, 0), name: "a" })));
    const wrong = [
      () => {
        throw new RangeError("no columns");
      },
      (columns: Columns): Columns => ({
        ...columns,
        x: { dtype: "float32", shape: [1], data: new Float32Array(1) },
      }),
    ];
    for (const [i, message] of [/no columns/, /expected 2 in "x", got float32 \[1\]/].entries()) {
      const bad = link("bad", 0, { apply: (row: Row) => row, applyColumns: wrong[i] });
      await expect(
        transformChain(data, [bad], 0).getBatch?.([0, 1], { epoch: 0 }, heapAllocator),
      ).rejects.toMatchObject({
        message: expect.stringMatching(message) as string,
        where: ["transform 0 bad"],
      });
    }
  });
});

describe("datasets one after the other, by columns", () => {
  it("give what collating their samples gives, or leave it to collation where their types differ", async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, withColumns, fc.nat(9), async (a, b, links, seed) => {
        const chain = links.map((make, at) => make(at));
        const parts = [transformChain(table(a), chain, seed), table(b)];
        const dataset = transformChain(new ConcatDataset(parts), chain, seed);
        const indices = [...Array(a.length + b.length).keys()].sort((m, n) => (m % 3) - (n % 3) || n - m);
        const samples = await oneByOne(dataset, indices, 1);
        const expected = defaultCollate(samples, heapAllocator, fieldTypesOf(dataset));
        expect(await dataset.getBatch?.(indices, { epoch: 1 }, heapAllocator)).toEqual(expected);
      }),
      { seed: 4, numRuns: 40 },
    );
    const one = table([{ x: 1, v: Float32Array.of(1, 2), name: "a" }]);
    const wide = { ...fields, x: { type: "float64" } } as const;
    const float64: Dataset = {
      ...one,
      fields: wide,
      getBatch: (_indices, _context, allocator) =>
        defaultCollate([{ x: 1, v: Float32Array.of(1, 2), name: "a" }], allocator, wide),
    };
    const mixed = new ConcatDataset([one, float64]);
    expect(await mixed.getBatch?.([0, 1], { epoch: 0 }, heapAllocator)).toBeUndefined();
    expect(new ConcatDataset([one, { ...one, getBatch: undefined }])).not.toHaveProperty("getBatch");
  });
});

describe("a chain of many samples at once", () => {
  it("gives what it gives one by one, bit for bit, whether or not the source gives many", async () => {
    await fc.assert(
      fc.asyncProperty(rows, anyLinks, fc.boolean(), fc.nat(9), async (data, links, many, seed) => {
        const source: Dataset<Row> = {
          ...table(data),
          ...(many && { getMany: (indices) => indices.map((index) => data[index]) }),
        };
        const dataset = transformChain(
          source,
          links.map((make, at) => make(at)),
          seed,
        );
        const indices = [...data.keys()].reverse();
        const made = await dataset.getMany?.(indices, { epoch: 2 });
        const offered = many || links.some((make) => make === upper || make === jitterMany);
        expect(made).toEqual(offered ? await oneByOne(dataset, indices, 2) : undefined);
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  it("makes deferred fields before a link that takes many, and after the last", async () => {
    const deferred = (value: unknown) => ({ materialize: () => Promise.resolve(value) });
    const source: Dataset = { length: 2, get: (index) => ({ a: deferred(index) }) };
    const add = link("add", 0, {
      apply: (row: object) => row,
      applyMany: (all: readonly { readonly a: number }[]) =>
        all.map(({ a }) => ({ a: a + 1, b: deferred(a) })),
    });
    const dataset = transformChain(source, [add], 0);
    expect(await dataset.getMany?.([0, 1], { epoch: 0 })).toEqual([
      { a: 1, b: 0 },
      { a: 2, b: 1 },
    ]);
  });

  it("names sample and transform at fault, and the transform that returns another number", async () => {
    const refuse = link("refuse", 1, {
      apply: (row: Row) => {
        if (row.x === 2) throw new RangeError("no twos");
        return row;
      },
      applyMany: (all: readonly Row[]) => {
        if (all.some(({ x }) => x === 2)) throw new RangeError("somewhere a two");
        return all;
      },
    });
    const data = table([1, 2, 3].map((x) => ({ x, v: Float32Array.of(0, 0), name: "a" })));
    await expect(
      transformChain(data, [upper(0), refuse], 0).getMany?.([2, 1], { epoch: 0 }),
    ).rejects.toMatchObject({
      message: "a transform failed: no twos",
      where: ["transform 1 refuse", "sample 1 (row 1)"],
    });
    const fewer = link("fewer", 0, { apply: (row: Row) => row, applyMany: () => [] });
    await expect(transformChain(data, [fewer], 0).getMany?.([0], { epoch: 0 })).rejects.toMatchObject({
      code: "PLUGIN_INVALID",
      message: "applyMany must return one sample for each: expected 1, got 0",
      where: ["transform 0 fewer"],
    });
  });

  it("says of columns that they have another number of rows, as a fault of the plugin", async () => {
    const data = table([1, 2].map((x) => ({ x, v: Float32Array.of(0, 0), name: "a" })));
    for (const wrong of [
      { x: { dtype: "float32", shape: [1], data: Float32Array.of(1) } },
      { name: ["a"] },
    ]) {
      const cut = link("cut", 0, {
        apply: (row: Row) => row,
        applyColumns: (columns: Columns) => ({ ...columns, ...(wrong as object) }),
      });
      const [name] = Object.keys(wrong);
      await expect(
        transformChain(data, [cut], 0).getBatch?.([0, 1], { epoch: 0 }, heapAllocator),
      ).rejects.toMatchObject({
        code: "PLUGIN_INVALID",
        message: expect.stringContaining(`one row per sample: expected 2 in "${name}", got`) as string,
        where: ["transform 0 cut"],
      });
    }
  });

  it("names the transform that returned nothing, one by one and many at once", async () => {
    const data = table([1, 2].map((x) => ({ x, v: Float32Array.of(0, 0), name: "a" })));
    const forgets = (row: Row) => (row.x === 2 ? undefined : row);
    const one = link("forgets", 1, { apply: forgets });
    const fault = {
      code: "SAMPLE_FAILED",
      message: "a transform must return the sample, but returned undefined",
      hint: expect.stringMatching(/^Does it lack a `return`/) as string,
    };
    await expect(transformChain(data, [upper(0), one], 0).get(1, { epoch: 0 })).rejects.toMatchObject({
      ...fault,
      where: ["transform 1 forgets"],
    });
    const many = link("forgets", 0, { apply: forgets, applyMany: (all: readonly Row[]) => all.map(forgets) });
    await expect(transformChain(data, [many], 0).getMany?.([0, 1], { epoch: 0 })).rejects.toMatchObject(
      fault,
    );
  });

  it("refuses random numbers before a cache in either form", async () => {
    const fixed = { epoch: 0, fixed: true } as const;
    const data = table([{ x: 1, v: Float32Array.of(1, 2), name: "a" }]);
    const dataset = transformChain(data, [jitterMany(0)], 0);
    await expect(dataset.getMany?.([0], fixed)).rejects.toMatchObject({ code: "CACHE_RANDOM" });
    const columns = transformChain(data, [noise(0)], 0);
    await expect(columns.getBatch?.([0], fixed, heapAllocator)).rejects.toMatchObject({
      code: "CACHE_RANDOM",
    });
  });
});
