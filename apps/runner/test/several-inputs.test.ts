/** A model of several inputs from its spec to the exported program. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "./support/cli.js";
import { askExample, installTfjs } from "./support/exported.js";
import { millraceHere as millrace } from "./support/host.js";

let home: string;

/** A mask says which tokens count; those of "yes" are 1, and others are there that do not count. */
const samples = Array.from({ length: 48 }, (_, i) => {
  const isYes = i % 2 === 1;
  const length = 2 + (i % 5);
  return {
    tokens: Array.from({ length: 2 * length }, (_, at) => ((at % 2 === 0) === isYes ? 1 : 2 + (at % 3))),
    attentionMask: Array.from({ length: 2 * length }, (_, at) => (at + 1) % 2),
    size: i / 48,
    label: isYes ? "yes" : "no",
  };
});

const spec = {
  seed: 1,
  source: { use: "memory", with: { samples } },
  split: { train: 0.7, validation: 0.3 },
  loader: {
    batchSize: 4,
    shuffle: true,
    collate: { use: "pad-sequence", with: { fields: ["tokens", "attentionMask"] } },
  },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "embedding", inputDim: 8, outputDim: 4, inputs: "tokens", name: "embedded" },
        { type: "dot", axes: 1, inputs: ["attentionMask", "embedded"], name: "counted" },
        { type: "reshape", targetShape: [1], inputs: "size", name: "column" },
        { type: "concatenate", inputs: ["counted", "column"] },
        { type: "dense", units: { from: "labels.count" } },
      ],
    },
  },
  trainer: {
    use: "tfjs",
    with: {
      device: "cpu",
      epochs: 8,
      input: ["tokens", "attentionMask", "size"],
      optimizer: { type: "adam", learningRate: 0.05 },
    },
  },
};

const specWith = async (name: string, change: (copy: typeof spec) => void): Promise<string> => {
  const copy = structuredClone(spec);
  change(copy);
  await writeFile(join(home, name), JSON.stringify(copy, null, 1));
  return name;
};

beforeAll(async () => {
  home = await newFolder();
  await writeFile(join(home, "masked.json"), JSON.stringify(spec));
  const { code, stderr } = await millrace(["run", "masked.json", "--out", "run", "--json"], home);
  if (code !== 0) throw new Error(stderr);
}, 60_000);

describe("a run of a model of several inputs", () => {
  const lines = [
    { tokens: [1, 3, 1, 3], attentionMask: [1, 0, 1, 0], size: 1 },
    { tokens: [3, 1, 3, 1, 3, 1], attentionMask: [1, 0, 1, 0, 1, 0], size: 0.25 },
  ];

  it("knows its inputs, and measures and predicts with all of them", async () => {
    const facts = JSON.parse(await readFile(join(home, "run", "facts.json"), "utf8")) as object;
    expect(facts).toMatchObject({
      inputs: [
        { name: "tokens", dtype: "float32" },
        { name: "attentionMask", dtype: "float32" },
        { name: "size", dtype: "float32", shape: [] },
      ],
    });
    const measured = await millrace(["evaluate", "run", "--json"], home);
    expect(JSON.parse(measured.stdout)).toMatchObject({ metrics: { accuracy: 1 } });
    await writeFile(join(home, "in.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
    const { code, stdout } = await millrace(["predict", "run", "in.jsonl", "--format", "jsonl"], home);
    expect(code).toBe(0);
    const labels = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { label: string }).label);
    expect(labels).toEqual(["yes", "no"]);
  });

  it("names the line that lacks one of them, and answers the others", async () => {
    const [whole, other] = lines;
    const { size: _, ...lacking } = other;
    await writeFile(
      join(home, "lacking.jsonl"),
      [whole, lacking].map((line) => JSON.stringify(line)).join("\n"),
    );
    const { code, stdout, stderr } = await millrace(["predict", "run", "lacking.jsonl"], home);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'error: lacking.jsonl:2: the model reads the field "size", but there is tokens, attentionMask',
    );
    expect(stdout).toContain("lacking.jsonl:1,yes,");
  });

  it("exports a model that takes them by name and gives the same answers", async () => {
    const { code, stderr } = await millrace(["export", "run", "--to", "model"], home);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const folder = join(home, "model");
    const read = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8")) as object;
    const names = ["tokens", "attentionMask", "size"];
    expect(await read("preprocessing.json")).toMatchObject({ inputs: names.map((name) => ({ name })) });
    const graph = (await read("tfjs-graph/model.json")) as { signature: { inputs: object } };
    expect(Object.keys(graph.signature.inputs)).toEqual(names);
    expect(await readFile(join(folder, "README.md"), "utf8")).toContain(
      "Inputs, by name: `tokens`, float32, [samples, ",
    );
    await installTfjs(folder);
    await writeFile(join(home, "in.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
    const { stdout } = await millrace(["predict", "run", "in.jsonl", "--format", "jsonl"], home);
    for (const [i, line] of stdout.trim().split("\n").entries()) {
      const { probabilities } = JSON.parse(line) as { probabilities: Record<string, number> };
      const answer = await askExample(folder, JSON.stringify(lines[i]));
      for (const [label, probability] of Object.entries(probabilities))
        expect(answer[label]).toBeCloseTo(probability, 4);
    }
  });

  it("shows the inputs of its samples in the report", async () => {
    const report = await readFile(join(home, "run", "report.html"), "utf8");
    expect(report).toMatch(
      /<td class="input" data-head="input">tokens [\d., …]+(\(\d+\))?; attentionMask [\d., …]+(\(\d+\))?; size 0\.\d+<\/td>/,
    );
  });

  it("is refused where the fault stands in the spec", async () => {
    const row = await specWith("row.json", (copy) => {
      copy.model.with.layers = [{ type: "dense", units: 2 } as never];
    });
    expect((await millrace(["check", row], home)).stderr).toMatch(
      /layers one after the other take one input, were given 3: .* \(row\.json:\d+:\d+ model\.with\.layers\)/,
    );
    const stray = await specWith("stray.json", (copy) => {
      copy.trainer.with.input[1] = "attentionMas";
    });
    expect((await millrace(["check", stray], home)).stderr).toMatch(
      /\(did you mean "attentionMask"\?\) \(stray\.json:\d+:\d+ trainer\.with\.input\[1\]\)/,
    );
    const twice = await specWith("twice.json", (copy) => {
      copy.trainer.with.input[1] = "tokens";
    });
    expect((await millrace(["check", twice], home)).stderr).toMatch(
      /twice\.json:\d+:\d+ trainer\.with\.input\[1\]: every input must be named once/,
    );
  });
});

it("reads the facts of a run that was made before models had several inputs", async () => {
  const single = await specWith("single.json", (copy) => {
    copy.model.with.layers = [
      { type: "embedding", inputDim: 8, outputDim: 4 },
      { type: "globalAveragePooling1d" },
      { type: "dense", units: 2 },
    ] as never;
    copy.trainer.with.input = "tokens" as never;
  });
  await millrace(["run", single, "--out", "old"], home);
  const path = join(home, "old", "facts.json");
  const { inputs, ...facts } = JSON.parse(await readFile(path, "utf8")) as { inputs: object[] };
  await writeFile(path, JSON.stringify({ ...facts, input: inputs[0] }));
  const measured = await millrace(["evaluate", "old", "--json"], home);
  expect(measured.code).toBe(0);
  const run = JSON.parse(await readFile(join(home, "old", "run.json"), "utf8")) as { metrics: object };
  expect(JSON.parse(measured.stdout)).toMatchObject({ metrics: run.metrics });
  await writeFile(join(home, "old.jsonl"), '{"tokens":[1,2,3],"attentionMask":[1,1,1]}');
  const { code, stderr } = await millrace(["predict", "old", "old.jsonl"], home);
  expect({ code, stderr }).toMatchObject({ code: 0 });
});
