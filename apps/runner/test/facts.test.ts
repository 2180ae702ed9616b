/** Facts of the data in the options of a spec: those of the source, and those that transforms add. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

let home: string;

const samples = Array.from({ length: 36 }, (_, i) => ({
  color: ["red", "green", "blue", "black"][i % 4],
  size: i / 36,
  tokens: Array.from({ length: 1 + (i % 3) }, (_, at) => at),
  label: i % 4 === 0 ? "a" : i % 4 === 1 ? "b" : "c",
}));

const spec = {
  seed: 1,
  plugins: [fixture("linear-model.mjs")],
  source: { use: "memory", with: { samples, columns: { size: "float32" } } },
  split: { train: 0.75, validation: 0.25 },
  transforms: [
    { use: "one-hot", with: { fields: "color" } },
    { use: "concat", with: { fields: ["color", "size"], as: "features" } },
  ] as object[],
  loader: {
    batchSize: 8,
    collate: { use: "pad-sequence", with: { paddingValue: { from: "features.count" } } as object },
  },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "dense", units: { from: "features.count" }, activation: "relu" },
        { type: "dense", units: { from: "labels.count" } },
      ],
    } as object,
  },
  trainer: { use: "tfjs", with: { device: "cpu", epochs: 1, input: "features" } },
};

const check = async (change: (copy: typeof spec) => void) => {
  const copy = structuredClone(spec);
  change(copy);
  await writeFile(join(home, "changed.json"), JSON.stringify(copy, null, 1));
  return millrace(["check", "changed.json"], home);
};

beforeAll(async () => {
  home = await newFolder();
  await writeFile(join(home, "spec.json"), JSON.stringify(spec));
});

describe("facts of the data in a spec", () => {
  it("are numbers of the model and of the collate function, in the run and after it", async () => {
    const ran = await millrace(["run", "spec.json", "--out", "run"], home);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const model = JSON.parse(await readFile(join(home, "run", "model", "model.json"), "utf8")) as {
      weightsManifest: { weights: { shape: number[] }[] }[];
    };
    const shapes = model.weightsManifest[0].weights.map(({ shape }) => shape);
    expect(shapes).toEqual([[5, 5], [5], [5, 3], [3]]);
    await writeFile(join(home, "in.jsonl"), '{"color":"red","size":0.5,"tokens":[1]}');
    const asked = await millrace(["predict", "run", "in.jsonl", "--format", "jsonl"], home);
    expect(asked.code).toBe(0);
    expect(JSON.parse(asked.stdout)).toMatchObject({ label: expect.stringMatching(/[abc]/) as string });
    expect((await millrace(["evaluate", "run"], home)).code).toBe(0);
  });

  it("are refused where they stand in the spec, with the closest one there is", async () => {
    const layer = await check((copy) => {
      copy.model.with = { layers: [{ type: "dense", units: { from: "feature.count" } }] };
    });
    expect(layer.code).toBe(1);
    expect(layer.stderr).toMatch(
      /"from" must name a fact of the data, was "feature\.count" \(did you mean "features\.count"\?\); there are .*labels\.count.* \(layers\[0\] dense, changed\.json:\d+:\d+ model\.with\.layers\[0\]\.units\.from\)/,
    );
    const collate = await check((copy) => {
      copy.loader.collate.with = { paddingValue: { tokens: { from: "vocabulary.size" } } };
    });
    expect(collate.stderr).toMatch(
      /was "vocabulary\.size"; there are .*changed\.json:\d+:\d+ loader\.collate\.with\.paddingValue\.tokens\.from\)/,
    );
  });

  it("are there for models of plugins", async () => {
    const model = (outputs: unknown) =>
      check((copy) => {
        copy.model = { use: "linear", with: { outputs } };
      });
    expect(await model({ from: "labels.count" })).toMatchObject({ code: 0 });
    expect((await model({ from: "label.count" })).stderr).toMatch(
      /did you mean "labels\.count".*changed\.json:\d+:\d+ model\.with\.outputs\.from\)/,
    );
    expect((await model({ form: "labels.count" })).stderr).toMatch(
      /changed\.json:\d+:\d+ model\.with\.outputs/,
    );
  });
});
