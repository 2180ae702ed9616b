/** Tables that pandas reads, as fixtures/read-csv.py recorded them: the same values, the same gaps, the same categories. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { epoch, type Folder, openSource, temporaryFolder } from "./support.js";

interface Recorded {
  readonly name: string;
  readonly text: string;
  readonly options: object;
  readonly expected: Readonly<Record<string, readonly unknown[]>>;
  readonly categories: Readonly<Record<string, readonly string[]>>;
}

const recorded = JSON.parse(
  readFileSync(new URL("fixtures/read-csv.json", import.meta.url), "utf8"),
) as Recorded[];

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

describe("csv reads what pandas reads", () => {
  it.each(recorded)("$name", async ({ text, options, expected, categories }) => {
    await folder.write("t.csv", text);
    const dataset = await openSource<Record<string, unknown>>(
      "csv",
      { path: "t.csv", ...options },
      folder.baseUrl,
    );
    const found = Object.fromEntries(Object.keys(expected).map((field) => [field, [] as unknown[]]));
    for (let index = 0; index < dataset.length; index++) {
      const sample = await dataset.get(index, epoch);
      for (const [field, values] of Object.entries(found)) values.push(sample[field]);
    }
    expect(found).toEqual(expected);
    expect(dataset.facts?.categories ?? {}).toEqual(categories);
  });
});
