/** `millrace evaluate` and `millrace predict` on runs that were trained once for all tests here. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { type Ended, newFolder } from "./support/cli.js";
import { askExample as example, installTfjs as install } from "./support/exported.js";
import { millraceHere as millrace } from "./support/host.js";

let home: string;
/** Another working directory than that in which the runs were made. */
let elsewhere: string;
const run = (name: string) => join(home, "runs", name);
const json = async (...path: string[]) =>
  JSON.parse(await readFile(join(...path), "utf8")) as Record<string, never>;

const trainer = (more: object = {}) => ({
  use: "tfjs",
  with: { device: "cpu", epochs: 4, optimizer: { type: "adam", learningRate: 0.05 }, ...more },
});
const dense = (units: unknown) => ({ use: "layers", with: { layers: [{ type: "dense", units }] } });
const split = { train: 0.6, validation: 0.2, test: 0.2 };

/** Three kinds of flowers that differ in width; the number of a row tells its kind. */
function flowers(rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, i) => `${i},${(i % 3) + 0.1},${3 - (i % 3)},${"abc"[i % 3]}ü`,
  );
  return ["id,width,height,kind", ...lines].join("\n");
}

async function image(path: string, shade: number, side = 10): Promise<void> {
  const pixels = { width: side, height: side, channels: 3 as const };
  await sharp({ create: { ...pixels, background: { r: shade, g: shade, b: shade } } })
    .png()
    .toFile(path);
}

const specs = {
  table: {
    source: { use: "csv", with: { path: "flowers.csv", label: "kind", features: ["width", "height"] } },
    split,
    loader: { batchSize: 8, shuffle: true },
    model: dense({ from: "labels.count" }),
    trainer: trainer(),
  },
  number: {
    source: {
      use: "csv",
      with: { path: "flowers.csv", label: "id", labelType: "number", features: ["width", "height"] },
    },
    loader: { batchSize: 30 },
    model: dense(1),
    trainer: trainer({ loss: "meanSquaredError", epochs: 1 }),
  },
  image: {
    source: { use: "image-folder", with: { root: "shades" } },
    split,
    transforms: [
      { use: "resize", with: { width: 4, height: 4 } },
      // Samples of a person's own must never come out of it.
      { use: "cache", with: { in: "disk" } },
      { use: "random-horizontal-flip", only: "train" },
    ],
    loader: { batchSize: 8, shuffle: true },
    model: {
      use: "layers",
      with: {
        layers: [{ type: "rescaling", scale: 1 / 255 }, { type: "flatten" }, { type: "dense", units: 2 }],
      },
    },
    trainer: trainer(),
  },
};

beforeAll(async () => {
  home = await newFolder();
  elsewhere = await newFolder();
  await writeFile(join(home, "flowers.csv"), flowers(90));
  for (const [name, shade] of [
    ["dark", 20],
    ["light", 200],
  ] as const) {
    await mkdir(join(home, "shades", name), { recursive: true });
    for (let i = 0; i < 12; i++) await image(join(home, "shades", name, `${i}.png`), shade + i);
  }
  const ended = await Promise.all(
    Object.entries(specs).map(async ([name, spec]) => {
      await writeFile(join(home, `${name}.json`), JSON.stringify({ seed: 1, ...spec }));
      return millrace(["run", `${name}.json`, "--out", `runs/${name}`, "--json"], home);
    }),
  );
  for (const { code, stderr } of ended) if (code !== 0) throw new Error(stderr);
}, 60_000);

describe("millrace evaluate", () => {
  it("measures the run's model on a split, from any directory, prints it and writes it down", async () => {
    const { code, stdout, stderr } = await millrace(["evaluate", run("table"), "--split", "test"], elsewhere);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/ on its test split: 18 samples, 3 classes/);
    expect(stdout).toContain("weights: the saved model (model/model.json)");
    expect(stdout).toMatch(/\n {2}accuracy {2}[01]\.\d{4}\n/);
    expect(stdout).toMatch(/\n {2}true +aü +bü +cü {2}recall\n {2}aü +[\d·]+ +[\d·]+ +[\d·]+ +\d+%\n/);
    expect(stdout).toMatch(/\n {2}precision( +(\d+%|–)){3}\n/);
    const written = await json(run("table"), "evaluation-test.json");
    expect(written).toMatchObject({
      split: "test",
      samples: 18,
      device: "cpu",
      weights: { choice: "final" },
    });
    expect(written.labels).toHaveLength(3);
    expect(written.worst[0]).toMatchObject({
      index: expect.any(Number) as number,
      loss: expect.any(Number) as number,
    });
  });

  it("gives on the validation split what the run itself ended with", async () => {
    const { stdout, stderr } = await millrace(["evaluate", run("table"), "--json"], elsewhere);
    const result = JSON.parse(stdout) as { metrics: object };
    expect(result.metrics).toEqual((await json(run("table"), "run.json")).metrics);
    expect(stderr).toContain("device: cpu");
  });

  it("names the worst samples by their place in the source, not in the split", async () => {
    await millrace(["evaluate", run("table"), "--split", "test"], elsewhere);
    const { worst } = await json(run("table"), "evaluation-test.json");
    const indices = (worst as unknown as { readonly index: number }[]).map(({ index }) => index);
    expect(new Set(indices).size).toBe(18);
    expect(Math.max(...indices)).toBeGreaterThan(18);
  });

  it("follows the run's classes in data that lacks one, and refuses by name a class that the run never saw", async () => {
    const [header, ...rows] = flowers(90).trim().split("\n");
    const some = rows.filter((row) => !row.includes("aü"));
    await writeFile(join(elsewhere, "fewer.csv"), [header, ...some].join("\n"));
    await writeFile(
      join(elsewhere, "other.csv"),
      [header, ...rows.slice(1)].join("\n").replaceAll("aü", "dü"),
    );
    const measure = (file: string) =>
      millrace(
        [
          "evaluate",
          run("table"),
          "--split",
          "train",
          "--json",
          "--set",
          `source.with.path=${elsewhere}/${file}`,
        ],
        elsewhere,
      );
    const { stdout } = await measure("fewer.csv");
    const { tables } = JSON.parse(stdout) as { tables: { name: string; rowNames: string[] }[] };
    expect(tables.find(({ name }) => name === "confusionMatrix")?.rowNames).toEqual(["aü", "bü", "cü"]);
    const { code, stderr } = await measure("other.csv");
    expect(code).not.toBe(0);
    expect(stderr).toContain('a label must be one of the 3 known classes, was "dü"');
    expect(stderr).toContain("other.csv:");
  });

  it("takes the training split without its augmentation, and other weights and data on request", async () => {
    await mkdir(join(elsewhere, "other", "light"), { recursive: true });
    await mkdir(join(elsewhere, "other", "dark"), { recursive: true });
    for (let i = 0; i < 5; i++) {
      await image(join(elsewhere, "other", "dark", `${i}.png`), 5 * i);
      await image(join(elsewhere, "other", "light", `${i}.png`), 255 - 5 * i);
    }
    const words = [
      "--split",
      "train",
      "--checkpoint",
      "best",
      "--set",
      `source.with.root=${elsewhere}/other`,
    ];
    const { code, stdout } = await millrace(["evaluate", run("image"), ...words, "--json"], elsewhere);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, { accuracy: number }>;
    expect(result).toMatchObject({ samples: 6, weights: { choice: "best" }, split: "train" });
    expect(result.metrics.accuracy).toBe(1);
  });

  it("says what there is where there is no such split, no such run, or no such checkpoint", async () => {
    const failing = async (...words: string[]) => millrace(["evaluate", ...words], home);
    const noSplit = await failing("runs/number");
    expect(noSplit).toMatchObject({ code: 1, stdout: "" });
    expect(noSplit.stderr).toContain("error: the spec must have a validation split, has train");
    expect((await failing("shades")).stderr).toContain("error: shades must be the folder of a run");
    const noBest = await failing("runs/number", "--split", "train", "--checkpoint", "best");
    expect(noBest.code).toBe(0);
    expect((await failing("runs/table", "--checkpoint", "worst")).code).toBe(2);
  });
});

describe("millrace predict", () => {
  const predict = (name: string, ...words: string[]): Promise<Ended> =>
    millrace(["predict", run(name), ...words], elsewhere);
  const rowsOf = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));

  it("answers rows of a CSV file by the names of their columns, without the data it was trained on", async () => {
    await writeFile(join(elsewhere, "new.csv"), "height,width\n3,0.1\n1,2.1\nmany,1\n2,1.1\n");
    const words = ["new.csv", "--set", "source.with.path=gone.csv"];
    const { code, stdout, stderr } = await predict("table", ...words);
    expect(code).toBe(1);
    expect(stderr).toContain('error: new.csv:4: "height" must be a finite number, was "many".\n');
    expect(stderr).toMatch(/3 predictions, 1 input failed\n$/);
    const [header, ...rows] = rowsOf(stdout);
    expect(header).toEqual(["input", "label", "probability", "aü", "bü", "cü"]);
    expect(rows.map(([input]) => input)).toEqual(["new.csv:2", "new.csv:3", "new.csv:5"]);
    expect([rows[0][1], rows[1][1]]).toEqual(["aü", "cü"]);
    for (const [, , probability, ...all] of rows) {
      expect(all.reduce((sum, share) => sum + Number(share), 0)).toBeCloseTo(1);
      expect(probability).toBe(String(Math.max(...all.map(Number))));
    }
  });

  it("answers images, folders of them, and lines that name them; who fails is named and the rest goes on", async () => {
    await mkdir(join(elsewhere, "in", "deeper"), { recursive: true });
    await image(join(elsewhere, "in", "b.png"), 240, 33);
    await image(join(elsewhere, "in", "deeper", "ä.png"), 3);
    await writeFile(join(elsewhere, "in", "a.png"), "no image");
    await writeFile(join(elsewhere, "in", "notes.txt"), "ignored");
    await writeFile(join(elsewhere, "in", "list.jsonl"), '{"image":"deeper/ä.png"}\n{"image":7}\n');
    const words = ["in", "gone.png", "--out", "answers.jsonl", "--top", "1"];
    const { code, stdout, stderr } = await predict("image", ...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const text = await readFile(join(elsewhere, "answers.jsonl"), "utf8");
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, object>);
    expect(lines.map(({ input, label }) => [input, label])).toEqual([
      ["in/b.png", "light"],
      ["in/list.jsonl:1", "dark"],
      ["in/deeper/ä.png", "dark"],
    ]);
    for (const { probabilities } of lines) expect(Object.keys(probabilities)).toHaveLength(1);
    expect(stderr).toMatch(/^error: in\/a\.png: /m);
    expect(stderr).toMatch(/^error: in\/list\.jsonl:2: "image" must be the path of an image file, was 7\.$/m);
    expect(stderr).toMatch(/^error: gone\.png: the input does not exist\.$/m);
    expect(stderr).toContain("3 predictions in answers.jsonl, 3 inputs failed");
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await readdir(elsewhere)).not.toContain("answers.jsonl.partial");
  });

  it("gives the number where numbers are predicted", async () => {
    await writeFile(
      join(elsewhere, "one.jsonl"),
      '{"width":1,"height":2}\n{"features":[1,2]}\n{"width":1}\n',
    );
    const { code, stdout, stderr } = await predict("number", "one.jsonl");
    expect(code).toBe(1);
    const [header, first, second] = rowsOf(stdout);
    expect(header).toEqual(["input", "value"]);
    expect(Number(first[1])).toEqual(Number(second[1]));
    // No more digits than float32 has.
    expect(first[1].replace(/^-?0?\.?0*|[.-]/g, "").length).toBeLessThan(10);
    expect(stderr).toContain('error: one.jsonl:3: "height" is missing. There is: width.');
  });

  it("names the columns that a file lacks, and writes no file where it cannot", async () => {
    await writeFile(join(elsewhere, "lacks.csv"), "width,hight\n1,2\n");
    const { code, stdout, stderr } = await predict("table", "lacks.csv");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain('lacks "height" (did you mean "hight"?)');
    const nowhere = await predict("table", "lacks.csv", "--out", "no/such/folder.csv");
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toMatch(/error: no\/such\/folder\.csv cannot be written/);
    for (const inputs of [["lacks.csv"], ["."]]) {
      const over = await predict("table", ...inputs, "--out", "lacks.csv");
      expect([over.code, over.stderr]).toEqual([
        1,
        expect.stringContaining("answers must not take the place of an input, but lacks.csv is one"),
      ]);
    }
    expect(await readFile(join(elsewhere, "lacks.csv"), "utf8")).toBe("width,hight\n1,2\n");
    const onto = await predict("table", "lacks.csv", "--out", ".");
    expect([onto.code, onto.stderr]).toEqual([
      1,
      expect.stringContaining("error: . cannot be written: it is a folder"),
    ]);
    expect(await readdir(elsewhere)).not.toContain("..partial");
    const json = await predict("table", "lacks.csv", "--top", "none");
    expect(json.code).toBe(2);
  });
});

describe("millrace export", () => {
  const exported = (name: string, to: string, ...words: string[]) =>
    millrace(["export", run(name), "--to", to, ...words], elsewhere);

  it("writes a folder whose example answers as `millrace predict` does", async () => {
    const { code, stdout, stderr } = await exported("image", "model ü");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/tfjs-graph\/model\.json {2}the same as a graph, for tf\.loadGraphModel/);
    const folder = join(elsewhere, "model ü");
    expect((await readdir(folder)).sort()).toEqual(
      "README.md labels.json model.safetensors package.json pixels.mjs predict.html predict.mjs preprocessing.json read-picture-in-browser.mjs read-picture.mjs run server.mjs tfjs-graph tfjs-layers".split(
        " ",
      ),
    );
    expect(await json(folder, "labels.json")).toEqual(["dark", "light"]);
    expect(await json(folder, "preprocessing.json")).toMatchObject({
      input: { name: "image", shape: [4, 4, 3], dtype: "uint8" },
      source: { use: "image-folder", about: { mode: "rgb", background: "#ffffff", autoOrient: false } },
      transforms: [{ use: "resize", with: { width: 4, height: 4 } }],
      output: { kind: "labels", gives: "logits", shape: [2] },
    });
    const readme = await readFile(join(folder, "README.md"), "utf8");
    const program = await readFile(join(folder, "predict.mjs"), "utf8");
    expect(readme).toContain(program);
    expect(program.trimEnd().split("\n").length).toBeLessThanOrEqual(22);
    await install(folder);
    const photo = join(elsewhere, "photo.png");
    await image(photo, 120, 4);
    const answer = await example(folder, photo);
    const own = await millrace(["predict", run("image"), photo, "--out", "photo.jsonl"], elsewhere);
    expect(own.code).toBe(0);
    const { probabilities } = JSON.parse(await readFile(join(elsewhere, "photo.jsonl"), "utf8")) as {
      probabilities: Record<string, number>;
    };
    for (const [label, probability] of Object.entries(probabilities))
      expect(answer[label]).toBeCloseTo(probability, 4);
  });

  it("gives numbers from numbers, and of a checkpoint what was asked for", async () => {
    const words = ["--format", "tfjs-layers", "--checkpoint", "last", "--json"];
    const { code, stdout } = await exported("number", "numbers", ...words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ weights: { choice: "last" }, output: { gives: "numbers" } });
    const folder = join(elsewhere, "numbers");
    expect(await readdir(folder)).not.toContain("model.safetensors");
    await install(folder);
    const [value] = Object.values(await example(folder, "[1, 2]"));
    await writeFile(join(elsewhere, "pair.csv"), "width,height\n1,2\n");
    const { stdout: own } = await millrace(["predict", run("number"), "pair.csv"], elsewhere);
    expect(Number(own.trimEnd().split(",").at(-1))).toBeCloseTo(value, 4);
  });

  it("leaves nothing behind where it cannot", async () => {
    await mkdir(join(elsewhere, "used"));
    await writeFile(join(elsewhere, "used", "mine"), "");
    const used = await exported("number", "used");
    expect(used.stderr).toContain(
      "error: the folder for the export must be new or empty, but used has files",
    );
    expect(used.stderr).toContain("Choose another --to.");
    const unknown = await exported("number", "unknown", "--format", "onnx");
    expect(unknown.stderr).toContain(
      "--format must be one of tfjs-layers, tfjs-graph, safetensors, server, or all; was onnx",
    );
    expect((await readdir(elsewhere)).filter((name) => /unknown|partial/.test(name))).toEqual([]);
  });
});
