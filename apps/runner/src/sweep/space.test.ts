import { describe, expect, it } from "vitest";
import { drawnOf, gridOf, parseDimension, variedPaths } from "./space.js";

const valuesOf = (text: string) => parseDimension(`a.b=${text}`).values;

describe("the values of --set", () => {
  it("are a list, with names without quotes, and lists in it", () => {
    expect(valuesOf("[1,2,2]")).toEqual([1, 2]);
    expect(valuesOf("[adam, sgd,true]")).toEqual(["adam", "sgd", true]);
    expect(valuesOf('[[3,3],{"a":1}]')).toEqual([[3, 3], { a: 1 }]);
    expect(valuesOf("[[3,x],y]")).toEqual([[3, "x"], "y"]);
  });

  it("are one value, where it is no list", () => {
    expect(valuesOf("3")).toEqual([3]);
    expect(valuesOf("relu")).toEqual(["relu"]);
    expect(valuesOf('"f(1)"')).toEqual(["f(1)"]);
  });

  it("are a range: even, of equal ratios, or of whole numbers", () => {
    expect(valuesOf("linear(0,1,5)")).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(valuesOf("log(1e-4,1e-1,4)")).toEqual([1e-4, 1e-3, 1e-2, 1e-1]);
    expect(valuesOf("int(1,3)")).toEqual([1, 2, 3]);
    expect(valuesOf("int(16,64,16)")).toEqual([16, 32, 48, 64]);
  });

  it.each([
    ["a.b", /needs path=values/],
    ["=[1]", /needs path=values/],
    ["a..b=[1]", /needs path=values/],
    ["a=[]", /has a list without values/],
    ["a=[1,2", /has a list that does not end/],
    ["a=[1,,2]", /has a list that does not end/],
    ["a=lgo(1,2)", /knows no range "lgo" \(did you mean "log"\?\)/],
    ["a=log(0,1)", /needs numbers above 0 for equal ratios, was 0/],
    ["a=linear(2,1)", /needs a range from low to high, was 2 to 1/],
    ["a=linear(1)", /needs linear\(low,high\) with two or three numbers/],
    ["a=linear(1,x)", /with two or three numbers/],
    ["a=linear(0,1,1)", /needs at least 2 values of a range, was 1/],
    ["a=int(0.5,3)", /needs whole numbers/],
    ["a=int(0,1e9)", /give it a step/],
  ])("are refused where they are none: %s", (text, reason) =>
    expect(() => parseDimension(text)).toThrow(reason),
  );
});

describe("the trials of a sweep", () => {
  const dimensions = ["a=[1,2]", "b=[x,y,z]", "c=5"].map(parseDimension);

  it("are all combinations, the last dimension fastest", () => {
    const trials = gridOf(dimensions);
    expect(trials).toHaveLength(6);
    expect(trials.slice(0, 4)).toEqual([
      { a: 1, b: "x", c: 5 },
      { a: 1, b: "y", c: 5 },
      { a: 1, b: "z", c: 5 },
      { a: 2, b: "x", c: 5 },
    ]);
    expect(variedPaths(trials.map((values) => ({ values })))).toEqual(["a", "b"]);
  });

  it("follow from the seed alone, and more of them begin with the same", () => {
    const drawn = ["rate=log(1e-4,1e-1)", "units=int(8,64,8)", "act=[relu,tanh]"].map(parseDimension);
    const six = drawnOf(drawn, 6, 7);
    expect(drawnOf(drawn, 6, 7)).toEqual(six);
    expect(drawnOf(drawn, 20, 7).slice(0, 6)).toEqual(six);
    expect(drawnOf(drawn, 6, 8)).not.toEqual(six);
    for (const { rate, units } of drawnOf(drawn, 200, 1) as { rate: number; units: number }[]) {
      expect(rate).toBeGreaterThanOrEqual(1e-4);
      expect(rate).toBeLessThan(1e-1);
      expect(units % 8).toBe(0);
    }
    // Of equal ratios: half of the draws lie below the middle one.
    const low = drawnOf(drawn, 200, 1).filter(({ rate }) => (rate as number) < 10 ** -2.5).length;
    expect(low).toBeGreaterThan(70);
    expect(low).toBeLessThan(130);
  });

  it("are no two the same, and no more than there are", () => {
    expect(drawnOf(dimensions, 50, 3)).toHaveLength(6);
  });

  it.each([
    [["a=1"], /at least one --set with several values/],
    [["a=log(1,10)"], /--set a=log\(1,10\) has no end of values for a grid/],
    [["a=int(1,200)", "b=int(1,200)"], /may have 10000 trials, but this one has 40000/],
  ])("of %j are refused", (texts, reason) => expect(() => gridOf(texts.map(parseDimension))).toThrow(reason));
});
