/** `millrace plan`, and `check`, which must never say otherwise. */
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plan } from "@millrace/core/spec";
import { chromium } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";
import { drawPhotos } from "./support/pictures.js";

const chromePath = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path),
);

const classes = ["ant", "bee", "cat"];
let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  await drawPhotos(join(folder, "photos"), { classes, perClass: 7 });
  await drawPhotos(join(folder, "mixed"), { classes, perClass: 3, size: (at) => [20 + at, 16] });
});

const head = { type: "dense", units: { from: "labels.count" }, activation: "softmax" };

const photos = {
  seed: 3,
  source: { use: "image-folder", with: { root: "photos" } },
  split: { train: 0.7, validation: 0.3 },
  transforms: [
    { use: "random-resized-crop", with: { size: 12 }, only: "train" },
    { use: "resize", with: { width: 12, height: 12 }, only: "validation" },
    { use: "normalize", with: {} },
  ],
  loader: { batchSize: 4, shuffle: true, dropLast: true },
  model: {
    use: "layers",
    with: {
      layers: [{ type: "conv2d", filters: 2, kernelSize: 3 }, { type: "flatten" }, head] as readonly object[],
    },
  },
  trainer: { use: "tfjs", with: { device: "cpu", epochs: 1 } as object },
};

async function planned(spec: object, ...words: readonly string[]) {
  await writeFile(join(folder, "spec.json"), JSON.stringify(spec, null, 1));
  return millrace(["plan", "spec.json", ...words], folder);
}

type Record = Plan & { readonly error?: { readonly message: string; readonly details: readonly string[] } };

async function recordOf(spec: object): Promise<Record> {
  const { stdout } = await planned(spec, "--json");
  return JSON.parse(stdout) as Record;
}

describe("millrace plan", () => {
  it("tells what training samples are behind every stage, and validation samples where they are otherwise", async () => {
    // A transform that learns must not stand behind a random one.
    const transforms = [
      { use: "normalize", with: {} },
      { use: "random-erasing", only: "train" },
    ];
    const loader = { ...photos.loader, numWorkers: 2, prefetchFactor: 3 };
    const { code, stdout, stderr } = await planned({ ...photos, loader, transforms });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("15 training, 6 validation samples · 3 classes");
    expect(stdout).toMatch(/source image-folder\n +image +uint8 \[16, 24, 3\]\n +label +int32\n/);
    expect(stdout).toMatch(
      /transforms\[0\] normalize\n +image +float32 \[16, 24, 3\]\n +fitted, to 15 training samples/,
    );
    expect(stdout).toMatch(/transforms\[1\] random-erasing\n +for train alone\n +types and shapes as before/);
    expect(stdout).toMatch(
      /loader\.collate default\n +image +float32 \[4, 16, 24, 3\]\n +label +int32 \[4\]\n/,
    );
    expect(stdout).toContain("3 steps of 4 samples, 3 samples of each epoch dropped with the last batch");
    // 4 × 16 × 24 × 3 numbers of 4 bytes, and 4 labels.
    expect(stdout).toContain("made by 2 workers, 2 × 3 = 6 ahead of 18.0 KB = 108 KB");
    expect(stdout).toMatch(/conv2d_0 +\[14, 22, 2\] +56\n/);
    expect(stdout).toMatch(/input image +float32 \[16, 24, 3\]\n +output +probabilities \[3\]/);
    expect(await readdir(folder)).not.toContain("runs");
  });

  it("says of a stage for one split alone what the other split sees", async () => {
    const transforms = [
      ...photos.transforms.slice(0, 2),
      { use: "normalize", with: { mean: 0.5, std: 0.5 } },
    ];
    const { stdout } = await planned({ ...photos, transforms });
    expect(stdout).toMatch(
      /transforms\[0\] random-resized-crop\n +image +uint8 \[12, 12, 3\]\n +for train alone/,
    );
    expect(stdout).toMatch(/transforms\[1\] resize\n +image +uint8 \[12, 12, 3\] in validation\n/);
    expect(stdout).toMatch(/transforms\[2\] normalize\n +image +float32 \[12, 12, 3\]\n\n/);
  });

  it("has all of it as JSON: forms, parameters, memory", async () => {
    const { stages, batch, makers, epoch, trained } = await recordOf({ ...photos, transforms: [] });
    expect(stages.map(({ split }) => split)).toEqual(["train"]);
    expect(stages[0].stages[0]).toMatchObject({
      path: ["source"],
      use: "image-folder",
      looked: 8,
      fields: [
        { name: "image", type: "uint8", shape: [16, 24, 3], ragged: false, missing: 0 },
        { name: "label", type: "int32", shape: [] },
      ],
    });
    expect(batch).toMatchObject({ bytes: 4 * 16 * 24 * 3 + 16, looked: 2 });
    expect(makers).toEqual({ numWorkers: 0, prefetchFactor: 2, ahead: 0, bytes: 0 });
    expect(epoch).toEqual({ steps: 3, batchSize: 4, dropped: 3 });
    const parameters = 56 + (14 * 22 * 2 + 1) * 3;
    expect(trained).toMatchObject({
      parameters,
      output: { shape: [3] },
      target: { name: "label", dtype: "int32" },
    });
    expect(trained?.layers?.[2]).toMatchObject({
      path: ["model", "with", "layers", 2],
      trainable: parameters - 56,
    });
    expect(trained?.memory).toEqual({
      weights: 4 * parameters,
      gradients: 4 * parameters,
      // Adam's two.
      optimizer: 2 * 4 * parameters,
      batch: 4 * (4 * 16 * 24 * 3 + 4),
      activations: 4 * 4 * (2 * 14 * 22 * 2 + 3),
      samples: 4,
    });
  });

  it("marks what is ragged, by what samples show and by what is declared", async () => {
    const samples = Array.from({ length: 12 }, (_, i) => ({
      tokens: Array.from({ length: 2 + (i % 3) }, (_, at) => at),
      size: i === 4 ? null : i,
      label: i % 2,
    }));
    const { stages } = await recordOf({
      source: { use: "memory", with: { samples } },
      loader: { batchSize: 2, collate: { use: "pad-sequence", with: { fields: ["tokens"] } } },
      model: photos.model,
      trainer: photos.trainer,
    });
    const [tokens, size] = stages[0].stages[0].fields;
    expect(tokens).toMatchObject({ name: "tokens", shape: [[2, 4]], ragged: true });
    expect(size).toMatchObject({ name: "size", ragged: false });
  });

  it("reads several sources, each with transforms of its own, and the first samples of a stream", async () => {
    const sources = [
      {
        use: "image-folder",
        with: { root: "photos" },
        transforms: [{ use: "resize", with: { width: 10, height: 10 } }],
      },
      {
        use: "image-folder",
        with: { root: "mixed" },
        transforms: [{ use: "resize", with: { width: 10, height: 10 } }],
      },
    ];
    const { source: _, ...rest } = photos;
    const both = await recordOf({ ...rest, sources, transforms: [] });
    expect(both.error).toBeUndefined();
    const told = both.stages[0].stages.map(({ path, fields }) => [path.join("."), fields[0].shape]);
    expect(told).toEqual([
      ["sources.0", [16, 24, 3]],
      ["sources.0.transforms.0", [10, 10, 3]],
      ["sources.1", [16, expect.anything(), 3]],
      ["sources.1.transforms.0", [10, 10, 3]],
    ]);
    const stream = {
      source: { use: "generated", with: { problem: "blobs", stream: true }, limit: 40 },
      split: { train: 0.8, validation: 0.2, by: "hash" },
      transforms: [{ use: "cast", with: { columns: ["features"], dtype: "float64" } }],
      loader: { batchSize: 8 },
      model: { use: "layers", with: { layers: [head] } },
      trainer: photos.trainer,
    };
    const { stages, epoch, splits, error } = await recordOf({ ...stream, transforms: [] });
    expect(error).toBeUndefined();
    expect(stages[0].stages[0]).toMatchObject({
      looked: 8,
      fields: [{ name: "features", type: "float32", shape: [2] }, {}],
    });
    expect([epoch.steps, splits[0].samples]).toEqual([undefined, undefined]);
  });

  it("lists everything that stands against training at once, as check does, each at its place", async () => {
    const layers = [
      { type: "conv2d", filters: 2, kernelSize: 3 },
      { type: "flatten" },
      { ...head, units: 10 },
    ];
    const spec = {
      ...photos,
      source: { use: "image-folder", with: { root: "mixed" } },
      transforms: [],
      split: undefined,
      model: { use: "layers", with: { layers } },
      trainer: { use: "tfjs", with: { device: "cpu", epochs: 1, earlyStopping: { monitor: "acuracy" } } },
    };
    const { code, stdout, stderr } = await planned(spec, "--html", "faulty.html");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: spec\.json has 3 faults:\n/);
    expect(stderr).toMatch(/spec\.json:\d+:\d+ source: .*\[16, 2\d, 3\]/);
    expect(stderr).toMatch(
      /spec\.json:\d+:\d+ trainer\.with\.earlyStopping\.monitor: .*did you mean "accuracy"/,
    );
    expect(stderr).toMatch(
      /spec\.json:\d+:\d+ model\.with\.layers\[2\]\.units: .*it gives 10, there are 3 labels/,
    );
    expect(stdout).toMatch(/image +uint8 \[16, 20–22, 3\] ragged/);
    expect(stdout).toContain("✗ the model must give one number for each label");
    const checked = await millrace(["check", "spec.json"], folder);
    expect(checked).toMatchObject({ code: 1, stdout: "", stderr });
    const html = await readFile(join(folder, "faulty.html"), "utf8");
    expect(html).toContain("3 faults");
    expect(html).toMatch(/class="card model faulty"/);
    await writeFile(join(folder, "mine.md"), "mine");
    const onto = await planned(spec, "--html", "mine.md");
    expect([onto.code, onto.stdout]).toEqual([1, ""]);
    expect(onto.stderr).toContain(
      "the page must be a new file or an older plan, but mine.md is something else",
    );
    expect(await readFile(join(folder, "mine.md"), "utf8")).toBe("mine");
    expect((await planned(spec, "--html", "faulty.html")).stdout).toContain("picture  faulty.html");
    const { error } = await recordOf(spec);
    expect(error?.details).toHaveLength(3);
  });

  it("looks at every source, and at the model, although no data can be opened", async () => {
    const { source: _, ...spec } = photos;
    const sources = ["nowhere", "nor-here"].map((root) => ({ use: "image-folder", with: { root } }));
    const model = { use: "refusing", with: { size: 3 } };
    const plugins = [fixture("refusing-model.mjs")];
    const { code, stderr } = await planned({ ...spec, plugins, sources, model, transforms: [] });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: spec\.json has 3 faults:\n/);
    for (const place of ["sources[0].with.root", "sources[1].with.root", "model.with.size"])
      expect(stderr).toMatch(new RegExp(`spec\\.json:\\d+:\\d+ ${place.replace(/[[\]]/g, "\\$&")}: `));
    const checked = await millrace(["check", "spec.json"], folder);
    expect(checked.stderr).toBe(stderr);
  });

  it("asks about the model although the target is not in the batch", async () => {
    const spec = {
      ...photos,
      transforms: [],
      model: { use: "layers", with: { layers: [{ type: "flatten" }, { type: "danse", units: 3 }] } },
      trainer: { use: "tfjs", with: { device: "cpu", epochs: 1, target: "lable", input: "image" } },
    };
    const { error } = await recordOf(spec);
    expect(error?.details).toEqual([
      expect.stringMatching(/target "lable" must be in the batch.*did you mean "label"/),
      expect.stringMatching(/model\.with\.layers\[1\]\.type: .*did you mean "dense"/),
    ]);
  });

  it.skipIf(chromePath === undefined)(
    "draws the line as a page that needs no scrolling sideways and has no small print (needs Chromium)",
    async () => {
      await planned({ ...photos, transforms: photos.transforms.slice(0, 2) }, "--html", "plan.html");
      const browser = await chromium.launch({ executablePath: chromePath, args: ["--no-sandbox"] });
      try {
        for (const width of [360, 800, 1400]) {
          const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: "dark" });
          await page.goto(pathToFileURL(join(folder, "plan.html")).href);
          expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
          const drawn = (await page.evaluate(`[...document.querySelectorAll("svg.line")]
            .filter((each) => each.getBoundingClientRect().width > 0)
            .map((each) => [each.getBoundingClientRect().width, each.viewBox.baseVal.width])`)) as number[][];
          expect(drawn).toHaveLength(1);
          // At its own size, its text has the 12 pixels that it says.
          expect(drawn[0][0]).toBeGreaterThanOrEqual(0.98 * drawn[0][1]);
          await page.close();
        }
      } finally {
        await browser.close();
      }
    },
    60_000,
  );
});
