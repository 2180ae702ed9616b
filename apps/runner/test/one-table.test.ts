/** One table in every format that sources read, as fixtures/one-table/write-table.py wrote it: one model. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, newFolder } from "./support/cli.js";
import { millraceHere } from "./support/host.js";

const labels = ["lily", "rose", "tulip"];
const columns = {
  width: "float32",
  petals: "float32",
  label: { type: "class", from: "kind", labels },
};
const inJson = {
  width: { type: "float32", from: "json:width" },
  petals: { type: "float32", from: "json:petals" },
  label: { type: "class", from: "json:kind", labels },
};
const sources = {
  CSV: { use: "csv", with: { path: "flowers.csv", columns } },
  "JSON Lines": { use: "json-lines", with: { path: "flowers.jsonl", columns } },
  Parquet: { use: "parquet", with: { path: "flowers.parquet", columns } },
  Arrow: { use: "arrow", with: { path: "flowers.arrow", columns } },
  NPY: {
    use: "npy",
    with: {
      fields: {
        width: { from: "width.npy", type: "float32" },
        petals: { from: "petals.npy", type: "float32" },
        label: "kind.npy",
      },
      labels,
    },
  },
  SQLite: {
    use: "sqlite",
    with: { path: "flowers.db", table: "flowers", label: "kind", features: ["width", "petals"] },
  },
  tar: { use: "tar-shards", with: { shards: "flowers.tar", columns: inJson } },
};

const spec = {
  seed: 2,
  split: { train: 0.8, validation: 0.2, stratifyBy: "label" },
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
    with: { device: "cpu", epochs: 2, optimizer: { type: "adam", learningRate: 0.05 } },
  },
};

let home: string;
beforeAll(async () => {
  home = await newFolder();
  await cp(fixture("one-table"), home, { recursive: true });
});

/** What the model has learned of the table, and how well it does. */
async function trained(format: keyof typeof sources, numWorkers: number) {
  const name = `${format} ${numWorkers}`;
  // A database has its features together already.
  const transforms = format === "SQLite" ? [] : [{ use: "concat", with: { fields: ["width", "petals"] } }];
  const whole = { ...spec, source: sources[format], transforms, loader: { ...spec.loader, numWorkers } };
  await writeFile(join(home, "spec.json"), JSON.stringify(whole));
  const { code, stdout, stderr } = await millraceHere(["run", "spec.json", "--out", name, "--json"], home);
  if (code !== 0) return { code, stderr };
  const { metrics } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { metrics: object };
  const weights = await readFile(join(home, name, "model", "weights.bin"));
  return { code, metrics, weights: weights.toString("base64") };
}

describe("one table", () => {
  it("trains to the very same weights from CSV, JSON Lines, Parquet, Arrow, NPY, SQLite and tar, with 0 and 2 workers", async () => {
    const expected = await trained("CSV", 0);
    expect(expected).toMatchObject({ code: 0 });
    for (const format of Object.keys(sources) as (keyof typeof sources)[]) {
      for (const numWorkers of [0, 2]) {
        if (format === "CSV" && numWorkers === 0) continue;
        expect({ format, numWorkers, ...(await trained(format, numWorkers)) }).toEqual({
          format,
          numWorkers,
          ...expected,
        });
      }
    }
  });
});
