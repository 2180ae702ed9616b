import { describe, expect, it } from "vitest";
import { MillraceError } from "../../errors.js";
import { columnsOption, columnTypes, readColumns } from "./columns.js";

const read = (columns: unknown) => readColumns(columnsOption.parse(columns));

describe("the words for columns", () => {
  it("state fields in short or as objects, in their order", () => {
    expect(
      read({
        age: "float32",
        note: "text?",
        size: { type: "float32[2]", from: ["width", "height"] },
        when: { type: "date", from: "day", format: "%d.%m.%Y", missing: "drop" },
      }),
    ).toEqual([
      { field: "age", kind: "float32", nullable: false, from: ["age"], missing: "error", mayMiss: false },
      { field: "note", kind: "text", nullable: true, from: ["note"], missing: "null", mayMiss: true },
      {
        field: "size",
        kind: "float32",
        width: 2,
        nullable: false,
        from: ["width", "height"],
        missing: "error",
        mayMiss: false,
      },
      {
        field: "when",
        kind: "date",
        nullable: false,
        from: ["day"],
        missing: "drop",
        mayMiss: true,
        format: "%d.%m.%Y",
      },
    ]);
    expect(read({ v: { type: "float64[]", from: ["a", "b", "c"] } })).toMatchObject([{ width: 3 }]);
  });

  it("have JSON where a source makes values of whatever stands there, and then no type beforehand", () => {
    const columns = columnsOption.parse({ a: "json?", b: "timestamp" });
    expect(columnTypes(readColumns(columns, { json: true }))).toEqual({ b: { type: "date" } });
    expect(() => readColumns(columns)).toThrow('column "a" cannot be JSON in this source');
  });

  it("come to types that no batch changes: what may be missing has one that holds NaN", () => {
    const kinds = ["int32", "float32", "float64", "bool", "class", "text", "bytes", "date"];
    const plain = columnTypes(read(Object.fromEntries(kinds.map((kind) => [kind, kind]))));
    const nullable = columnTypes(read(Object.fromEntries(kinds.map((kind) => [kind, `${kind}?`]))));
    expect(Object.values(plain).map(({ type }) => type)).toEqual([
      "int32",
      "float32",
      "float64",
      "bool",
      "int32",
      "text",
      "bytes",
      "date",
    ]);
    expect(Object.values(nullable).map(({ type, nullable }) => `${type} ${nullable}`)).toEqual([
      "float64 true",
      "float32 true",
      "float64 true",
      "float32 true",
      "float32 true",
      "text true",
      "bytes true",
      "date true",
    ]);
    expect(columnTypes(read({ a: "float32[3]", b: "int32[]?" }))).toEqual({
      a: { type: "float32", shape: [3] },
      b: { type: "float64", shape: [null], nullable: true },
    });
  });

  it("are refused by rule and place where they do not go together", () => {
    const told = (columns: unknown): unknown => {
      try {
        return read(columns);
      } catch (error) {
        return error instanceof MillraceError ? [error.message, error.path] : (error as Error).message;
      }
    };
    expect(told({ a: "float" })).toContain("must be int32, float32");
    expect(told({ a: "text[3]" })).toContain("must be int32, float32");
    expect(told({ a: { type: "float32[2]", from: ["x"], missing: { fill: true } } })).toEqual([
      'column "a" must be filled with a number, was true',
      ["columns", "a", "missing", "fill"],
    ]);
    expect(told({ a: { type: "float32", from: ["x", "y"] } })).toEqual([
      'column "a" has several columns in `from`, so its type must be a vector such as float32[2]',
      ["columns", "a", "type"],
    ]);
    expect(told({ a: { type: "float32[3]", from: ["x", "y"] } })).toEqual([
      'column "a" must have one column for each of its 3 numbers in `from`, has 2',
      ["columns", "a", "from"],
    ]);
    expect(told({ a: { type: "date", format: "%Q" } })).toEqual([
      'a format of dates must consist of directives such as %Y and what stands between them, but "%Q" has "%Q"',
      ["columns", "a", "format"],
    ]);
    expect(told({ a: { type: "text", labels: ["x"] } })).toEqual([
      'column "a" must be a class to have `labels`',
      ["columns", "a", "labels"],
    ]);
    expect(told({ a: { type: "class", labels: ["x"], missing: { fill: "y" } } })).toEqual([
      'column "a" must be filled with one of its `labels`, was "y"',
      ["columns", "a", "missing", "fill"],
    ]);
  });
});
