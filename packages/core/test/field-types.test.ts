/** One element type per field for all batches of a loader, for any number of workers and after a resume. */
import {
  ConcatDataset,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  type FieldTypes,
  fromArray,
  isNdArray,
  type NdArray,
  StackDataset,
  Subset,
} from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { aliveThreads } from "./alive.js";
import { latePrices, prices, priceStream } from "./fixtures/prices.mjs";

afterEach(() => {
  expect(aliveThreads()).toBe(0);
});

type Batches = readonly string[];

/** The field of every batch of an epoch as "float32 1 2.5". */
async function read(
  dataset: unknown,
  options: DataLoaderOptions<unknown> = {},
  of: (data: never) => NdArray = ({ price }) => price,
): Promise<Batches> {
  const loader = new DataLoader<unknown>(dataset as Dataset, { batchSize: 2, ...options });
  const seen: string[] = [];
  try {
    for await (const { data } of loader) seen.push(text(of(data as never)));
  } finally {
    await loader.close();
  }
  return seen;
}

function text({ dtype, data }: NdArray): string {
  return [dtype, ...data].join(" ");
}

const wanted = ["float32 1 2", "float32 2.5 3", "float32 4 5"];
const values = [1, 2, 2.5, 3, 4, 5];

describe("a field of numbers has one element type in all batches", () => {
  it.each([0, 1, 2])("of an array, by all of its samples, with %i workers", async (numWorkers) => {
    const samples = values.map((price) => ({ price }));
    expect(await read(samples, { numWorkers })).toEqual(wanted);
    const whole = new Subset(fromArray(samples), [0, 1]);
    expect(await read(whole, { numWorkers }), "part of a split").toEqual(["float32 1 2"]);
  });

  it.each([0, 1])("counts flags among them as 1 and 0, with %i workers", async (numWorkers) => {
    const own = (data: NdArray) => data;
    expect(await read([true, false, 2, 3], { numWorkers }, own)).toEqual(["int32 1 0", "int32 2 3"]);
    expect(await read([0.5, 2, true, false], { numWorkers }, own)).toEqual(["float32 0.5 2", "float32 1 0"]);
    expect(await read([true, false], { numWorkers }, own)).toEqual(["bool 1 0"]);
  });

  it("of an array of numbers, of datasets side by side and one after the other", async () => {
    expect(await read(values, {}, (data) => data)).toEqual(wanted);
    const side = new StackDataset({ x: fromArray(values), y: fromArray([1, 2, 3, 4, 5, 6]) });
    expect(await read(side, {}, ({ x }) => x)).toEqual(wanted);
    expect(await read(side, {}, ({ y }) => y)).toEqual(["int32 1 2", "int32 3 4", "int32 5 6"]);
    const pairs = new StackDataset(fromArray(values), fromArray(values.map((x) => ({ x }))));
    expect(await read(pairs, {}, ([, { x }]: readonly [NdArray, { readonly x: NdArray }]) => x)).toEqual(
      wanted,
    );
    const after = new ConcatDataset<number>([
      [1, 2],
      [2 ** 24 + 1, 0.5],
    ]);
    expect(await read(after, {}, (data) => data)).toEqual(["float64 1 2", "float64 16777217 0.5"]);
  });

  it("and loses no digit of a whole number: 3,000,000,000 is a target", async () => {
    expect(await read([{ price: 3e9 }, { price: 1 }, { price: 2 }])).toEqual([
      "float64 3000000000 1",
      "float64 2",
    ]);
  });

  it.each([0, 1, 2])("as the dataset declares it, with %i workers", async (numWorkers) => {
    const dataset = prices([1, 2, 2.5, 3_001_000_000], { price: { type: "float32" } });
    expect(await read(dataset, { numWorkers })).toEqual([
      "float32 1 2",
      `float32 2.5 ${Math.fround(3_001_000_000)}`,
    ]);
    const stream = priceStream([1, 2, 2.5, 3], { price: { type: "float64" } });
    const batches = await read(stream, { numWorkers, batchSize: 1 });
    expect([...batches].sort()).toEqual(["float64 1", "float64 2", "float64 2.5", "float64 3"]);
  });

  it.each([0, 1, 2])(
    "as the first batch has it where nothing is declared, with %i workers",
    async (numWorkers) => {
      const seen = await read(prices([2.5, 3, 1, 2, 4, 5]), { numWorkers });
      expect(seen).toEqual(["float32 2.5 3", "float32 1 2", "float32 4 5"]);
      const stream = await read(priceStream([2.5, 3.5, 1, 2]), { numWorkers, batchSize: 1 });
      expect(stream).toEqual(["float32 2.5", "float32 3.5", "float32 1", "float32 2"]);
    },
  );

  describe("with batches as they are ready", () => {
    /** A batch whose first sample waits is the last to be ready, if the gate is opened late enough. */
    function gated(values: readonly number[], fields?: FieldTypes) {
      const gate = new Int32Array(new SharedArrayBuffer(4));
      const open = (): void => {
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
      };
      return { dataset: latePrices(values, gate, fields), open };
    }

    const values = [2.5, 3, 1, 2, 4, 5, 6, 7];
    const [first, ...others] = ["float32 2.5 3", "float32 1 2", "float32 4 5", "float32 6 7"];

    it.each([
      ["one after the other", false],
      ["at the same time, in order", true],
      ["at the same time, in any order", true],
    ])("are those of the first in order, asked for %s", async (how, together) => {
      const { dataset, open } = gated(values);
      const inOrder = how.endsWith("in order");
      const loader = new DataLoader(dataset, { numWorkers: 2, batchSize: 2, inOrder });
      const batches = loader.batches(0);
      const timer = setTimeout(open, 1000);
      const next = async (): Promise<string> => text((await batches.next()).value?.data.price as NdArray);
      const seen: string[] = [];
      if (together) seen.push(...(await Promise.all([next(), next(), next(), next()])));
      else for (let i = 0; i < 4; i++) seen.push(await next());
      clearTimeout(timer);
      await loader.close();
      expect([seen[0], seen.slice(1).sort()]).toEqual([first, others]);
    });

    it("hold up no batch where they are declared", async () => {
      const { dataset, open } = gated(values, { price: { type: "float32" } });
      const loader = new DataLoader(dataset, { numWorkers: 2, batchSize: 2, inOrder: false });
      const seen: string[] = [];
      for await (const { data } of loader) {
        seen.push(text(data.price));
        open();
      }
      await loader.close();
      expect([seen[0], [...seen].sort()]).toEqual([others[0], [first, ...others].sort()]);
    });
  });

  it.each([0, 2])("or a batch says that its numbers do not fit, with %i workers", async (numWorkers) => {
    const fault = {
      code: "COLLATE_OVERFLOW",
      hint: expect.stringContaining('{ "price": { type:') as unknown,
    };
    await expect(read(prices(values), { numWorkers })).rejects.toMatchObject({
      ...fault,
      message: '"price" holds int32 numbers since the first batch, but is 2.5 in entry 0',
      where: ["sample 2"],
    });
    const lost = prices([0.5, 1, 2 ** 24 + 1, 3]);
    await expect(read(lost, { numWorkers })).rejects.toMatchObject({
      ...fault,
      message: '"price" holds float32 numbers since the first batch, but is 16777217 in entry 0',
    });
    const declared = prices(values, { price: { type: "int32" } });
    await expect(read(declared, { numWorkers })).rejects.toMatchObject({
      ...fault,
      message: '"price" holds int32 numbers in every batch, but is 2.5 in entry 0',
    });
  });

  it.each([0, 2])(
    "also after a resume, and in a batch asked for by number, with %i workers",
    async (numWorkers) => {
      const make = (
        dataset: Dataset = prices([2.5, 3, 1, 2, 4, 5]),
      ): DataLoader<unknown, { price: NdArray }> =>
        new DataLoader(dataset as never, { batchSize: 2, numWorkers });
      const first = make();
      for await (const batch of first) {
        batch.release();
        break;
      }
      expect(text((await first.batchAt(0, 1)).data.price)).toBe("float32 1 2");
      // Also where no batch came before it: the first of all is made, and decides.
      expect(text((await make().batchAt(0, 1)).data.price)).toBe("float32 1 2");
      const state = JSON.parse(JSON.stringify(first.state())) as unknown;
      expect(state).toMatchObject({ types: { price: "float32" } });
      await first.close();
      const second = make().resume(state);
      expect(second.state()).toEqual(state);
      const seen: string[] = [];
      for await (const { data } of second) seen.push(text(data.price));
      await second.close();
      expect(seen).toEqual(["float32 1 2", "float32 4 5"]);
    },
  );

  it("and a collate function of one's own is left alone", async () => {
    const column = (samples: readonly { readonly price: number }[]): { price: NdArray } => {
      const data = samples.map(({ price }) => price);
      const whole = data.every(Number.isInteger);
      return {
        price: {
          dtype: whole ? "int32" : "float32",
          shape: [data.length],
          data: new (whole ? Int32Array : Float32Array)(data),
        },
      };
    };
    expect(await read(prices(values), { collate: column as never })).toEqual([
      "int32 1 2",
      "float32 2.5 3",
      "int32 4 5",
    ]);
  });
});

describe("a field that may miss its value", () => {
  const bytes = [Uint8Array.of(1, 2), null, Uint8Array.of(), Uint8Array.of(3)];
  it.each([
    ["numbers", "float32", [1, null, 2.5, null], ["float32 1 NaN", "float32 2.5 NaN"]],
    ["dates", "date", [null, null, 0.5, 1e9], ["float64 NaN NaN", "float64 0.5 1000000000"]],
    ["flags", "float32", [true, null, false, true], ["float32 1 NaN", "float32 0 1"]],
    ["texts", "text", ["a", null, "", "ü"], ['["a",null]', '["","ü"]']],
    ["bytes", "bytes", bytes, ['[{"0":1,"1":2},null]', '[{},{"0":3}]']],
  ] as const)(
    "has the same batches of %s for any number of workers",
    async (_name, type, given, expected) => {
      for (const numWorkers of [0, 1, 2]) {
        const loader = new DataLoader<unknown>(prices(given as never, { price: { type, nullable: true } }), {
          batchSize: 2,
          numWorkers,
        });
        const seen: string[] = [];
        for await (const { data } of loader) {
          const { price } = data as { price: unknown };
          seen.push(isNdArray(price) ? text(price) : JSON.stringify(price));
        }
        expect(seen).toEqual(expected);
        await loader.close();
      }
    },
  );

  it.each([0, 1])("names key, field and remedy where it may not, with %i workers", async (numWorkers) => {
    const loader = new DataLoader<unknown>(prices([1, null] as never, {}), { batchSize: 2, numWorkers });
    await expect(list(loader)).rejects.toMatchObject({
      code: "COLLATE_TYPE",
      message: expect.stringContaining('"price" is null in entry 1') as unknown,
      hint: expect.stringContaining("fill-missing") as unknown,
      where: expect.arrayContaining([expect.stringContaining("sample 1")]) as unknown,
    });
    await loader.close();
  });
});

async function list(loader: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const each of loader) all.push(each);
  return all;
}
