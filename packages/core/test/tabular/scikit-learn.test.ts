/** Held against what scikit-learn makes of the same tables, recorded by test/fixtures/scikit-learn.py. */
import { readFileSync } from "node:fs";
import builtin from "@millrace/core/builtin";
import { describe, expect, it } from "vitest";
import type { FieldTypes } from "../../src/contracts/dataset.js";
import type { Plugin } from "../../src/plugin/plugin.js";
import { open, type Opened, type Row } from "./opened.js";

type Numbers = readonly (readonly (number | null)[])[];

interface Scaled {
  readonly made: Numbers;
  readonly mean?: readonly number[];
  readonly var?: readonly number[];
  readonly data_min?: readonly number[];
  readonly data_max?: readonly number[];
}

interface Filled {
  readonly made: Numbers;
  readonly statistics: readonly number[];
  readonly indicated?: readonly number[];
}

interface Encoded {
  readonly made: Numbers;
  readonly asked: Numbers;
  readonly categories: readonly (readonly (string | number)[])[];
  readonly names: readonly string[];
}

const recorded = JSON.parse(
  readFileSync(new URL("../fixtures/scikit-learn.json", import.meta.url), "utf8"),
) as {
  readonly tables: Readonly<Record<"numbers" | "holes" | "few" | "codes", Numbers>> &
    Readonly<Record<"words" | "unseen", readonly (readonly [string])[]>>;
  readonly standardize: Readonly<Record<"numbers" | "holes" | "withoutMean" | "withoutStd", Scaled>>;
  readonly minMax: Readonly<Record<"numbers" | "holes", Scaled>> & { readonly clipped: Numbers };
  readonly fillMissing: Readonly<Record<"mean" | "median" | "mostFrequent" | "constant", Filled>>;
  readonly oneHot: Readonly<Record<"words" | "codes" | "first" | "ifBinary", Encoded>>;
};
const { tables } = recorded;

const named = (use: string): Plugin<"transform"> =>
  builtin.find((each) => each.kind === "transform" && each.name === use) as Plugin<"transform">;

const vectors = (table: Numbers): Row[] =>
  table.map((row) => ({ x: Float64Array.from(row, (value) => value ?? Number.NaN) }));

const fields = (table: Numbers): FieldTypes => ({ x: { type: "float64", shape: [table[0].length] } });

/** The table as one vector field, float64; learned in blocks of four rows. */
const fitted = (use: string, options: object, table: Numbers): Promise<Opened> =>
  open(named(use), { fields: "x", ...options }, { rows: vectors(table), fields: fields(table) });

const made = (opened: Opened, table: Numbers, field = "x"): number[][] => {
  const column = opened.columns(vectors(table))[field] as unknown as {
    shape: number[];
    data: ArrayLike<number>;
  };
  return rowsOf(Array.from(column.data), column.shape[1]);
};

function rowsOf(values: readonly number[], width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) =>
    values.slice(row * width, (row + 1) * width),
  );
}

/** The greatest difference, relative to theirs where that is above 1; Infinity where a shape or a missing value differs. */
function apart(ours: readonly ArrayLike<number>[], theirs: Numbers): number {
  const rows = theirs.map((row, i) => {
    if (ours[i]?.length !== row.length) return Infinity;
    const each = row.map((value, j) => {
      if (value === null || Number.isNaN(ours[i][j]))
        return Object.is(value, null) === Number.isNaN(ours[i][j]) ? 0 : Infinity;
      return Math.abs(ours[i][j] - value) / Math.max(1, Math.abs(value));
    });
    return Math.max(...each);
  });
  return ours.length === theirs.length ? Math.max(...rows) : Infinity;
}

const close = 1e-12;

describe("standardize is StandardScaler", () => {
  it.each([
    ["numbers", {}],
    ["holes", {}],
    ["withoutMean", { withMean: false }],
    ["withoutStd", { withStd: false }],
  ] as const)("%s", async (name, options) => {
    const table = name === "numbers" ? tables.numbers : tables.holes;
    const theirs = recorded.standardize[name];
    const opened = await fitted("standardize", options, table);
    const ours = made(opened, table);
    expect(apart(ours, theirs.made)).toBeLessThan(close);
    const back = opened.inverse("x");
    expect(back?.field).toBe("x");
    expect(apart(rowsOf([...(back?.apply(ours.flat()) ?? [])], table[0].length), table)).toBeLessThan(close);
    const [state] = opened.fitted as [{ mean: Float64Array; variance: Float64Array }];
    const { mean = [...state.mean], var: variance = [...state.variance] } = theirs;
    expect(apart([state.mean, state.variance], [mean, variance])).toBeLessThan(close);
  });
});

describe("min-max is MinMaxScaler", () => {
  it.each([
    ["numbers", {}],
    ["holes", { range: [-1, 2] }],
  ] as const)("%s", async (name, options) => {
    const theirs = recorded.minMax[name];
    const opened = await fitted("min-max", options, tables[name]);
    const ours = made(opened, tables[name]);
    expect(apart(ours, theirs.made)).toBeLessThan(close);
    expect(apart(rowsOf([...(opened.inverse("x")?.apply(ours.flat()) ?? [])], 5), tables[name])).toBeLessThan(
      close,
    );
    const [state] = opened.fitted as [{ min: Float64Array; max: Float64Array }];
    expect(apart([state.min, state.max], [theirs.data_min ?? [], theirs.data_max ?? []])).toBeLessThan(close);
  });

  it("clips what the training samples did not reach", async () => {
    const opened = await fitted("min-max", { clip: true }, tables.numbers.slice(0, 10));
    expect(apart(made(opened, tables.numbers), recorded.minMax.clipped)).toBeLessThan(close);
  });
});

describe("fill-missing is SimpleImputer", () => {
  it.each([
    ["mean", tables.holes, { strategy: "mean" }],
    ["median", tables.holes, { strategy: "median" }],
    ["constant", tables.holes, { strategy: "constant", value: -1.5 }],
  ] as const)("%s", async (name, table, options) => {
    const opened = await fitted("fill-missing", options, table);
    expect(apart(made(opened, table), recorded.fillMissing[name].made)).toBeLessThan(close);
  });

  it("most frequent, with an indicator: theirs has the columns that had holes, ours all", async () => {
    const theirs = recorded.fillMissing.mostFrequent;
    const opened = await fitted("fill-missing", { strategy: "most-frequent", indicator: true }, tables.few);
    const flags = made(opened, tables.few, "x_missing");
    const indicated = theirs.indicated ?? [];
    expect(indicated).toEqual([0, 1]);
    const joined = made(opened, tables.few).map((row, i) => [...row, ...indicated.map((j) => flags[i][j])]);
    expect(apart(joined, theirs.made)).toBeLessThan(close);
    expect(flags.every((row) => row[2] === 0)).toBe(true);
  });
});

describe("one-hot is OneHotEncoder", () => {
  it("of words, with one that it does not know", async () => {
    const theirs = recorded.oneHot.words;
    const rows = tables.words.map(([x]) => ({ x }));
    const options = { fields: "x", unknown: "ignore" };
    const opened = await open(named("one-hot"), options, { rows, fields: { x: { type: "text" } } });
    expect(opened.fitted).toEqual([{ field: "x", elements: null, categories: theirs.categories }]);
    expect(opened.facts.elements?.x).toEqual(theirs.categories[0].map((category) => `x_${category}`));
    expect(
      apart(
        rows.map((row) => opened.one(row).x as Float32Array),
        theirs.made,
      ),
    ).toBeLessThan(close);
    expect(
      apart(
        tables.unseen.map(([x]) => opened.one({ x }).x as Float32Array),
        theirs.asked,
      ),
    ).toBeLessThan(close);
  });

  it.each([
    ["codes", "none"],
    ["first", "first"],
    ["ifBinary", "if-binary"],
  ] as const)("of numbers, each column with its own categories: %s", async (name, drop) => {
    const theirs = recorded.oneHot[name];
    const table =
      name === "ifBinary"
        ? tables.codes.map((row) => row.map((code) => Math.min(code ?? 0, 1)))
        : tables.codes;
    const opened = await fitted("one-hot", { drop }, table);
    expect(apart(made(opened, table), theirs.made)).toBeLessThan(close);
    expect(opened.fields.x.shape).toEqual([theirs.made[0].length]);
    // Theirs are x0_1.0: the same categories, as floats.
    expect(opened.facts.elements?.x).toEqual(
      theirs.names.map((each) => each.replace(/^x(\d)_(\d)\.0$/, "x_$1_$2")),
    );
  });
});
