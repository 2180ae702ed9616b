import { describe, expect, it } from "vitest";
import { MillraceError } from "../errors.js";
import { parseSpecText, type SpecText } from "./read.js";

function read(text: string): SpecText {
  return parseSpecText(text, "spec.yaml", new URL("file:///spec.yaml"));
}

function refusal(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof MillraceError && error.code === "SPEC_SYNTAX") return error.details;
    throw error;
  }
  return [];
}

describe("a spec in YAML", () => {
  it("says what the same JSON says, with the words and numbers of YAML 1.2", () => {
    const { value } = read(
      "# a run\nseed: 7\nloader: { shuffle: true, dropLast: no }\nplugins:\n  - ./a.mjs\nnote: |\n  two\n  lines\nfew: 1e-3\nnone: ~\nhex: 0x1f\nday: 2026-01-01\n",
    );
    expect(value).toEqual({
      seed: 7,
      loader: { shuffle: true, dropLast: "no" },
      plugins: ["./a.mjs"],
      note: "two\nlines\n",
      few: 1e-3,
      none: null,
      hex: 31,
      day: "2026-01-01",
    });
  });

  it("may be JSON, and keep a byte order mark", () => {
    expect(read('\uFEFF{ "seed": 7, "plugins": ["a"] }').value).toEqual({ seed: 7, plugins: ["a"] });
  });

  it("knows the line and column of every value and key", () => {
    const text = read(
      "seed: 7\nsource:\n  use: csv\n  with:\n    path: x.csv\n    list:\n      - a\n      - { b: 1 }\n",
    );
    expect(text.locate(["source", "with", "path"])).toBe("spec.yaml:5:11");
    expect(text.locateKey(["source", "with", "path"])).toBe("spec.yaml:5:5");
    expect(text.locate(["source", "with", "list", 1, "b"])).toBe("spec.yaml:8:14");
    expect(text.locate(["source", "with", "nothing"])).toBe("spec.yaml:5:5");
  });

  it("takes anchors, aliases and merge keys, whose values stand where they were written", () => {
    const text = read(
      "a: &dense\n  type: dense\n  units: 3\nb: *dense\nc:\n  <<: *dense\n  units: 5\nd: { <<: [*dense, { x: 1, units: 9 }] }\n",
    );
    expect(text.value).toEqual({
      a: { type: "dense", units: 3 },
      b: { type: "dense", units: 3 },
      c: { type: "dense", units: 5 },
      d: { type: "dense", units: 3, x: 1 },
    });
    expect(text.locate(["b", "units"])).toBe("spec.yaml:3:10");
    expect(text.locate(["c", "units"])).toBe("spec.yaml:7:10");
  });

  it("names a key that stands twice, at its second place", () => {
    expect(read("seed: 1\nloader:\n  batchSize: 1\n  batchSize: 2\nseed: 2\n").faults).toEqual([
      "spec.yaml:4:3 loader.batchSize: must stand once in an object, but stands at 3:3 already",
      "spec.yaml:5:1 seed: must stand once in an object, but stands at 1:1 already",
    ]);
  });

  it("touches no prototype", () => {
    const { value } = read("__proto__:\n  polluted: 1\nconstructor: { prototype: { polluted: 1 } }\n");
    expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((value as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    ["a: 1\n b: 2", ["spec.yaml:1:4 this value is followed by a key, in its line or indented below it"]],
    ["a:\n\t- b", ["spec.yaml:2:1 indentation is by spaces, not by tabs"]],
    ["a: *nowhere", ["spec.yaml:1:4 there is no anchor &nowhere before this alias"]],
    ["a: &x [*x]", ["spec.yaml:1:8 the alias *x stands within its own anchor"]],
    ["a: !mine 3", ["spec.yaml:1:4 the tag !mine is not for a spec, whose values are those of JSON"]],
    [
      "a: !!js/function 3",
      ["spec.yaml:1:4 the tag !!js/function is not for a spec, whose values are those of JSON"],
    ],
    [
      "a: !!binary aGk=",
      ["spec.yaml:1:13 the tag !!binary is not for a spec, whose values are those of JSON"],
    ],
    ["a: !!set {x}", [expect.stringMatching(/^spec\.yaml:1:\d+ the tag !!set is not for a spec/)]],
    ["seed: 1\n---\nseed: 2\n", [expect.stringMatching(/^spec\.yaml:2:\d+ a spec is one document/)]],
    ["? [a]\n: 3", ["spec.yaml:1:3 a key is text, not a list or a map"]],
    ["%YAML 1.1\n---\na: yes", ["spec.yaml:1:1 a spec is YAML 1.2, not 1.1"]],
    ["b: { <<: 3 }", ["spec.yaml:1:10 << takes a map, an alias of one, or a list of these"]],
    ["", ["spec.yaml:1:1 the file is empty"]],
    ["# soon\n", ["spec.yaml:1:1 the file has nothing but comments"]],
    ['a: "open', [expect.stringMatching(/^spec\.yaml:1:\d+ this text has no closing quote$/)]],
    ["a: [1, 2", [expect.stringMatching(/^spec\.yaml:1:\d+ a \] is missing/)]],
  ])("is refused at its place: %j", (text, details) => {
    expect(refusal(text)).toEqual(details);
  });

  it("is refused where a few lines of aliases would make billions of values", () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${
          i === 0
            ? "1"
            : Array(10)
                .fill(`*a${i - 1}`)
                .join(", ")
        }]`,
    );
    expect(refusal(lines.join("\n"))).toEqual([
      expect.stringMatching(/at most 100000 values, aliases put in$/),
    ]);
  });
});
