import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MillraceError } from "../errors.js";
import { parseOverride, readSpec, type SpecText } from "./read.js";

let root: string;
let folder: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-layers-"));
});
afterAll(() => rm(root, { recursive: true }));

async function files(texts: Readonly<Record<string, string>>): Promise<(name: string) => string> {
  folder = join(root, String(count++));
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const here = folder;
  return (name) => join(here, name);
}

/** Names as they stand in the folder. */
const near = (text: string): string => text.replaceAll(`${folder}/`, "");

async function refusal(read: Promise<SpecText>): Promise<string> {
  const error: unknown = await read.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MillraceError);
  return near((error as MillraceError).describe());
}

describe("a spec that extends another", () => {
  it("is laid over it: objects are merged, lists and values replaced, and null takes a key out", async () => {
    const at = await files({
      "base.json":
        '{ "seed": 1, "loader": { "batchSize": 8, "shuffle": true, "numWorkers": 2 }, "plugins": ["a", "b"], "split": { "train": 1 } }',
      "spec.yaml":
        "extends: base.json\nseed: 2\nloader: { batchSize: 16, numWorkers: null }\nplugins: [c]\nsplit: null\n",
    });
    const text = await readSpec(at("spec.yaml"));
    expect(text.value).toEqual({ seed: 2, loader: { batchSize: 16, shuffle: true }, plugins: ["c"] });
    expect(near(text.locate(["seed"]))).toBe("spec.yaml:2:7");
    expect(near(text.locate(["loader", "shuffle"]))).toBe("base.json:1:53");
    expect(near(text.locateKey(["loader", "batchSize"]))).toBe("spec.yaml:3:11");
    expect(near(text.locate(["model"]))).toBe("spec.yaml:1:1");
    expect(text.files.map(near)).toEqual(["spec.yaml", "base.json"]);
  });

  it("replaces a plugin or a kind of thing whole where it names another", async () => {
    const at = await files({
      "base.json":
        '{ "trainer": { "use": "tfjs", "with": { "epochs": 3, "optimizer": { "type": "adam", "beta1": 0.8 } } }, "model": { "use": "layers", "with": { "layers": [] } } }',
      "spec.json":
        '{ "extends": "./base.json", "trainer": { "with": { "optimizer": { "type": "sgd" } } }, "model": { "use": "code" } }',
    });
    expect((await readSpec(at("spec.json"))).value).toEqual({
      trainer: { use: "tfjs", with: { epochs: 3, optimizer: { type: "sgd" } } },
      model: { use: "code" },
    });
  });

  it("may extend several, of which later ones win, and those in turn others", async () => {
    const at = await files({
      "a.json": '{ "seed": 1, "exclude": "a" }',
      "b.json": '{ "extends": "deeper/c.json", "seed": 2 }',
      "deeper/c.json": '{ "seed": 3, "loader": { "batchSize": 4 } }',
      "spec.json": '{ "extends": ["a.json", "b.json"] }',
    });
    expect((await readSpec(at("spec.json"))).value).toEqual({
      seed: 2,
      exclude: "a",
      loader: { batchSize: 4 },
    });
  });

  it("has plugins and excluded samples found beside the file that names them", async () => {
    const at = await files({
      "shared/base.json": '{ "plugins": ["./mine.mjs", "package"], "exclude": "bad/list.jsonl" }',
      "runs/spec.json": '{ "extends": "../shared/base.json" }',
      "again.json": '{ "extends": "shared/base.json" }',
    });
    expect((await readSpec(at("runs/spec.json"))).value).toEqual({
      plugins: ["../shared/mine.mjs", "package"],
      exclude: "../shared/bad/list.jsonl",
    });
    expect((await readSpec(at("again.json"))).value).toEqual({
      plugins: ["./shared/mine.mjs", "package"],
      exclude: "shared/bad/list.jsonl",
    });
  });

  it("is refused where the way leads back to itself, with the whole way", async () => {
    const at = await files({
      "a.json": '{ "extends": "b.json" }',
      "b.json": '{\n  "extends": ["c.yaml"] }',
      "c.yaml": "seed: 1\nextends: a.json\n",
    });
    expect(await refusal(readSpec(at("a.json")))).toBe(
      "c.yaml has 1 fault:\n  c.yaml:2:10 extends: must not lead back to itself: a.json → b.json → c.yaml → a.json",
    );
  });

  it("names the place of a path that leads nowhere or is none, and faults in the text that has them", async () => {
    const at = await files({
      "gone.json": '{ "extends": "missing.json" }',
      "number.json": '{\n "extends": 7 }',
      "spec.json": '{ "extends": "broken.yaml" }',
      "broken.yaml": "seed: 1\nloader: [\n",
      "twice.json": '{ "extends": "base.json" }',
      "base.json": '{ "seed": 1,\n  "seed": 2 }',
    });
    expect(await refusal(readSpec(at("gone.json")))).toMatch(
      /^there is no spec at missing\.json \(gone\.json:1:14 extends\)/,
    );
    expect(await refusal(readSpec(at("number.json")))).toContain(
      "number.json:2:13 extends: must be the path of a spec, or a list of paths",
    );
    expect(await refusal(readSpec(at("spec.json")))).toContain(
      "broken.yaml is not valid YAML\n  broken.yaml:",
    );
    expect((await readSpec(at("twice.json"))).faults.map(near)).toEqual([
      "base.json:2:3 seed: must stand once in an object, but stands at 1:3 already",
    ]);
  });
});

describe("several specs", () => {
  it("are laid over each other, the later over the earlier, and --set over all", async () => {
    const at = await files({
      "base.json": '{ "seed": 1, "loader": { "batchSize": 8, "shuffle": true } }',
      "more.yaml": "loader: { batchSize: 32 }\n",
      "last.json": '{ "loader": { "numWorkers": 2 } }',
    });
    const all = ["base.json", "more.yaml", "last.json"].map(at);
    const text = await readSpec(all, [
      parseOverride("loader.numWorkers=3"),
      parseOverride("plugins=[]"),
      parseOverride("plugins.0=a"),
    ]);
    expect(text.value).toEqual({
      seed: 1,
      loader: { batchSize: 32, shuffle: true, numWorkers: 3 },
      plugins: ["a"],
    });
    expect(near(text.name)).toBe("base.json + more.yaml + last.json");
    expect(near(text.locate(["loader", "batchSize"]))).toBe("more.yaml:1:22");
    expect(text.locate(["loader", "numWorkers"])).toBe("--set loader.numWorkers");
    expect(near(text.locate(["model"]))).toBe("base.json:1:1");
    await expect(readSpec(all, [parseOverride("plugins=[]"), parseOverride("plugins.3=a")])).rejects.toThrow(
      '--set plugins.3: plugins is a list of 0, which has no "3"',
    );
    const first = await readSpec(all, [
      parseOverride("transforms.0.use=resize"),
      parseOverride("split.train=1"),
    ]);
    expect(first.value).toMatchObject({ transforms: [{ use: "resize" }], split: { train: 1 } });
  });
});
