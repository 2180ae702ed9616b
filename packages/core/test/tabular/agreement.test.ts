/** Samples and columns through each tabular transform: the same bits, and the types that it states. */
import builtin from "@millrace/core/builtin";
import { isNdArray } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldTypes } from "../../src/contracts/dataset.js";
import type { Plugin } from "../../src/plugin/plugin.js";
import { bothWays, fit, open, type Row } from "./opened.js";

const fields: FieldTypes = {
  price: { type: "float32" },
  gap: { type: "float32", nullable: true },
  exact: { type: "float64" },
  count: { type: "int32" },
  flag: { type: "bool" },
  colour: { type: "text" },
  note: { type: "text", nullable: true },
  when: { type: "date", nullable: true },
  vector: { type: "float32", shape: [3] },
  codes: { type: "int32", shape: [2] },
};

const float = fc.float({
  noNaN: true,
  noDefaultInfinity: true,
  min: Math.fround(-1e6),
  max: Math.fround(1e6),
});
const hole = fc.option(float, { nil: Number.NaN, freq: 4 });
const word = fc.constantFrom("red", "green", "blue", "10", "9", "ünï");
const rowOf = (first: boolean): fc.Arbitrary<Row> =>
  fc.record({
    price: float,
    gap: first ? float : fc.option(float, { nil: null, freq: 3 }),
    exact: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    count: fc.integer({ min: -5, max: 5 }),
    flag: fc.boolean(),
    colour: word,
    note: first ? word : fc.option(word, { nil: null, freq: 3 }),
    when: fc.option(fc.integer({ min: -4e9, max: 8e9 }), { nil: null, freq: 5 }),
    vector: (first ? fc.tuple(float, float, float) : fc.tuple(hole, hole, hole)).map((v) =>
      Float32Array.from(v),
    ),
    codes: fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
      .map((v) => Int32Array.from(v)),
  });
/** The first row has every value, so that there is something to learn of each field. */
const table = fc
  .tuple(rowOf(true), fc.array(rowOf(false), { minLength: 1, maxLength: 20 }))
  .map(([a, b]) => [a, ...b]);

const cases: readonly (readonly [use: string, options: object])[] = [
  ["select", { keep: ["colour", "price"] }],
  ["select", { drop: "vector" }],
  ["rename", { fields: { price: "cost", colour: "price" } }],
  ["cast", { fields: ["price", "gap", "vector"], to: "float64" }],
  ["cast", { fields: ["price", "exact"], to: "int32", round: "nearest" }],
  ["cast", { fields: ["flag", "count", "codes"], to: "float32" }],
  ["cast", { fields: ["price", "gap", "flag", "colour", "note"], to: "text" }],
  ["cast", { fields: ["colour", "note"], to: "float32", invalid: "missing" }],
  ["map-values", { fields: ["colour", "note"], values: { red: 1, green: 2.5 }, otherwise: { value: -1 } }],
  ["map-values", { fields: ["count", "codes", "flag"], values: { 1: 7, true: 3 }, otherwise: "keep" }],
  ["map-values", { fields: ["colour", "note"], values: { red: "rouge" }, otherwise: "keep" }],
  [
    "map-values",
    { fields: ["colour", "count"], values: { red: true, 2: true }, otherwise: { value: false } },
  ],
  ["one-hot", { fields: ["colour", "count", "flag", "codes"] }],
  ["one-hot", { fields: ["note", "vector"], unknown: "ignore", drop: "first" }],
  [
    "one-hot",
    { fields: ["colour", "codes"], categories: ["red", 2, 0], unknown: "ignore", drop: "if-binary" },
  ],
  ["clip", { fields: ["price", "gap", "exact", "count", "vector"], min: -3.5, max: 1000 }],
  ["hash-bucket", { fields: ["colour", "count", "price", "flag", "codes"], buckets: 17 }],
  ["date-parts", { fields: "when", parts: ["year", "week", "days"], cyclic: ["month", "hour", "dayOfYear"] }],
  ["date-parts", { fields: "when", parts: "dayOfWeek", as: "weekday" }],
  ["concat", { fields: ["price", "flag", "codes", "count", "exact"] }],
  ["label-index", { fields: ["colour", "count", "flag", "codes"], order: "frequency" }],
  ["label-index", { fields: ["note", "colour"], unknown: { class: "other" } }],
  ["label-index", { fields: ["note", "codes"], classes: ["red", "2"], unknown: { index: -1 } }],
  ["standardize", { fields: ["price", "gap", "exact", "count", "flag", "vector", "codes", "when"] }],
  ["standardize", { fields: ["price", "vector"], withMean: false }],
  ["min-max", { fields: ["price", "gap", "exact", "count", "flag", "vector"], range: [-1, 2] }],
  ["min-max", { fields: ["gap", "vector"], clip: true }],
  ["fill-missing", { fields: ["price", "gap", "vector", "when", "count"], indicator: true }],
  ["fill-missing", { fields: ["gap", "vector", "exact"], strategy: "median" }],
  [
    "fill-missing",
    { fields: ["gap", "vector", "note", "colour", "flag"], strategy: "most-frequent", indicator: true },
  ],
  ["fill-missing", { fields: ["note"], strategy: "constant", value: "none" }],
  ["fill-missing", { fields: ["gap", "vector"], strategy: "constant", value: 0.1 }],
  ["fill-missing", { fields: "when", strategy: "constant", value: "2001-02-03" }],
];

const named = (use: string): Plugin<"transform"> => {
  const plugin = builtin.find((each) => each.kind === "transform" && each.name === use);
  if (plugin === undefined) throw new Error(`no transform ${use}`);
  return plugin as Plugin<"transform">;
};

describe("samples and columns agree to the last bit", () => {
  it.each(cases)("%s %j", async (use, options) => {
    const property = fc.asyncProperty(table, async (rows) => {
      const opened = await open(named(use), options, { rows, fields });
      const [samples, columns] = bothWays(opened, rows);
      expect(samples).toEqual(columns);
      for (const [name, column] of Object.entries(columns)) {
        const { type, shape = [], nullable } = opened.fields[name];
        const found = isNdArray(column)
          ? [name, column.dtype, column.shape]
          : [name, "text", [column.length]];
        expect(found).toEqual([name, type === "date" ? "float64" : type, [rows.length, ...shape]]);
        expect(isNdArray(column) || nullable === true || !column.includes(null)).toBe(true);
      }
    });
    await fc.assert(property, { seed: 5, numRuns: 40 });
  });
});

describe("what is learned is the same by samples and by columns, and in any blocks where sums are exact", () => {
  const place = { baseUrl: new URL("file:///"), seed: 1, facts: {}, fields };
  const begin = (use: string, options: object) => named(use).fit?.(named(use).options.parse(options), place);
  const fits = cases.filter(([use, options]) => begin(use, options) !== undefined);
  it.each(fits)("%s %j", async (use, options) => {
    const make = () => begin(use, options);
    const property = fc.asyncProperty(table, fc.integer({ min: 1, max: 8 }), async (rows, block) => {
      expect(fit(make, rows, block, fields)).toEqual(fit(make, rows, block));
      if (use === "standardize" || use === "fill-missing") return;
      expect(fit(make, rows, block)).toEqual(fit(make, rows, rows.length));
    });
    await fc.assert(property, { seed: 6, numRuns: 40 });
  });
});
