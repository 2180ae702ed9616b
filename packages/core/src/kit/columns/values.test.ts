import { describe, expect, it } from "vitest";
import { classLabels } from "../labels.js";
import { columnsOption, readColumns } from "./columns.js";
import { decimal, losesDigits, missingTexts, numberReader, readBool, readBytes } from "./texts.js";
import { dropped, valueReader } from "./values.js";

const fault = (rule: string, value: unknown) => new Error(`${rule}, was ${String(value)}`);

function reader(column: unknown, tools: object = {}) {
  const [field] = readColumns(columnsOption.parse({ a: column }), { json: true });
  return valueReader(field, { fault, ...tools });
}

describe("values of a column", () => {
  it.each([
    ["int32", [3, "3", 3n, "-2147483648"], [3, 3, 3, -2147483648]],
    ["float32", [1.5, "1.5", " 2e3 "], [1.5, 1.5, 2000]],
    ["bool", [true, 0, "Yes", "f", 1n], [true, false, true, false, true]],
    ["text", ["x", "", "NA", 12n, 1.5], ["x", "", "NA", "12", "1.5"]],
    ["date", ["2026-01-31", new Date(5000)], [1769817600, 5]],
    ["float32[2]", [[1, "2"], Float64Array.of(3, 4)], [Float32Array.of(1, 2), Float32Array.of(3, 4)]],
    ["int32[]", [[], [1], "[]", "(1, 2)"], [[], [1], [], [1, 2]].map((list) => Int32Array.from(list))],
    [
      "float32[2]",
      ["[0.5, 2]", "0.5 2", " 0.5;2 ", "0.5|2"],
      Array.from({ length: 4 }, () => Float32Array.of(0.5, 2)),
    ],
    ["bytes", ["AQI=", Uint8Array.of(3)], [Uint8Array.of(1, 2), Uint8Array.of(3)]],
    [{ type: "date", format: "unix" }, ["5", 6.5], [5, 6.5]],
    ["timestamp", ["2026-01-31"], [1769817600]],
    [
      "json",
      ['{"a": [1, null]}', ' "x" ', "2.5", { a: 1 }, [2], 3n],
      [{ a: [1, null] }, "x", 2.5, { a: 1 }, [2], 3],
    ],
    [{ type: "bytes", format: "hex" }, ["0x01ff", ""], [Uint8Array.of(1, 255), Uint8Array.of()]],
  ])("of type %j are what they state", (column, given, expected) => {
    expect(given.map(reader(column))).toEqual(expected);
  });

  it.each([
    ["int32", [1.5, "x", 2 ** 31, "", null, true, {}]],
    ["float32", ["1e39", Number.NaN, Infinity, "9007199254740993", 9007199254740993n, "0x10", undefined]],
    ["bool", ["maybe", 2, "", null, {}]],
    ["text", [null, true, {}]],
    ["date", ["31.01.2026", 5, new Date(Number.NaN), ""]],
    ["float32[2]", [[1], "1,x", "1", "1,2,3", "1,,2", "", "NA", [1, null], new DataView(new ArrayBuffer(2))]],
    ["int32[]", [null, undefined, "", [null], 3]],
    ["bytes", ["A", "***", 3]],
    ["class", [{}, null, "", "NA"]],
    ["json", ["", "{a: 1}", "NaN", null, Uint8Array.of(1), 2n ** 60n]],
  ])("that type %j does not hold are refused", (column, given) => {
    for (const value of given) expect(() => reader(column)(value)).toThrow(/^must /);
  });

  it("that are missing go by the policy", () => {
    expect(["", " ", "NA", "nan", null, undefined, "0"].map(reader("float32?"))).toEqual([
      ...Array.from({ length: 6 }, () => null),
      0,
    ]);
    expect(["yes", "", "f"].map(reader("bool?"))).toEqual([1, null, 0]);
    expect(["", "x"].map(reader({ type: "text", missing: { fill: "none" } }))).toEqual(["none", "x"]);
    expect(["", "2026-01-31"].map(reader({ type: "date", missing: "drop" }))).toEqual([dropped, 1769817600]);
    expect(["", null].map(reader({ type: "date", missing: { fill: "1970-01-02" } }))).toEqual([86400, 86400]);
    expect([[1, null], null, "1, NA", ""].map(reader("float32[2]?"))).toEqual([
      Float32Array.of(1, Number.NaN),
      Float32Array.of(Number.NaN, Number.NaN),
      Float32Array.of(1, Number.NaN),
      Float32Array.of(Number.NaN, Number.NaN),
    ]);
    const lists = [null, undefined, "", []];
    expect(lists.map(reader("float32[]?"))).toEqual(lists.map(() => new Float32Array(0)));
    expect(lists.map(reader({ type: "int32[]", missing: "drop" }))).toEqual([
      dropped,
      dropped,
      dropped,
      new Int32Array(0),
    ]);
    expect(["?", "NA"].map(reader({ type: "text?", missingWords: ["?"] }))).toEqual([null, "NA"]);
    const classes = classLabels(["a", "b"]);
    expect(["b", "a", ""].map(reader("class?", { classes }))).toEqual([1, 0, null]);
    expect(() => reader("class", { classes })("c")).toThrow(/must be one of the 2 known classes/);
  });
});

describe("texts in tables", () => {
  it("state numbers in the style of their place, and nothing that might be another number", () => {
    const german = numberReader({ decimal: ",", thousands: "." });
    expect(["1.234.567,5", "1234,5", "-1.000", "12"].map(german)).toEqual([1234567.5, 1234.5, -1000, 12]);
    expect(["1.23", "1.2345", "1,5.000", "1..000", "12.34.567", ""].map(german)).toEqual(
      Array.from({ length: 6 }, () => Number.NaN),
    );
    expect(numberReader({ decimal: "," })("1.5")).toBeNaN();
    expect(numberReader({ decimal: ".", thousands: " " })("1 000.5")).toBe(1000.5);
    expect(numberReader({ decimal: "." })).toBe(decimal);
  });

  it("lose digits where a double has others, and none where they are its shortest", () => {
    for (const [text, loses] of [
      ["9007199254740992", false],
      ["9007199254740993", true],
      ["-9007199254740993.0", true],
      ["29118903309303810", false],
      ["29118903309303809", true],
      ["9.1e300", false],
    ] as const) {
      expect([text, losesDigits(text, Number(text))]).toEqual([text, loses]);
    }
  });

  it("state flags, bytes and nothing at all", () => {
    expect(["TRUE", " no ", "On", "2"].map(readBool)).toEqual([true, false, true, undefined]);
    expect([readBytes("AQ"), readBytes("AQ=="), readBytes("A"), readBytes("abc", "hex")]).toEqual([
      Uint8Array.of(1),
      Uint8Array.of(1),
      undefined,
      undefined,
    ]);
    expect(["", "\t", "NULL", "null ", "x"].map(missingTexts())).toEqual([true, true, true, false, false]);
    expect(["", "NULL"].map(missingTexts([]))).toEqual([true, false]);
  });
});
