import fc from "fast-check";
import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { editSpec, editValue, type SpecEdit } from "./edit.js";

const spread = `{
  // Digits, as they were drawn.
  "seed": 7,
  "loader": {
    "batchSize": 64, // fits the cache
    "shuffle": true  // always
  },
  "transforms": [
    { "use": "resize" }, // to 28
    // Only while training.
    { "use": "flip" }
  ],
}
`;

describe("a change of a spec's text", () => {
  const set = (text: string, path: SpecEdit["path"], value: unknown) =>
    editSpec(text, "s.json", [{ path, value }]);

  it("replaces one value, and nothing else", () => {
    expect(set(spread, ["loader", "batchSize"], 128)).toBe(spread.replace("64", "128"));
  });

  it("adds a key in a line of its own, behind the comment of the one before", () => {
    expect(set(spread, ["loader", "numWorkers"], 2)).toBe(
      spread.replace(`true  // always`, `true,  // always\n    "numWorkers": 2`),
    );
    expect(set(spread, ["model"], { use: "layers" })).toBe(
      spread.replace("  ],\n}", '  ],\n  "model": { "use": "layers" },\n}'),
    );
  });

  it("adds a key within a line, and objects that are not there yet", () => {
    const text = `{ "loader": { "batchSize": 64 }, "trainer": {} }`;
    expect(set(text, ["loader", "numWorkers"], 2)).toBe(
      `{ "loader": { "batchSize": 64, "numWorkers": 2 }, "trainer": {} }`,
    );
    expect(set(text, ["trainer", "with", "epochs"], 3)).toBe(
      `{ "loader": { "batchSize": 64 }, "trainer": { "with": { "epochs": 3 } } }`,
    );
  });

  it("puts an item into a list at its place", () => {
    const cache = { use: "cache", with: { in: "memory" } };
    const insert = (at: number) =>
      editSpec(spread, "s.json", [{ path: ["transforms", at], value: cache, insert: true }]);
    const item = `{ "use": "cache", "with": { "in": "memory" } }`;
    expect(insert(0)).toBe(spread.replace("[\n", `[\n    ${item},\n`));
    expect(insert(1)).toBe(spread.replace("// to 28\n", `// to 28\n    ${item},\n`));
    expect(insert(2)).toBe(spread.replace(`"flip" }\n`, `"flip" },\n    ${item}\n`));
    const none = editSpec("{}", "s.json", [{ path: ["transforms", 0], value: cache, insert: true }]);
    expect(none).toBe(`{ "transforms": [${item}] }`);
  });

  it("keeps comments of YAML too", () => {
    const text = "# Digits.\nloader:\n  batchSize: 64 # fits\ntransforms:\n  - use: resize\n";
    const edits = [
      { path: ["loader", "numWorkers"], value: 2 },
      { path: ["transforms", 1], value: { use: "cache" }, insert: true },
    ];
    expect(editSpec(text, "s.yaml", edits)).toBe(
      "# Digits.\nloader:\n  batchSize: 64 # fits\n  numWorkers: 2\ntransforms:\n  - use: resize\n  - use: cache\n",
    );
  });

  it("refuses a path through what is no object", () => {
    expect(() => set(spread, ["seed", "deep"], 1)).toThrow(/s\.json has no place for seed\.deep/);
    expect(() => set(spread, ["transforms", 7, "with"], 1)).toThrow(/has no place for transforms\[7\]\.with/);
  });

  it("makes the same value of any text as of the value itself", () => {
    const keys = fc.constantFrom("a", "b", "c");
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        fc.integer(),
        fc.array(fc.integer(), { maxLength: 3 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 3 }),
      ),
    }));
    const root = fc.dictionary(keys, tree);
    fc.assert(
      fc.property(
        root,
        fc.array(keys, { minLength: 1, maxLength: 3 }),
        tree,
        fc.constantFrom(0, 2),
        (before, path, value, spaces) => {
          const edits: SpecEdit[] = [{ path, value }];
          const text = JSON.stringify(before, null, spaces);
          let edited: string;
          try {
            edited = editSpec(text, "s.json", edits);
          } catch {
            return;
          }
          expect(parse(edited)).toEqual(editValue(before, edits));
          expect(parseYaml(editSpec(text, "s.yaml", edits))).toEqual(editValue(before, edits));
        },
      ),
    );
  });
});
