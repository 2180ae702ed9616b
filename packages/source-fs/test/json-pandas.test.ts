/** Tables that pandas has written as JSON, by fixtures/write-json.py: the same values, the same gaps, the same classes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { epoch, openSource } from "./support.js";

const baseUrl = new URL("fixtures/json/", import.meta.url);
const values = JSON.parse(readFileSync(new URL("values.jsonl", baseUrl), "utf8")) as Record<string, never[]>;

const columns = {
  name: "text",
  age: "float64?",
  score: "float64?",
  tiny: "float64",
  member: "bool",
  joined: { type: "date" },
  kind: "class",
  tags: "int32[]",
  at: { type: "float64[2]", from: "box.at" },
  id: { type: "text", from: "box.id" },
};
const epochDates = { ...columns, joined: { type: "date", format: "unix-ms" } };

describe("what pandas has written is read with its values", () => {
  it.each([
    ["json-lines", { path: "people.jsonl", columns }],
    ["json-lines", { path: "people.jsonl.gz", columns: epochDates }],
    ["json", { path: "people.json.gz", columns }],
    ["json", { path: "table.json.gz", at: "data", columns }],
  ])("%s %o", async (use, options) => {
    const dataset = await openSource<Record<string, unknown>>(use, options, baseUrl);
    expect(dataset.length).toBe(40);
    const kinds = dataset.facts?.categories?.kind ?? [];
    expect(kinds).toEqual(["aster", "lily", "rose"]);
    const found = Object.fromEntries(Object.keys(values).map((field) => [field, [] as unknown[]]));
    for (let index = 0; index < dataset.length; index++) {
      const sample = await dataset.get(index, epoch);
      for (const [field, list] of Object.entries(found)) {
        const value = sample[field];
        list.push(ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value);
      }
    }
    expect({ ...found, kind: found.kind.map((code) => kinds[code as number]) }).toEqual(values);
    await dataset.close?.();
  });
});
