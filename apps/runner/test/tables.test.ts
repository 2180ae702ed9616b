/** Tables of numbers, words, dates and gaps, from one spec to predictions of raw rows. */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const example = fileURLToPath(new URL("../../../examples/02-csv-regression", import.meta.url));

/** What stands behind the name of each input. */
const answersIn = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").slice(1));

describe("the example of bicycle rentals", () => {
  it("predicts raw rows of CSV and JSON Lines alike, in bicycles, when the table is gone", async () => {
    const home = await newFolder();
    await cp(example, home, { recursive: true });
    const quick = ["--set", "trainer.with.epochs=5", "--set", "trainer.with.device=cpu"];
    const run = await millrace(["run", "spec.json", "--out", "run", ...quick], home);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    await rm(join(home, "rentals.csv"));
    const byCsv = await millrace(["predict", "run", "new.csv"], home);
    const byLines = await millrace(["predict", "run", "new.jsonl"], home);
    expect(answersIn(byCsv.stdout)).toEqual(answersIn(byLines.stdout));
    const [july, january] = answersIn(byCsv.stdout).map(Number);
    expect(july).toBeGreaterThan(1200);
    expect(january).toBeLessThan(700);
    const facts = JSON.parse(await readFile(join(home, "run", "facts.json"), "utf8")) as { facts?: unknown };
    expect(JSON.stringify(facts)).toContain(
      '"weather_clouds","weather_rain","weather_snow","weather_unknown"',
    );
  }, 120_000);
});

describe("classes that are words", () => {
  let home: string;
  const spec = {
    source: {
      use: "csv",
      with: { path: "flats.csv", columns: { city: "text", since: "date", rooms: "float32?", label: "text" } },
    },
    split: { train: 0.8, validation: 0.2 },
    transforms: [
      { use: "fill-missing", with: { fields: "rooms", strategy: "most-frequent" } },
      { use: "one-hot", with: { fields: "city" } },
      { use: "date-parts", with: { fields: "since", parts: "year" } },
      { use: "min-max", with: { fields: ["rooms", "since"] } },
      { use: "concat", with: { fields: ["city", "since", "rooms"] } },
      { use: "label-index" },
    ],
    loader: { batchSize: 8, shuffle: true },
    model: {
      use: "layers",
      with: { layers: [{ type: "dense", units: { from: "labels.count" }, activation: "softmax" }] },
    },
    trainer: {
      use: "tfjs",
      with: { device: "cpu", epochs: 8, optimizer: { type: "adam", learningRate: 0.1 } },
    },
  };
  const rows = Array.from({ length: 60 }, (_, i) => {
    const rooms = i % 7 === 0 ? "" : String(1 + (i % 5));
    const city = ["Bonn", "Köln"][i % 2];
    return `${city},${2000 + (i % 20)}-05-01,${rooms},${city === "Bonn" ? "quiet" : "loud"}`;
  });

  beforeAll(async () => {
    home = await newFolder();
    await writeFile(join(home, "spec.json"), JSON.stringify(spec));
    await writeFile(join(home, "flats.csv"), `city,since,rooms,label\n${rows.join("\n")}\n`);
    const { code, stderr } = await millrace(["run", "spec.json", "--out", "run"], home);
    if (code !== 0) throw new Error(stderr);
  }, 120_000);

  it("are told by their names, and whoever cannot be asked about is named alone", async () => {
    await writeFile(join(home, "new.csv"), "city,since,rooms\nKöln,2004-05-01,3\nBonn,2011-05-01,\n");
    const lines = [
      { city: "Köln", since: "2004-05-01", rooms: 3 },
      { city: "Ulm", since: "2004-05-01", rooms: 3 },
      { city: "Bonn", since: "2011-05-01", rooms: null },
      { city: "Bonn", since: "soon", rooms: 2 },
    ];
    await writeFile(join(home, "new.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
    const byCsv = await millrace(["predict", "run", "new.csv", "--top", "1"], home);
    expect(answersIn(byCsv.stdout).map(([label]) => label)).toEqual(["loud", "quiet"]);
    const byLines = await millrace(["predict", "run", "new.jsonl", "--top", "1"], home);
    expect(byLines.code).toBe(1);
    expect(answersIn(byLines.stdout)).toEqual(answersIn(byCsv.stdout));
    expect(byLines.stderr).toMatch(/new\.jsonl:2.*a label must be one of the 2 known classes, was "Ulm"/);
    expect(byLines.stderr).toMatch(/new\.jsonl:4.*soon/);
  }, 120_000);

  it("are found missing by row, field and transform, in training too", async () => {
    await writeFile(
      join(home, "broken.csv"),
      `city,since,rooms,label\n${rows.join("\n")}\nUlm,2001-01-01,2,calm\n`,
    );
    const { code, stderr } = await millrace(
      [
        "check",
        "spec.json",
        "--set",
        "source.with.path=broken.csv",
        "--set",
        'transforms.1.with={"fields":"city","categories":["Bonn","Köln"]}',
      ],
      home,
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain('was "Ulm" (field "city"');
    expect(stderr).toContain("broken.csv:62");
  }, 120_000);
});
