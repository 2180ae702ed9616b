/** A table of numbers, classes, dates and texts with gaps, from one spec to answers for raw rows. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { millrace, newFolder } from "./support/cli.js";

let home: string;

/** Who buys is told by the city and by the age; every fourth age and every seventh city are missing. */
function table(): string {
  const rows = Array.from({ length: 168 }, (_, i) => {
    const city = ["Bern", "Graz", "Ulm"][i % 3];
    const age = 20 + ((i * 7) % 60);
    const bought = city === "Ulm" || age > 65 ? "yes" : "no";
    const known = { age: i % 4 === 1 ? "" : `${age},5`, city: i % 7 === 2 && city !== "Ulm" ? "NA" : city };
    return `${known.age};${known.city};0${1 + (i % 9)}.0${1 + (i % 7)}.2024;"note; ${i}";${bought};${i % 5 === 0 ? "?" : i}`;
  });
  return ["# asked in 2024", "age;city;joined;note;bought;visits", ...rows].join("\n");
}

const spec = {
  seed: 3,
  source: {
    use: "csv",
    with: {
      path: "data.csv",
      comment: "#",
      decimal: ",",
      columns: {
        age: "float32?",
        city: { type: "class", missing: { fill: "unknown" } },
        joined: { type: "date", format: "%d.%m.%Y" },
        note: "text",
        visits: { type: "int32", missing: "drop", missingWords: ["?"] },
        label: { type: "class", from: "bought", labels: ["no", "yes"] },
      },
    },
  },
  split: { train: 0.75, validation: 0.25 },
  transforms: [
    { use: "fill-missing", with: { fields: "age" } },
    { use: "one-hot", with: { fields: "city" } },
    { use: "date-parts", with: { fields: "joined", cyclic: ["month"] } },
    { use: "concat", with: { fields: ["age", "city", "joined"], as: "features" } },
    { use: "standardize", with: { fields: "features" } },
    { use: "select", with: { keep: ["features", "label", "note"] } },
  ],
  loader: { batchSize: 16, shuffle: true },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "dense", units: 8, activation: "relu" },
        { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
      ],
    },
  },
  trainer: {
    use: "tfjs",
    with: { device: "cpu", epochs: 12, optimizer: { type: "adam", learningRate: 0.05 } },
  },
};

beforeAll(async () => {
  home = await newFolder();
  await writeFile(join(home, "data.csv"), table());
  await writeFile(join(home, "spec.json"), JSON.stringify(spec));
});

describe("a mixed table", () => {
  it("trains from one spec, to the same weights with and without workers", async () => {
    const first = await millrace(["run", "spec.json", "--out", "run"], home);
    expect(first.stderr).toBe("");
    expect(first.stdout).toContain("101 training, 33 validation samples · 2 classes");
    const other = await millrace(
      ["run", "spec.json", "--out", "other", "--set", "loader.numWorkers=2"],
      home,
    );
    expect(other.code).toBe(0);
    const weights = (run: string) => readFile(join(home, run, "model", "weights.bin"));
    expect((await weights("other")).equals(await weights("run"))).toBe(true);
  }, 120_000);

  it("predicts raw rows by CSV and JSON Lines, without the data, and names what is wrong with a row", async () => {
    await rm(join(home, "data.csv"));
    const header = "# new\nnote;city;joined;age\n";
    await writeFile(
      join(home, "new.csv"),
      `${header}"a";Ulm;03.02.2024;30,5\nb;Bern;03.02.2024;\nc;Graz;soon;30\nd;Oslo;03.02.2024;1,5\n`,
    );
    const lines = [
      { note: "a", city: "Ulm", joined: "03.02.2024", age: 30.5 },
      { note: "b", city: "Bern", joined: "03.02.2024", age: null },
      { note: "b", city: "Bern", joined: "03.02.2024" },
    ];
    await writeFile(join(home, "new.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
    const run = await millrace(["predict", "run", "new.csv", "new.jsonl", "--format", "jsonl"], home);
    const answers = run.stdout.trim().split("\n");
    const parsed = answers.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const [, , , , ...byName] = parsed;
    const good = parsed.filter((each) => !("error" in each));
    expect(good.map(({ input, label }) => [input, label])).toEqual([
      ["new.csv:3", "yes"],
      ["new.csv:4", "no"],
      ["new.jsonl:1", "yes"],
      ["new.jsonl:2", "no"],
      ["new.jsonl:3", "no"],
    ]);
    expect(byName.at(-1)).toEqual({ ...good[1], input: "new.jsonl:3" });
    const said = (run.stdout + run.stderr).replaceAll("\\", "");
    expect(said).toContain('"joined" must be a date (%d.%m.%Y), was "soon"');
    expect(said).toContain('known classes, was "Oslo"');
  }, 60_000);
});
