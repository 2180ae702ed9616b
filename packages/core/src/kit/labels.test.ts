import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.js";
import { classLabels, sortLabels } from "./labels.js";

describe("class labels", () => {
  it("stand in numeric order if all names are decimal numbers", () => {
    expect(sortLabels(["10", "2", "-1.5", "1", "2", "1e1"])).toEqual(["-1.5", "1", "2", "10", "1e1"]);
  });

  it("stand in order of code units if any name is no decimal number", () => {
    expect(sortLabels(["10", "2", "b", "B"])).toEqual(["10", "2", "B", "b"]);
    expect(sortLabels(["0x10", "3"])).toEqual(["0x10", "3"]);
    expect(sortLabels(["10", "9", ""])).toEqual(["", "10", "9"]);
    expect(sortLabels(["10", "9", "Infinity"])).toEqual(["10", "9", "Infinity"]);
  });

  it("do not depend on the order in which names were found", () => {
    const names = fc.array(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)));
    fc.assert(
      fc.property(names, (found) => {
        expect(sortLabels([...found].reverse())).toEqual(sortLabels(found));
        const { labels, indexOf } = classLabels(found);
        expect(labels.map((name) => indexOf(name))).toEqual(labels.map((_, index) => index));
        expect(new Set(labels)).toEqual(new Set(found));
      }),
    );
  });

  it("are those that are known already, as they stand", () => {
    const { labels, indexOf } = classLabels(["a", "b"], ["c", "b", "a"]);
    expect(labels).toEqual(["c", "b", "a"]);
    expect(indexOf("a")).toBe(2);
  });

  it("name an unknown class, its place and the likeliest word", () => {
    const { indexOf } = classLabels(["setosa", "virginica"]);
    let error: unknown;
    try {
      indexOf("sethosa", () => "iris.csv:7");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({
      code: "LABEL_UNKNOWN",
      message: 'a label must be one of the 2 known classes, was "sethosa" (did you mean "setosa"?)',
      where: ["iris.csv:7"],
      hint: expect.stringContaining('"setosa", "virginica"') as unknown,
    });
  });
});
