import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { MillraceError } from "../errors.js";
import { type FactReference, knownFacts, numberOrFact, resolveFacts } from "./facts.js";

const facts = {
  labels: ["a", "b", "c"],
  features: ["x", "y"],
  vocabulary: { size: 5000, padding: 0, special: ["<unk>"] },
  categories: { color: ["red", "green"] },
  language: "de",
  classes: 4,
  fields: { label: { type: "int32" } },
} as const;

function refusal(act: () => unknown): MillraceError {
  try {
    act();
  } catch (error) {
    if (error instanceof MillraceError) return error;
  }
  throw new Error("must be refused");
}

describe("facts of the data", () => {
  it("are all the numbers there are, by name: lists by their count, objects by what they hold", () => {
    expect(Object.fromEntries(knownFacts(facts))).toEqual({
      "labels.count": 3,
      "features.count": 2,
      "vocabulary.size": 5000,
      "vocabulary.padding": 0,
      "vocabulary.special.count": 1,
      "categories.color.count": 2,
      classes: 4,
    });
  });

  it("do not take what a model is told of its input for one", () => {
    const input = { shape: [2, 3], dtype: "float32", inputs: [], labels: ["a"] } as const;
    expect([...knownFacts(input).keys()]).toEqual(["labels.count"]);
  });
});

describe("options that refer to facts", () => {
  const options = z.strictObject({
    units: numberOrFact(z.int().min(1)),
    sizes: z.array(numberOrFact(z.number())).default([]),
    name: z.string().default("x"),
  });

  it("are checked as what they are, and have numbers in their place once the facts are known", () => {
    const parsed = options.parse({
      units: { from: "vocabulary.size" },
      sizes: [1, { from: "labels.count" }],
    });
    expectTypeOf(parsed.units).toExtend<number | FactReference>();
    const resolved = resolveFacts(parsed, facts);
    expectTypeOf(resolved).toEqualTypeOf<{ units: number; sizes: number[]; name: string }>();
    expect(resolved).toEqual({ units: 5000, sizes: [1, 3], name: "x" });
    for (const units of [0, "many", { from: 3 }, { from: "a", more: 1 }]) {
      expect(options.safeParse({ units }).success).toBe(false);
    }
  });

  it("are refused, each at its place and with the closest fact, where the data has none of that name", () => {
    const one = refusal(() => resolveFacts({ units: { from: "vocabulary.sise" } }, facts));
    expect(one).toMatchObject({
      code: "FACT_UNKNOWN",
      path: ["units", "from"],
      message:
        '"from" must name a fact of the data, was "vocabulary.sise" (did you mean "vocabulary.size"?); there are ' +
        "labels.count, features.count, vocabulary.size, vocabulary.padding, vocabulary.special.count, " +
        "categories.color.count, classes",
    });
    const several = refusal(() => resolveFacts([{ from: "a" }, { deep: { from: "b" } }], {}));
    expect(several.faults.map(({ path }) => path)).toEqual([
      [0, "from"],
      [1, "deep", "from"],
    ]);
    expect(several.faults[0].message).toBe('"from" must name a fact of the data, was "a"; there are none');
  });

  it("leave everything else as it is, fields that are called from too", () => {
    const array = Float32Array.of(1);
    const value = { from: 3, array, both: { from: "labels.count", to: 2 }, nothing: null };
    expect(resolveFacts(value, facts)).toEqual(value);
    expect(resolveFacts({ array }, facts).array).toBe(array);
  });
});
