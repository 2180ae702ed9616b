import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../contracts/dataset.js";
import type { NdArray } from "../../contracts/ndarray.js";
import type { Columns, Fitter } from "../../contracts/transform.js";
import { defaultCollate } from "../collate.js";
import { randomAt } from "../philox.js";
import { blockLength, FitBlocks, type Learner, seenIn } from "./blocks.js";
import { MergeTree } from "./merge.js";
import { digestState, joinState, shareState, splitState } from "./state.js";

interface Row {
  readonly x: number;
  readonly colour: string;
}

const fields = { x: { type: "float32" }, colour: { type: "text" } } as const;

function table(length: number, seed = 1): Dataset<Row> {
  const colours = ["red", "green", "blue"];
  const get = (index: number): Row => {
    const random = randomAt(seed, 0, index);
    return { x: 1e3 + random.normal(), colour: colours[random.integer(3)] };
  };
  return { length, fields, get };
}

const withColumns = (dataset: Dataset<Row>): Dataset<Row> => ({
  ...dataset,
  getBatch: (indices, context, allocator) =>
    defaultCollate(
      indices.map((index) => dataset.get(index, context) as Row),
      allocator,
      fields,
    ),
});

interface Sums {
  readonly count: number;
  readonly sum: number;
}

/** A sum of fractions: another order of addition has other bits. */
function mean(): Fitter<Row, Sums> {
  let [count, sum] = [0, 0];
  const take = (value: number) => {
    count++;
    sum += value / 3;
  };
  return {
    add: ({ x }) => take(x),
    addColumns: ({ x }: Columns) => (x as NdArray).data.forEach(take),
    partial: () => ({ count, sum }),
    merge(other) {
      count += other.count;
      sum += other.sum;
    },
    state: () => ({ count, mean: Float64Array.of((3 * sum) / count) }),
  };
}

function colours(): Fitter<Row, Map<string, number>> {
  const counts = new Map<string, number>();
  const take = (value: string, by = 1) => counts.set(value, (counts.get(value) ?? 0) + by);
  return {
    add: ({ colour }) => take(colour),
    partial: () => counts,
    merge: (other) => other.forEach((count, value) => take(value, count)),
    state: () => [...counts.keys()].sort(),
  };
}

const learner = (place: string, begin: () => Fitter<never>): Learner => ({
  place,
  begin,
});
const learners = [learner("transforms[0] mean", mean), learner("transforms[1] colours", colours)];

/** The states, where each of `shards` makes its own share of the blocks, in any order. */
async function fitted(dataset: Dataset, shards: number, who: readonly Learner[]): Promise<string[]> {
  const parts = new Map<number, readonly unknown[]>();
  for (let shard = shards - 1; shard >= 0; shard--) {
    const blocks = new FitBlocks(dataset, who);
    for (let block = shard; block < blocks.length; block += shards) {
      parts.set(block, seenIn(await blocks.get(block, { epoch: 0 })).partials);
    }
  }
  const tree = new MergeTree(() => who.map((each) => each.begin()));
  for (let block = 0; block < parts.size; block++) tree.add(parts.get(block) ?? []);
  return tree.finish().map((fitter) => digestState(fitter.state()));
}

describe("fitting by blocks", () => {
  it("has the same bits for 1, 2 and 4 shards, by columns and by samples, one at a time and many", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 * blockLength }), fc.nat(9), async (length, seed) => {
        const rows = table(length, seed);
        const many: Dataset = {
          ...rows,
          getMany: (indices, context) => indices.map((index) => rows.get(index, context)),
        };
        const expected = await fitted(rows, 1, learners);
        for (const shards of [2, 4]) expect(await fitted(many, shards, learners)).toEqual(expected);
        // Alone, the first is fitted by columns.
        expect(await fitted(withColumns(rows), 2, learners.slice(0, 1))).toEqual(expected.slice(0, 1));
      }),
      { seed: 3, numRuns: 6 },
    );
  }, 60_000);

  it("merges neighbours first: eleven blocks are (8 + (2 + 1))", () => {
    const text = (): Fitter<string, string> => {
      let seen = "";
      return {
        add: (sample) => (seen += sample),
        partial: () => seen,
        merge: (other) => (seen = seen === "" ? other : `(${seen}${other})`),
        state: () => seen,
      };
    };
    const tree = new MergeTree(() => [text()]);
    for (const block of "abcdefghijk") tree.add([block]);
    expect(tree.finish()[0].state()).toBe("((((ab)(cd))((ef)(gh)))((ij)k))");
  });

  it("names the sample at fault and whose fit it was, by columns and by samples", async () => {
    const picky = (): Fitter<Row> => {
      const take = (x: number) => {
        if (x > 1003) throw new RangeError("too large");
      };
      return {
        ...(mean() as Fitter<Row>),
        add: ({ x }) => take(x),
        addColumns: ({ x }) => (x as NdArray).data.forEach(take),
      };
    };
    const rows = table(5000);
    for (const dataset of [rows, withColumns(rows)]) {
      const blocks = new FitBlocks(dataset, [learner("transforms[1] picky", picky)]);
      await expect(blocks.get(0, { epoch: 0 })).rejects.toMatchObject({
        message: "a transform could not be fitted: too large",
        where: ["the fit of transforms[1] picky", expect.stringMatching(/^sample \d+$/) as string],
      });
    }
  });
});

describe("a fitted state", () => {
  const state = {
    names: ["a", "$array", ""],
    nested: { mean: Float64Array.of(Number.NaN, -0, 1 / 3), counts: Uint32Array.of(1, 2) },
    rate: 0.5,
    none: null,
  };

  it("is the same from JSON and arrays, and in shared memory, to the bit", () => {
    const { json, arrays } = splitState(state);
    expect(Object.keys(arrays)).toEqual(["nested.mean", "nested.counts"]);
    const again = joinState({ json: JSON.parse(JSON.stringify(json)) as unknown, arrays });
    expect(again).toEqual(state);
    const shared = shareState(again) as typeof state;
    expect(shared.nested.mean.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(digestState(shared)).toBe(digestState(state));
    expect(digestState({ ...state, rate: 0.25 })).not.toBe(digestState(state));
  });

  it("refuses what would not come back as it was, naming its place", () => {
    for (const [bad, message] of [
      [Number.NaN, /"a\.1" is NaN/],
      [-0, /"a\.1" is -0/],
      [undefined, /"a\.1" is undefined/],
      [new Map(), /"a\.1" is an instance of Map/],
      [{ $array: 1 }, /"a\.1" is an object with a key "\$array"/],
    ] as const) {
      expect(() => splitState({ a: [1, bad as never] })).toThrow(message);
    }
    expect(() => joinState({ json: { $array: "x" }, arrays: {} })).toThrow(/lacks "x"/);
  });
});
