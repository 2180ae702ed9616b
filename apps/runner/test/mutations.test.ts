/** Specs with one fault each: whatever a run refuses before its first step, `check` refuses, and says where. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Logger, messageOf } from "@millrace/core";
import { parseSpecText, rehearse } from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withLine } from "../src/compose.js";
import { indented, shortcomings } from "./support/messages.js";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-mutations-"));
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 4},${i % 7},${"abc"[i % 3]},${i / 2}`);
  await writeFile(join(folder, "rows.csv"), ["left,right,kind,weight", ...rows].join("\n"));
});
afterAll(() => rm(folder, { recursive: true }));

const bases: Readonly<Record<string, Json>> = {
  classes: {
    seed: 7,
    source: { use: "generated", with: { problem: "blobs", length: 60, classes: 3 } },
    split: { train: 0.8, validation: 0.2, stratifyBy: "label" },
    loader: { batchSize: 16, shuffle: true, dropLast: false },
    model: {
      use: "layers",
      with: {
        layers: [
          { type: "dense", units: 4, activation: "relu", name: "first" },
          { type: "dropout", rate: 0.1 },
          { type: "dense", units: { from: "labels.count" }, activation: "softmax", name: "last" },
        ],
      },
    },
    trainer: {
      use: "tfjs",
      with: {
        device: "cpu",
        epochs: 1,
        metrics: ["accuracy"],
        optimizer: { type: "adam", learningRate: 0.1 },
        schedule: { type: "cosine" },
        earlyStopping: { monitor: "loss", patience: 2 },
      },
    },
  },
  numbers: {
    source: {
      use: "csv",
      with: { path: "rows.csv", label: "weight", labelType: "number", features: ["left", "right"] },
    },
    split: { train: 0.5, validation: 0.5 },
    loader: { batchSize: 8, collate: { use: "default" } },
    model: {
      use: "layers",
      with: {
        layers: [
          { type: "reshape", targetShape: [2, 1] },
          { type: "conv1d", filters: 2, kernelSize: 2, padding: "same" },
          { type: "flatten" },
          { type: "dense", units: 1 },
        ],
      },
    },
    trainer: {
      use: "tfjs",
      with: {
        device: "cpu",
        epochs: 1,
        loss: "meanSquaredError",
        optimizer: { type: "momentum", momentum: 0.5 },
      },
    },
  },
};

interface Mutant {
  readonly name: string;
  readonly spec: Json;
}

/** One fault at every place: a key misspelt, a key left out, a value of another kind, a value out of range. */
function* mutants(base: string, node: Json, rebuild: (value: Json) => Json, path: string): Generator<Mutant> {
  for (const value of wrongValues(node)) {
    yield { name: `${base}${path} = ${JSON.stringify(value)}`, spec: rebuild(value) };
  }
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    const list = node as readonly Json[];
    for (const [i, value] of list.entries()) {
      yield* mutants(base, value, (made) => rebuild(list.with(i, made)), `${path}[${i}]`);
    }
    return;
  }
  const fields = node as Readonly<Record<string, Json>>;
  for (const [key, value] of Object.entries(fields)) {
    const { [key]: _, ...rest } = fields;
    yield { name: `${base}${path}.${key} left out`, spec: rebuild(rest) };
    yield { name: `${base}${path}.${key} misspelt`, spec: rebuild({ ...rest, [misspelt(key)]: value }) };
    yield* mutants(base, value, (made) => rebuild({ ...fields, [key]: made }), `${path}.${key}`);
  }
}

function wrongValues(value: Json): Json[] {
  if (typeof value === "string") return [misspelt(value), 7];
  if (typeof value === "number") return [-3, 0.37, 0, "many"];
  if (typeof value === "boolean") return ["yes"];
  return Array.isArray(value) ? [{}, []] : ["nothing"];
}

function misspelt(word: string): string {
  return word.length < 3 ? `${word}x` : `${word.slice(0, 1)}${word[2]}${word[1]}${word.slice(3)}x`;
}

/** References, shapes and names that fit each other only together. */
const layered = (...layers: readonly Json[]): Json => ({
  ...(bases.classes as object),
  model: { use: "layers", with: { layers } },
});
const byHand: readonly Mutant[] = [
  { name: "two layers of one name", spec: layered(dense(4, { name: "a" }), dense(3, { name: "a" })) },
  {
    name: "a circle of layers",
    spec: layered(dense(4, { name: "a", inputs: ["b"] }), dense(4, { name: "b", inputs: ["a"] }), dense(3)),
  },
  { name: "an input that is not there", spec: layered(dense(4, { inputs: ["nowhere"] }), dense(3)) },
  { name: "more outputs than labels", spec: layered(dense(5)) },
  { name: "fewer outputs than labels", spec: layered(dense(2)) },
  {
    name: "a convolution of a vector",
    spec: layered({ type: "conv2d", filters: 2, kernelSize: 3 }, dense(3)),
  },
  { name: "a shape of other size", spec: layered({ type: "reshape", targetShape: [7] }, dense(3)) },
  { name: "a fact that is not there", spec: layered(dense({ from: "labels.sum" })) },
  { name: "no layers", spec: layered() },
  { name: "a layer without parameters", spec: layered({ type: "flatten" }) },
];

function dense(units: Json, more: Readonly<Record<string, Json>> = {}): Json {
  return { type: "dense", units, ...more };
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function textOf(spec: Json) {
  const url = pathToFileURL(join(folder, "spec.json"));
  return parseSpecText(JSON.stringify(spec, null, 1), "spec.json", url);
}

async function refusal(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Trains until the first step is done. What is raised before it is the answer. */
async function refusalOfRun(spec: Json): Promise<unknown> {
  const stop = new AbortController();
  let stepped = false;
  const runDir = await mkdtemp(join(folder, "run-"));
  const error = await refusal(() =>
    withLine(textOf(spec), silent, async ({ trainer, loaders, model, facts, spec: { seed } }) =>
      trainer.fit({
        train: loaders.train,
        validation: loaders.validation,
        model,
        facts,
        seed,
        runDir,
        signal: stop.signal,
        report({ type }) {
          if (type !== "step") return;
          stepped = true;
          stop.abort();
        },
      }),
    ),
  );
  return stepped ? undefined : error;
}

describe("a spec with a fault", () => {
  it("is refused by check, with its place, wherever run refuses it before its first step", async () => {
    const all = [
      ...Object.entries(bases).flatMap(([name, base]) => [...mutants(name, base, (made) => made, "")]),
      ...byHand,
    ];
    expect(all.length).toBeGreaterThanOrEqual(200);
    const wrong: string[] = [];
    const messages: string[] = [];
    let refused = 0;
    for (const { name, spec } of all) {
      const error = await refusal(() => withLine(textOf(spec), silent, (line) => rehearse(line)));
      if (error === undefined) {
        const later = await refusalOfRun(spec);
        if (later !== undefined) wrong.push(`${name}: good to check, but run says ${messageOf(later)}`);
        continue;
      }
      refused++;
      messages.push(`${name}\n${indented(error, folder)}`);
      wrong.push(...shortcomings(error).map((what) => `${name}: ${what}`));
    }
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(200);
    await expect(`${messages.join("\n")}\n`).toMatchFileSnapshot("messages/of-mutated-specs.txt");
  }, 900_000);

  it.each(Object.keys(bases))("is good to check before it was made wrong: %s", async (name) => {
    const error = await refusal(() => withLine(textOf(bases[name]), silent, (line) => rehearse(line)));
    expect(error).toBeUndefined();
  });
});
