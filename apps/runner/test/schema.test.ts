/** `millrace schema` as an editor uses it, and `millrace print-spec`. */
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getLanguageService, type MarkupContent, TextDocument } from "vscode-json-languageservice";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const at = (name: string) => `file:///${name}`;
const text = (marked: string): { document: TextDocument; offset: number } => {
  const offset = marked.indexOf("|");
  const content = marked.replace("|", "");
  return { document: TextDocument.create(at("spec.json"), "json", 1, content), offset };
};

let whole: object;
let partial: object;
let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  await writeFile(
    join(folder, "spec.json"),
    `{\n  // mine\n  "plugins": [${JSON.stringify(fixture("softmax-trainer.mjs"))}], "seed": "not yet right"\n}\n`,
  );
  await writeFile(join(folder, "gpu.yaml"), "# for the big machine\ntrainer: { with: { epochs: 50 } }\n");
  const ended = await millrace(["schema", "spec.json", "gpu.yaml"], folder);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const read = async (name: string) =>
    JSON.parse(await readFile(join(folder, ".millrace", name), "utf8")) as object;
  whole = await read("spec.schema.json");
  partial = await read("gpu.schema.json");
}, 60_000);

function service(schema: object) {
  const languages = getLanguageService({});
  languages.configure({
    validate: true,
    allowComments: true,
    schemas: [{ uri: at("schema.json"), fileMatch: ["*"], schema }],
  });
  return languages;
}

async function complete(marked: string, schema = whole): Promise<Record<string, string>> {
  const { document, offset } = text(marked);
  const languages = service(schema);
  const parsed = languages.parseJSONDocument(document);
  const list = await languages.doComplete(document, document.positionAt(offset), parsed);
  return Object.fromEntries(
    (list?.items ?? []).map(({ label, documentation }) => [
      label.replaceAll('"', ""),
      typeof documentation === "string" ? documentation : (documentation?.value ?? ""),
    ]),
  );
}

async function hover(marked: string): Promise<string> {
  const { document, offset } = text(marked);
  const languages = service(whole);
  const shown = await languages.doHover(
    document,
    document.positionAt(offset),
    languages.parseJSONDocument(document),
  );
  const contents = shown?.contents;
  if (Array.isArray(contents))
    return contents.map((each) => (typeof each === "string" ? each : each.value)).join("\n");
  return (contents as MarkupContent | undefined)?.value ?? "";
}

async function problems(json: string, schema = whole): Promise<string[]> {
  const { document } = text(json);
  const languages = service(schema);
  const found = await languages.doValidation(document, languages.parseJSONDocument(document));
  return found.map(
    ({ message, range }) =>
      `${range.start.line + 1}: ${typeof message === "string" ? message : message.value}`,
  );
}

const good = `{
  "source": { "use": "generated", "with": { "problem": "blobs", "length": 10 } },
  "model": { "use": "layers", "with": { "layers": [{ "type": "dense", "units": 3 }] } },
  "trainer": { "use": "tfjs", "with": { "epochs": 3 } }
}`;

describe("an editor with the written schema", () => {
  it("offers the plugins of a kind, with what they are, those of the spec's own modules too", async () => {
    const sources = await complete('{ "source": { "use": "|" } }');
    expect(Object.keys(sources)).toEqual(
      expect.arrayContaining(["csv", "image-folder", "postgres", "token-file"]),
    );
    expect(sources).not.toHaveProperty("tfjs");
    expect(sources["image-folder"]).toContain("images in one folder per class");
    expect(Object.keys(await complete('{ "trainer": { "use": "|" } }'))).toEqual(["tfjs", "softmax"]);
  });

  it("offers the options of the plugin that was chosen, and of no other, with their words", async () => {
    const options = await complete('{ "source": { "use": "csv", "with": { | } } }');
    expect(Object.keys(options)).toEqual(expect.arrayContaining(["path", "label", "delimiter"]));
    expect(options).not.toHaveProperty("root");
    expect(options.label).not.toBe("");
    expect(Object.keys(await complete('{ "trainer": { "use": "softmax", "with": { | } } }'))).toEqual(
      expect.arrayContaining(["epochs", "rate", "fault"]),
    );
    expect(Object.keys(await complete('{ "transforms": [{ "use": "resize", | }] }'))).toEqual([
      "with",
      "only",
    ]);
    expect(
      Object.keys(await complete('{ "trainer": { "use": "tfjs", "with": { "device": "|" } } }')),
    ).toEqual(expect.arrayContaining(["auto", "webgpu", "wasm"]));
  });

  it("offers what stands inside of options: optimizers, their numbers, types of layers", async () => {
    const inTrainer = (json: string) => `{ "trainer": { "use": "tfjs", "with": ${json} } }`;
    expect(Object.keys(await complete(inTrainer('{ "optimizer": { "type": "|" } }')))).toEqual(
      expect.arrayContaining(["adam", "sgd"]),
    );
    const adam = Object.keys(await complete(inTrainer('{ "optimizer": { "type": "adam", | } }')));
    expect(adam).toContain("beta1");
    expect(adam).not.toContain("nesterov");
    const layers = await complete(
      '{ "model": { "use": "layers", "with": { "layers": [{ "type": "|" }] } } }',
    );
    expect(Object.keys(layers)).toEqual(expect.arrayContaining(["conv2d", "dense", "lstm"]));
  });

  it("tells what an option is where the mouse rests", async () => {
    expect(await hover('{ "loader": { "batch|Size": 8 } }')).toContain("samples per batch");
    expect(await hover('{ "source": { "use": "csv", "with": { "pa|th": "x" } } }')).toMatch(/file/);
    expect(await hover('{ "trainer": { "use": "tf|js" } }')).toMatch(/mini.{0,3}-batch/);
  });

  it("finds nothing wrong with a good spec, nor with references to the environment", async () => {
    expect(await problems(good)).toEqual([]);
    const env = good
      .replace('"epochs": 3', '"epochs": "${env:EPOCHS:-3}", "device": "${env:DEVICE}"')
      .replace('"length": 10', '"length": "${env:LENGTH}"');
    expect(await problems(env)).toEqual([]);
    const rate = good.replace('"epochs": 3', '"optimizer": { "learningRate": 0.01 }');
    expect(await problems(rate)).toEqual([]);
  });

  const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
  const specs = readdirSync(examples, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith("spec.json") && !/node_modules|runs/.test(path),
  );
  it.each(specs)("finds nothing wrong with examples/%s", async (path) => {
    const own = await readFile(join(examples, path), "utf8");
    // A plugin of its own is not among those of this schema.
    const found = (await problems(own)).filter(
      (problem) => !own.includes('"plugins"') || !problem.includes("Value is not accepted"),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['"epochs": 3', '"epohcs": 3', /^4: Property epohcs is not allowed/],
    ['"epochs": 3', '"epochs": "many"', /^4: must be a whole number, or come from the environment/],
    ['"epochs": 3', '"optimizer": { "type": "adam", "beta3": 0.9 }', /^4: Property beta3 is not allowed/],
    ['"problem": "blobs", ', "", /^2: Missing property "problem"/],
    ['"use": "generated"', '"use": "genrated"', /^2: Value is not accepted\. Valid values: "memory"/],
    ['"model"', '"modle"', /Property modle is not allowed|Missing property "model"/],
  ])("marks %s made %s", async (right, wrong, expected) => {
    const found = await problems(good.replace(right, wrong));
    expect(found.filter((problem) => problem.match(expected) !== null)).not.toEqual([]);
  });

  it("asks nothing of a spec that is laid over others, where null takes a key out", async () => {
    const part =
      '{ "split": null, "loader": { "numWorkers": null, "batchSize": 4 }, "trainer": { "with": { "epochs": 50 } } }';
    expect(await problems(part, partial)).toEqual([]);
    const rate = '{ "trainer": { "use": "tfjs", "with": { "optimizer": { "learningRate": 0.01 } } } }';
    expect(await problems(rate, partial)).toEqual([]);
    expect(await problems('{ "loader": { "batchSzie": 4 } }', partial)).toEqual([
      "1: Property batchSzie is not allowed.",
    ]);
    const options = await complete('{ "trainer": { "use": "tfjs", "with": { | } } }', partial);
    expect(Object.keys(options)).toContain("epochs");
  });
});

describe("millrace schema", () => {
  it("has the specs name their schemas, and leaves all else in them as it was", async () => {
    expect(await readFile(join(folder, "spec.json"), "utf8")).toMatch(
      /^\{\n {2}"\$schema": "\.\/\.millrace\/spec\.schema\.json",\n {2}\/\/ mine\n {2}"plugins"/,
    );
    expect(await readFile(join(folder, "gpu.yaml"), "utf8")).toBe(
      "# yaml-language-server: $schema=./.millrace/gpu.schema.json\n# for the big machine\ntrainer: { with: { epochs: 50 } }\n",
    );
  });

  it("prints the schema of what comes with millrace where no spec is named, or writes it to --out", async () => {
    const printed = await millrace(["schema"], folder);
    const written = await millrace(["schema", "--out", "all.json", "--json"], folder);
    expect(JSON.parse(written.stdout)).toEqual({ written: [{ schema: join(folder, "all.json") }] });
    expect(await readFile(join(folder, "all.json"), "utf8")).toBe(printed.stdout);
    expect(Object.keys((JSON.parse(printed.stdout) as { definitions: object }).definitions)).toContain(
      "source.csv",
    );
  });
});

describe("millrace print-spec", () => {
  it("writes over no file but an older schema", async () => {
    const before = await readFile(join(folder, "spec.json"), "utf8");
    const onto = await millrace(["schema", "spec.json", "--out", "spec.json"], folder);
    expect([onto.code, onto.stderr]).toEqual([
      1,
      expect.stringContaining(
        "the schema must be a new file or an older schema, but spec.json is something else",
      ),
    ]);
    expect(await readFile(join(folder, "spec.json"), "utf8")).toBe(before);
    for (let i = 0; i < 2; i++)
      expect((await millrace(["schema", "--out", "twice.json"], folder)).code).toBe(0);
  });

  it("prints one spec of all, with defaults, as JSON or YAML, and no value of the environment", async () => {
    const base = { ...(JSON.parse(good) as object), exclude: "${env:PATH}", seed: 3 };
    await writeFile(join(folder, "base.json"), JSON.stringify(base));
    await writeFile(join(folder, "more.yaml"), "extends: base.json\nloader: { batchSize: 4 }\n");
    const words = ["print-spec", "more.yaml", "gpu.yaml", "--set", "seed=5"];
    const json = await millrace(words, folder);
    expect(json).toMatchObject({ code: 0, stderr: "" });
    const printed = JSON.parse(json.stdout) as Record<string, unknown>;
    expect(printed).toMatchObject({
      seed: 5,
      exclude: "${env:PATH}",
      loader: { batchSize: 4, shuffle: false, collate: { use: "default", with: {} } },
      trainer: { use: "tfjs", with: { epochs: 50, device: "auto" } },
    });
    const yaml = await millrace([...words, "--yaml"], folder);
    await writeFile(join(folder, "printed.yaml"), yaml.stdout);
    const again = await millrace(["print-spec", "printed.yaml", "--json"], folder);
    expect(JSON.parse(again.stdout)).toEqual({ spec: printed, files: ["printed.yaml"] });
  });

  it("refuses what is no spec, with places", async () => {
    await writeFile(join(folder, "bad.yaml"), "seed: -1\n");
    const { code, stderr } = await millrace(["print-spec", "bad.yaml"], folder);
    expect(code).toBe(1);
    expect(stderr).toContain("bad.yaml:1:7 seed: must be at least 0, was -1");
  });
});
