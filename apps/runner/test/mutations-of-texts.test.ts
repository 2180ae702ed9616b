/** Specs in YAML and in several files with one fault each: every one is refused where it stands, in the file that has it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, MillraceError } from "@millrace/core";
import { readSpec, writeSpecText } from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withSpec } from "../src/compose.js";
import { indented, shortcomings } from "./support/messages.js";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-texts-"));
});
afterAll(() => rm(folder, { recursive: true }));

const good: Json = {
  seed: 7,
  source: { use: "csv", with: { path: "rows.csv", label: "kind", features: ["left", "right"] } },
  split: { train: 0.8, validation: 0.2, stratifyBy: "label" },
  transforms: [{ use: "standardize", with: { fields: "features" }, only: "train" }],
  loader: { batchSize: 16, shuffle: true, collate: { use: "default" } },
  model: { use: "layers", with: { layers: [{ type: "dense", units: 3 }] } },
  trainer: {
    use: "tfjs",
    with: { epochs: 2, optimizer: { type: "adam", learningRate: 0.1 }, metrics: ["accuracy"] },
  },
};

/** Another run in a few lines. */
const small = {
  json: `{
  "source": { "use": "generated", "with": { "problem": "blobs", "length": 9 } },
  // no more than it takes
  "plugins": [],
  "model": { "use": "layers", "with": { "layers": [{ "type": "dense", "units": 3 }] } },
  "trainer": { "use": "tfjs" }
}`,
  yaml: `source: { use: generated, with: { problem: blobs, length: 9 } }
loader:
  batchSize: 4
  collate:
    use: "default"
model:
  use: layers
  with:
    layers:
      - { type: dense, units: 3 }
      - type: activation
        activation: softmax
trainer: { use: tfjs }`,
};

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function write(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

async function refusal(...names: readonly string[]): Promise<unknown> {
  try {
    const text = await readSpec(names.map((name) => join(folder, name)));
    await withSpec(text, silent, () => Promise.resolve());
    return undefined;
  } catch (error) {
    return error;
  }
}

interface Mutant {
  readonly name: string;
  readonly spec: Json;
  /** What must stand at the place that is told: the key or the value that was put in. */
  readonly wrong: string;
}

/** At every place a key that is misspelt, and a value of another kind. */
function* mutants(node: Json, rebuild: (value: Json) => Json, path: string): Generator<Mutant> {
  if (typeof node !== "object" || node === null) {
    const value = typeof node === "number" ? "several" : 4711;
    yield { name: `${path} = ${value}`, spec: rebuild(value), wrong: String(value) };
    return;
  }
  if (Array.isArray(node)) {
    const list = node as readonly Json[];
    for (const [i, value] of list.entries())
      yield* mutants(value, (made) => rebuild(list.with(i, made)), `${path}[${i}]`);
    return;
  }
  const fields = node as Readonly<Record<string, Json>>;
  for (const [key, value] of Object.entries(fields)) {
    const own = path === "" ? key : `${path}.${key}`;
    const wrong = `${key}z`;
    const { [key]: _, ...rest } = fields;
    yield { name: `${own} misspelt`, spec: rebuild({ ...rest, [wrong]: value }), wrong };
    yield* mutants(value, (made) => rebuild({ ...fields, [key]: made }), own);
  }
}

const all = [...mutants(good, (made) => made, "")];

/** True if one of the places that an error tells, in the file of this name, is where `wrong` stands. */
function pointsAt(error: MillraceError, name: string, wrong: string): boolean {
  const lines = readFileSync(join(folder, name), "utf8").split("\n");
  const places = [...error.describe().matchAll(/([\w.-]+):(\d+):(\d+) /g)];
  return places.some(([, file, line, column]) => {
    const rest = lines[Number(line) - 1]?.slice(Number(column) - 1) ?? "";
    return file === name && rest.replace(/^["']/, "").startsWith(wrong);
  });
}

async function examine(
  forms: (mutant: Mutant) => Promise<{ readonly file: string; readonly specs: readonly string[] }>,
): Promise<{ readonly lacking: string[]; readonly messages: string[] }> {
  const lacking: string[] = [];
  const messages: string[] = [];
  for (const mutant of all) {
    const { file, specs } = await forms(mutant);
    const error = await refusal(...specs);
    if (error === undefined) continue;
    messages.push(`${mutant.name}\n${indented(error, folder)}`);
    lacking.push(...shortcomings(error).map((what) => `${mutant.name}: ${what}`));
    if (
      error instanceof MillraceError &&
      !pointsAt(error, file, mutant.wrong) &&
      !error.describe().includes("is required")
    )
      lacking.push(`${mutant.name}: ${mutant.wrong} is not told at its place: ${error.describe()}`);
  }
  return { lacking, messages };
}

const snapshot = (messages: readonly string[], name: string) =>
  expect(`${messages.join("\n")}\n`).toMatchFileSnapshot(`messages/${name}.txt`);

describe("a fault of a spec", () => {
  it("is placed in YAML, at the key or value that is wrong", async () => {
    await write("spec.yaml", writeSpecText(good, "yaml"));
    expect(await refusal("spec.yaml")).toBeUndefined();
    const { lacking, messages } = await examine(async ({ spec }) => {
      await write("spec.yaml", writeSpecText(spec, "yaml"));
      return { file: "spec.yaml", specs: ["spec.yaml"] };
    });
    expect(lacking).toEqual([]);
    expect(messages.length).toBeGreaterThan(50);
    await snapshot(messages, "of-yaml");
  }, 120_000);

  it("is placed in the spec that is extended, where that has it", async () => {
    await write("spec.json", '{ "extends": "base.yaml", "loader": { "numWorkers": 0 } }');
    const { lacking, messages } = await examine(async ({ spec }) => {
      await write("base.yaml", writeSpecText(spec, "yaml"));
      return { file: "base.yaml", specs: ["spec.json"] };
    });
    expect(lacking).toEqual([]);
    expect(messages.length).toBeGreaterThan(50);
  }, 120_000);

  it("is placed in the spec that is laid over others, where that has it", async () => {
    await write("whole.json", writeSpecText(good, "json"));
    const { lacking, messages } = await examine(async ({ spec }) => {
      await write("over.json", writeSpecText(spec, "json"));
      return { file: "over.json", specs: ["whole.json", "over.json"] };
    });
    expect(lacking).toEqual([]);
    expect(messages.length).toBeGreaterThan(50);
    await snapshot(messages, "of-overlays");
  }, 120_000);

  it.each(["json", "yaml"] as const)(
    "of its %s is placed, whichever character or line is damaged",
    async (form) => {
      const text = small[form];
      const name = `damaged.${form}`;
      const lines = text.split("\n");
      const damages = lines.flatMap((line, i): (readonly [string, string])[] => [
        ...line
          .split("")
          .flatMap((character, at): (readonly [string, string])[] =>
            /[{}[\]",:-]/.test(character)
              ? [
                  [
                    `without ${character} at ${i + 1}:${at + 1}`,
                    lines.with(i, line.slice(0, at) + line.slice(at + 1)).join("\n"),
                  ],
                ]
              : [],
          ),
        [`line ${i + 1} twice`, lines.toSpliced(i, 0, line).join("\n")],
        [`line ${i + 1} indented by a tab`, lines.with(i, `\t${line}`).join("\n")],
        [`line ${i + 1} indented by one more`, lines.with(i, ` ${line}`).join("\n")],
        [`nothing from line ${i + 1} on`, lines.slice(0, i).join("\n")],
      ]);
      const lacking: string[] = [];
      const messages: string[] = [];
      for (const [what, damaged] of damages) {
        await write(name, damaged);
        const error = await refusal(name);
        if (error === undefined) continue;
        messages.push(`${what}\n${indented(error, folder)}`);
        lacking.push(...shortcomings(error).map((short) => `${what}: ${short}`));
      }
      expect(lacking).toEqual([]);
      expect(messages.length).toBeGreaterThan(30);
      await snapshot(messages, `of-damaged-${form}`);
    },
    120_000,
  );

  it("between several texts is told with all of them", async () => {
    const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      "extends itself": { "spec.yaml": "extends: spec.yaml\n" },
      "extends in a circle of three": {
        "spec.yaml": "extends: b.json\n",
        "b.json": '{ "extends": ["c.yaml"] }',
        "c.yaml": "seed: 1\nextends: ./spec.yaml\n",
      },
      "extends what is not there": { "spec.yaml": "seed: 1\nextends: [nowhere.yaml]\n" },
      "extends a number": { "spec.yaml": "extends: 3\n" },
      "extends an empty path": { "spec.yaml": "extends: ''\n" },
      "extends a folder": { "spec.yaml": "extends: ../\n" },
      "extends what is no spec": { "spec.yaml": "extends: b.json\n", "b.json": "[1, 2" },
      "extends a list": { "spec.yaml": "extends: b.json\n", "b.json": "[1, 2]" },
      "extends JSON with YAML in it": { "spec.yaml": "extends: b.json\n", "b.json": "seed: 1\n" },
      "takes out what is needed": {
        "spec.yaml": "extends: b.json\nmodel: null\n",
        "b.json": JSON.stringify(good),
      },
      "names another plugin with the options of the first": {
        "spec.yaml": "extends: b.json\ntrainer: { use: tfsj }\n",
        "b.json": JSON.stringify(good),
      },
      "refers to a variable that is not set": {
        "spec.yaml": "extends: b.json\nsource: { with: { path: '${env:MILLRACE_NOT_SET}/rows.csv' } }\n",
        "b.json": JSON.stringify(good),
      },
      "refers to no variable": {
        "spec.yaml": "extends: b.json\nsource: { with: { path: '${env:}/rows.csv' } }\n",
        "b.json": JSON.stringify(good),
      },
      "has a key twice below": { "spec.yaml": "extends: b.json\n", "b.json": '{ "seed": 1,\n "seed": 2 }' },
    };
    const lacking: string[] = [];
    const messages: string[] = [];
    for (const [what, texts] of Object.entries(cases)) {
      for (const [name, text] of Object.entries(texts)) await write(name, text);
      const error = await refusal("spec.yaml");
      messages.push(`${what}\n${indented(error, folder)}`);
      lacking.push(...shortcomings(error).map((short) => `${what}: ${short}`));
    }
    expect(lacking).toEqual([]);
    await snapshot(messages, "of-several-texts");
  });
});
