/** What each tabular transform makes of values, and says of those that it cannot take. */
import { MillraceError } from "@millrace/core";
import builtin from "@millrace/core/builtin";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DatasetFacts, FieldTypes } from "../../src/contracts/dataset.js";
import type { Plugin } from "../../src/plugin/plugin.js";
import { open, type Opened, type Row } from "./opened.js";

const named = (use: string): Plugin<"transform"> =>
  builtin.find((each) => each.kind === "transform" && each.name === use) as Plugin<"transform">;

const opened = (
  use: string,
  options: object,
  rows: readonly Row[] = [],
  fields: FieldTypes = {},
  facts: DatasetFacts = {},
): Promise<Opened> => open(named(use), options, { rows, fields, facts });

const floats = (...values: number[]) => Float32Array.from(values);

/** What a person reads. */
function told(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code}: ${error.describe()}`;
    throw error;
  }
  return "nothing";
}

describe("fields by name", () => {
  it("that are not there are refused, with the one that was meant and those that there are", async () => {
    const { one, columns } = await opened("clip", { fields: "prise", min: 0 });
    const message =
      'TRANSFORM_INPUT: clip needs a field of the sample, but there is no "prise" (did you mean "price"?)\nFields: price, size.';
    expect(told(() => one({ price: 1, size: 2 }))).toBe(message);
    expect(told(() => columns([{ price: 1, size: 2 }]))).toBe(message);
    expect(told(() => one([1] as never))).toBe(
      'TRANSFORM_INPUT: clip needs a field of the sample, but there is no "prise"\nFields: 0.',
    );
    expect(told(() => one(floats(1) as never))).toBe(
      "TRANSFORM_INPUT: clip needs samples with fields by name, was given a Float32Array",
    );
  });

  it("may be absent in what a person asks a model about, but not where the model takes them", async () => {
    const label = await opened("label-index", {}, [{ label: "a" }]);
    expect(label.one({ x: 1 }, true)).toEqual({ x: 1 });
    const select = await opened("select", { keep: ["x", "label"] });
    expect(select.one({ x: 1, y: 2 }, true)).toEqual({ x: 1 });
    const rename = await opened("rename", { fields: { label: "target" } });
    expect(rename.one({ x: 1 }, true)).toEqual({ x: 1 });
    const concat = await opened("concat", { fields: ["x", "z"] });
    expect(told(() => concat.one({ x: 1 }, true))).toContain('there is no "z"');
  });
});

describe("select and rename", () => {
  it("keep fields in the order that is stated, drop others, and give new names, also crosswise", async () => {
    const row = { a: 1, b: 2, c: 3 };
    expect(Object.entries((await opened("select", { keep: ["c", "a"] })).one(row))).toEqual([
      ["c", 3],
      ["a", 1],
    ]);
    expect((await opened("select", { drop: ["c", "a"] })).one(row)).toEqual({ b: 2 });
    const fields: FieldTypes = { a: { type: "int32" }, b: { type: "text" } };
    const crossed = await opened("rename", { fields: { a: "b", b: "a" } }, [], fields, {
      elements: { a: ["x", "y"] },
    });
    expect(crossed.one(row)).toEqual({ b: 1, a: 2, c: 3 });
    expect(crossed.fields).toEqual({ b: { type: "int32" }, a: { type: "text" } });
    expect(crossed.facts.elements?.b).toEqual(["x", "y"]);
    expect(crossed.inverse("a")?.field).toBe("b");
    const taken = await opened("rename", { fields: { a: "b" } });
    expect(told(() => taken.one(row))).toContain(
      'rename needs names that no other field has, but there is a "b"',
    );
  });
});

describe("cast", () => {
  it("loses nothing: fractions and what does not fit are refused by value, or rounded by choice", async () => {
    const whole = await opened("cast", { fields: "x", to: "int32" });
    expect(whole.one({ x: 3 })).toEqual({ x: 3 });
    expect(whole.one({ x: " -12 " })).toEqual({ x: -12 });
    expect(whole.one({ x: floats(1, 2) })).toEqual({ x: Int32Array.of(1, 2) });
    expect(told(() => whole.one({ x: 2.5 }))).toBe(
      'TRANSFORM_INPUT: cast needs whole int32 numbers, but "x" is 2.5',
    );
    expect(told(() => whole.one({ x: 2 ** 31 }))).toContain('"x" is 2147483648');
    expect(told(() => whole.one({ x: "0x10" }))).toContain('"x" is "0x10"');
    expect(told(() => whole.one({ x: null }))).toContain(
      '"x" is missing\nPut a `fill-missing` before it, or let the source leave out such samples.',
    );
    const rounds = { nearest: [3, -3, 2], down: [2, -3, 1], up: [3, -2, 2], zero: [2, -2, 1] };
    for (const [round, expected] of Object.entries(rounds)) {
      const { one } = await opened("cast", { fields: "x", to: "int32", round });
      expect([2.5, -2.5, 1.75].map((x) => one({ x }).x)).toEqual(expected);
    }
  });

  it("reads flags, texts and dates, and may take what is none of them as missing", async () => {
    const flags = await opened("cast", { fields: "x", to: "bool" });
    expect(["Yes", "0", " true ", 1, false].map((x) => flags.one({ x }).x)).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(told(() => flags.one({ x: 2 }))).toContain("cast needs flags, 0 or 1");
    const texts = await opened("cast", { fields: "x", to: "text" });
    expect([1.5, true, null, "a"].map((x) => texts.one({ x }).x)).toEqual(["1.5", "true", null, "a"]);
    const days = await opened("cast", { fields: "x", to: "date", format: "%d.%m.%Y", invalid: "missing" });
    expect(["02.01.1970", "1970-01-02", null].map((x) => days.one({ x }).x)).toEqual([
      86_400,
      Number.NaN,
      null,
    ]);
    const numbers = await opened("cast", { fields: "x", to: "float32", invalid: "missing" });
    expect(["1e3", "many", "0.1"].map((x) => numbers.one({ x }).x)).toEqual([
      1000,
      Number.NaN,
      Math.fround(0.1),
    ]);
    expect(numbers.fields.x).toEqual({ type: "float32", nullable: true });
  });
});

describe("map-values", () => {
  it("has one type for all results, and refuses, keeps or replaces what is not in its table", async () => {
    const size = { small: 1, large: 3 };
    const strict = await opened("map-values", { fields: "x", values: size });
    expect([strict.one({ x: "large" }), strict.fields.x]).toEqual([{ x: 3 }, { type: "int32" }]);
    expect(strict.one({ x: null })).toEqual({ x: null });
    expect(told(() => strict.one({ x: "medium" }))).toBe(
      'TRANSFORM_INPUT: map-values needs a value that its table has, but "x" is "medium"\nThe table has "small", "large"; `otherwise` says what becomes of others.',
    );
    const other = await opened("map-values", { fields: "x", values: size, otherwise: { value: 0.5 } });
    expect([other.one({ x: "medium" }), other.fields.x.type]).toEqual([{ x: 0.5 }, "float32"]);
    const keep = await opened("map-values", { fields: "x", values: { NA: "none" }, otherwise: "keep" });
    expect(["NA", "b"].map((x) => keep.one({ x }).x)).toEqual(["none", "b"]);
    const wide = await opened("map-values", { fields: "x", values: { a: 2 ** 31 + 1 } });
    expect(wide.fields.x.type).toBe("float64");
  });
});

describe("clip and hash-bucket", () => {
  it("keep the element type that holds the limits, and missing values", async () => {
    const fields: FieldTypes = { x: { type: "int32" } };
    expect((await opened("clip", { fields: "x", min: 0, max: 9 }, [], fields)).fields.x.type).toBe("int32");
    const half = await opened("clip", { fields: "x", min: 0.5 }, [], fields);
    expect([half.fields.x.type, half.one({ x: 0 }).x]).toEqual(["float64", 0.5]);
    const { one } = await opened("clip", { fields: "x", min: 0, max: 9 });
    expect(one({ x: floats(-1, Number.NaN, Number.POSITIVE_INFINITY) }).x).toEqual(floats(0, Number.NaN, 9));
    expect(one({ x: null }).x).toBeNull();
  });

  it("give equal texts equal buckets, in every bucket about as many", async () => {
    const { one } = await opened("hash-bucket", { fields: "x", buckets: 8 });
    const counts = new Int32Array(8);
    for (let i = 0; i < 8000; i++) counts[one({ x: `value ${i}` }).x as number]++;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(one({ x: 17 })).toEqual(one({ x: "17" }));
    const salted = await opened("hash-bucket", { fields: "x", buckets: 1000, salt: "b" });
    const plain = await opened("hash-bucket", { fields: "x", buckets: 1000 });
    expect(salted.one({ x: "a" })).not.toEqual(plain.one({ x: "a" }));
    // Buckets are the same in every release: models are trained on them.
    expect(["a", "b", ""].map((x) => plain.one({ x }).x)).toEqual([583, 863, 21]);
  });
});

describe("date-parts", () => {
  const seconds = (text: string) => Date.parse(text) / 1000;

  it("are those of the calendar in UTC", async () => {
    const parts = [
      "year",
      "quarter",
      "month",
      "week",
      "day",
      "dayOfWeek",
      "dayOfYear",
      "hour",
      "minute",
      "second",
      "isWeekend",
      "days",
    ];
    const { one, fields, facts } = await opened("date-parts", { fields: "d", parts });
    for (const [text, expected] of [
      ["2026-11-26T08:40:47Z", [2026, 4, 11, 48, 26, 3, 330, 8, 40, 47, 0]],
      ["2024-12-31T23:59:59Z", [2024, 4, 12, 1, 31, 1, 366, 23, 59, 59, 0]],
      ["1969-07-20T20:17:40Z", [1969, 3, 7, 29, 20, 6, 201, 20, 17, 40, 1]],
      ["2021-01-03T00:00:00Z", [2021, 1, 1, 53, 3, 6, 3, 0, 0, 0, 1]],
    ] as const) {
      const days = seconds(text) / 86_400;
      expect(one({ d: seconds(text) }).d).toEqual(floats(...expected, days));
      expect(one({ d: text }).d).toEqual(floats(...expected, days));
    }
    expect(fields.d).toEqual({ type: "float32", shape: [12] });
    expect(facts.elements?.d.slice(0, 2)).toEqual(["d_year", "d_quarter"]);
  });

  it("in circles begin at an angle of 0 and never come to a whole turn", async () => {
    const cyclic = ["quarter", "month", "week", "day", "dayOfWeek", "dayOfYear", "hour", "minute", "second"];
    const { one } = await opened("date-parts", { fields: "d", cyclic });
    // A Monday, the first of its month, quarter, year and ISO year.
    expect(one({ d: "2018-01-01" }).d).toEqual(floats(...cyclic.flatMap(() => [0, 1])));
    const noon = await opened("date-parts", { fields: "d", cyclic: ["hour"], parts: ["year"] });
    expect(noon.one({ d: "2018-01-01T06:00" }).d).toEqual(floats(2018, 1, Math.cos(Math.PI / 2)));
    expect(noon.facts.elements?.d).toEqual(["d_year", "d_hour_sin", "d_hour_cos"]);
    fc.assert(
      fc.property(fc.integer({ min: -6e10, max: 2e11 }), (d) => {
        const pairs = one({ d }).d as Float32Array;
        for (let i = 0; i < pairs.length; i += 2)
          expect(Math.hypot(pairs[i], pairs[i + 1])).toBeCloseTo(1, 6);
      }),
      { seed: 3 },
    );
  });

  it("alone are a number, beside the date where a name is given; a missing date has none", async () => {
    const { one, fields } = await opened("date-parts", { fields: "d", parts: "month", as: "month" });
    expect(one({ d: "2026-11-26" })).toEqual({ d: "2026-11-26", month: 11 });
    expect(one({ d: null })).toEqual({ d: null, month: null });
    expect(fields.month).toEqual({ type: "float32" });
    const vector = await opened("date-parts", { fields: "d", parts: ["month"], format: "%d.%m.%Y" });
    expect(vector.one({ d: null }).d).toEqual(floats(Number.NaN));
    expect(told(() => vector.one({ d: "2026-11-26" }))).toBe(
      'TRANSFORM_INPUT: date-parts needs dates, as UTC seconds or in texts (%d.%m.%Y), but "d" is "2026-11-26"\nState the `format` of its texts, such as %d.%m.%Y.',
    );
  });
});

describe("concat", () => {
  const fields: FieldTypes = {
    age: { type: "int32" },
    colour: { type: "float32", shape: [2] },
    raw: { type: "float32", shape: [2] },
    flag: { type: "bool" },
  };
  const facts = { elements: { colour: ["colour_red", "colour_blue"] } };

  it("joins numbers, flags and vectors in order, and names what a model is given", async () => {
    const options = { fields: ["colour", "age", "flag", "raw"] };
    const concat = await opened("concat", options, [], fields, facts);
    const row = { age: 30, colour: floats(0, 1), raw: floats(5, 6), flag: true, label: 2 };
    expect(concat.one(row)).toEqual({ label: 2, features: floats(0, 1, 30, 1, 5, 6) });
    expect(concat.facts.features).toEqual(["colour_red", "colour_blue", "age", "flag", "raw_0", "raw_1"]);
    expect(concat.fields).toEqual({ features: { type: "float32", shape: [6] } });
    const kept = await opened("concat", { fields: "age", as: "input", keep: true }, [], fields, facts);
    expect(kept.one({ age: 1 })).toEqual({ age: 1, input: floats(1) });
    expect(kept.facts).toEqual({ elements: { ...facts.elements, input: ["age"] } });
  });

  it("refuses what would be lost in the vector: missing values, texts, numbers beyond float32", async () => {
    const { one, columns } = await opened("concat", { fields: ["a", "b"] });
    const fill = "Put a `fill-missing` before it, or let the source leave out such samples.";
    expect(told(() => one({ a: 1, b: null }))).toBe(
      `TRANSFORM_INPUT: concat needs numbers that are there, but "b" is missing\n${fill}`,
    );
    expect(told(() => columns([{ a: 1, b: Number.NaN }]))).toBe(told(() => one({ a: 1, b: null })));
    expect(told(() => one({ a: "x", b: 1 }))).toContain('concat needs numbers, but "a" is "x"');
    expect(told(() => columns([{ a: "x", b: 1 }]))).toContain('concat needs numbers, but "a" is "x"');
    expect(told(() => one({ a: 1e300, b: 1 }))).toContain('finite float32 numbers, but "a" is 1e+300');
  });
});

describe("label-index", () => {
  const rows = ["b", "a", "c", "b", "c"].map((label) => ({ label }));

  it("has its classes in the order of names or of frequency, ties by name", async () => {
    const byName = await opened("label-index", {}, rows, { label: { type: "text" } });
    expect(byName.facts.labels).toEqual(["a", "b", "c"]);
    expect(byName.fields).toEqual({ label: { type: "int32" } });
    expect(rows.map((row) => byName.one(row).label)).toEqual([1, 0, 2, 1, 2]);
    const byCount = await opened("label-index", { order: "frequency" }, rows);
    expect(byCount.facts.labels).toEqual(["b", "c", "a"]);
    const numbers = await opened("label-index", {}, [{ label: 10 }, { label: 9 }]);
    expect(numbers.facts.labels).toEqual(["9", "10"]);
    expect(numbers.one({ label: "10" })).toEqual({ label: 1 });
  });

  it("refuses a class that training did not have, or takes it for another, or for an index", async () => {
    const strict = await opened("label-index", {}, rows);
    expect(told(() => strict.one({ label: "d" }))).toBe(
      'LABEL_UNKNOWN: a label must be one of the 3 known classes, was "d" (field "label")\nCorrect it, or leave it out; the classes are: "a", "b", "c".',
    );
    expect(told(() => strict.columns([{ label: "a" }, { label: "d" }]))).toContain('was "d"');
    const other = await opened("label-index", { unknown: { class: "other" } }, rows);
    expect([other.one({ label: "d" }).label, other.one({ label: null }).label, other.facts.labels]).toEqual([
      3,
      3,
      ["a", "b", "c", "other"],
    ]);
    const known = await opened("label-index", { unknown: { class: "b" } }, rows);
    expect([known.one({ label: "d" }).label, known.facts.labels]).toEqual([1, ["a", "b", "c"]]);
    const none = await opened("label-index", { unknown: { index: -1 } }, rows);
    expect(none.one({ label: "d" })).toEqual({ label: -1 });
  });

  it("knows classes that are stated without learning, and adds those of other fields to the facts", async () => {
    const stated = await opened("label-index", { fields: "x", classes: ["low", "high"] });
    expect([stated.fitted, stated.one({ x: "high" })]).toEqual([undefined, { x: 1 }]);
    expect(stated.facts).toEqual({ categories: { x: ["low", "high"] } });
    const target = await opened("label-index", { fields: "x", classes: ["low", "high"], labels: true });
    expect(target.facts).toEqual({ labels: ["low", "high"] });
  });
});

describe("one-hot", () => {
  it("refuses a category that training did not have, or makes zeros of it", async () => {
    const rows = [{ x: "a" }, { x: "b" }];
    const strict = await opened("one-hot", { fields: "x" }, rows);
    expect(strict.one({ x: "b" })).toEqual({ x: floats(0, 1) });
    expect(told(() => strict.one({ x: "c" }))).toContain("LABEL_UNKNOWN");
    expect(told(() => strict.one({ x: null }))).toContain('one-hot needs a category, but "x" is missing');
    const zeros = await opened("one-hot", { fields: "x", unknown: "ignore" }, rows);
    expect([zeros.one({ x: "c" }).x, zeros.one({ x: null }).x]).toEqual([floats(0, 0), floats(0, 0)]);
  });

  it("names the numbers by field and category, also where a source has made indices of the classes", async () => {
    const words = await opened("one-hot", { fields: "x" }, [{ x: "b" }, { x: "a" }]);
    expect(words.facts).toEqual({ elements: { x: ["x_a", "x_b"] } });
    const facts = { categories: { x: ["red", "green", "blue"] } };
    const codes = await opened("one-hot", { fields: "x" }, [{ x: 2 }, { x: 0 }], {}, facts);
    expect(codes.facts.elements).toEqual({ x: ["x_red", "x_blue"] });
    const label = await opened("one-hot", { fields: "label" }, [{ label: "b" }, { label: "a" }]);
    expect(label.facts.labels).toEqual(["a", "b"]);
  });
});

describe("standardize and min-max", () => {
  it("refuse what is not finite, and a field that is missing in all samples", async () => {
    const rows = [{ x: 1 }, { x: 3 }];
    const { one, columns } = await opened("standardize", { fields: "x" }, rows);
    expect(one({ x: 4 })).toEqual({ x: 2 });
    expect(one({ x: null })).toEqual({ x: null });
    const infinite = 'TRANSFORM_INPUT: standardize needs finite numbers, but "x" is Infinity';
    expect(told(() => one({ x: Number.POSITIVE_INFINITY }))).toBe(infinite);
    expect(told(() => columns([{ x: 1 }, { x: Number.POSITIVE_INFINITY }]))).toBe(infinite);
    await expect(
      opened("standardize", { fields: "x" }, [{ x: 1 }, { x: Number.NEGATIVE_INFINITY }]),
    ).rejects.toThrow('standardize needs finite numbers, but "x" is -Infinity');
    await expect(opened("min-max", { fields: "x" }, [{ x: null }, { x: null }])).rejects.toThrow(
      'min-max needs at least one value to learn from, but "x" is missing in all training samples',
    );
    await expect(
      opened("min-max", { fields: "x" }, [{ x: floats(1, Number.NaN) }, { x: floats(2, Number.NaN) }]),
    ).rejects.toThrow('element 1 of "x" is missing in all training samples');
    await expect(
      opened("standardize", { fields: "x" }, [{ x: floats(1, 2) }, { x: floats(1) }]),
    ).rejects.toThrow(
      'standardize needs as many numbers in every sample, but "x" is a list of 1 after a list of 2',
    );
  });

  it.each(["standardize", "min-max"])("%s leads a target back to its own unit", async (use) => {
    const rows = [{ y: 10 }, { y: 20 }, { y: 60 }];
    const { one, inverse } = await opened(use, { fields: "y" }, rows, { y: { type: "float64" } });
    const scaled = rows.map((row) => one(row).y as number);
    expect([...(inverse("y")?.apply(scaled) ?? [])].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([
      10, 20, 60,
    ]);
    expect(inverse("x")).toBeUndefined();
  });
});

describe("fill-missing", () => {
  it("fills texts, flags, dates and numbers, and says where they were missing", async () => {
    const rows = [{ x: "b" }, { x: "a" }, { x: null }, { x: "a" }, { x: "b" }];
    const mode = await opened(
      "fill-missing",
      { fields: "x", strategy: "most-frequent", indicator: true },
      rows,
    );
    expect(rows.map((row) => mode.one(row).x)).toEqual(["b", "a", "a", "a", "b"]);
    expect(rows.map((row) => mode.one(row).x_missing)).toEqual([false, false, true, false, false]);
    const constant = await opened("fill-missing", { fields: "x", strategy: "constant", value: "" });
    expect(constant.one({ x: null })).toEqual({ x: "" });
    expect(told(() => constant.one({ x: 1 }))).toContain("fill-missing needs texts, as its value is one");
    const whole = await opened("fill-missing", { fields: "v", strategy: "median" }, [
      { v: floats(1, 2) },
      { v: floats(3, Number.NaN) },
      { v: null },
    ]);
    expect(whole.one({ v: null })).toEqual({ v: floats(2, 2) });
    await expect(
      opened("fill-missing", { fields: "x", strategy: "most-frequent" }, [{ x: "a" }, { x: 1 }]),
    ).rejects.toThrow('needs texts alone or numbers alone, but "x" has both');
    await expect(opened("fill-missing", { fields: "x" }, [{ x: "a" }])).rejects.toThrow(
      'fill-missing needs numbers, but "x" is "a"',
    );
  });
});
