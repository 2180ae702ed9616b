/** `millrace preview`: what a few batches look like, against real files. */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import type { ShownRecord } from "../src/preview/show.js";
import { millrace as millraceAlone, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";
import { drawPhotos } from "./support/pictures.js";

const classes = ["ant", "bee", "cat"];
let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  await drawPhotos(join(folder, "photos"), { classes, perClass: 6 });
});

const rest = {
  model: { use: "layers", with: { layers: [{ type: "dense", units: 3 }] } },
  trainer: { use: "tfjs", with: { device: "cpu", epochs: 1 } },
};

const photos = {
  ...rest,
  seed: 3,
  source: { use: "image-folder", with: { root: "photos" } },
  split: { train: 0.7, validation: 0.3 },
  transforms: [
    { use: "random-horizontal-flip", only: "train" },
    { use: "normalize", with: { mean: 0.4, std: 0.2 } },
  ],
  loader: { batchSize: 4, shuffle: true },
};

async function previewed(spec: object, ...words: readonly string[]) {
  await writeFile(join(folder, "spec.json"), JSON.stringify(spec, null, 1));
  return millrace(["preview", "spec.json", ...words], folder);
}

async function recordOf(spec: object, ...words: readonly string[]): Promise<ShownRecord> {
  const { stdout, stderr, code } = await previewed(spec, "--json", ...words);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ShownRecord;
}

/** The colour at a place of a sheet. */
async function pixel(path: string, left: number, top: number): Promise<number[]> {
  const { data } = await sharp(path)
    .extract({ left, top, width: 1, height: 1 })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data];
}

/** 16 bits, one channel, 4,000 a second. */
function wav(samples: Float64Array): Buffer {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  for (const [i, value] of [1, 1].entries()) bytes.writeUInt16LE(value, 20 + 2 * i);
  bytes.writeUInt32LE(4000, 24);
  bytes.writeUInt32LE(8000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (const [i, value] of samples.entries()) bytes.writeInt16LE(Math.round(value * 32767), 44 + 2 * i);
  return bytes;
}

interface Samples {
  readonly samples: readonly { readonly key: string; readonly target: string; readonly index: number }[];
}

describe("millrace preview", () => {
  it("writes pictures as the model gets them, led back from what normalizing made of them", async () => {
    const { code, stdout, stderr } = await previewed(photos, "--out", "look", "--augmentations", "6");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/epoch 0, step 0 +4 samples +image float32 \[4, 16, 24, 3\] · label int32 \[4\]/);
    expect(await readdir(join(folder, "look"))).toEqual(["train-image-augmented.png", "train-image.png"]);
    const { batches } = await recordOf(photos, "--out", "look");
    const [first] = (batches[0] as Samples).samples;
    const [name, at] = [first.target, Number(/(\d+)\.png/.exec(first.key)?.[1])];
    // The middle of the first cell: 24 × 16 pixels are shown five times as large.
    const shown = await pixel(join(folder, "look", "train-image.png"), 20 + 64, 70 + 64);
    const drawn = [60 + 60 * classes.indexOf(name), 200 - 20 * at, 120];
    for (const [channel, value] of drawn.entries()) expect(Math.abs(shown[channel] - value)).toBeLessThan(3);
  });

  it("shows the same sample in several epochs beside what its source has, and only where they differ", async () => {
    const { files } = await recordOf(photos, "--augmentations", "6", "--out", "rows");
    const sheet = join(folder, files.find((file) => file.includes("augmented")) ?? "");
    const { width } = await sharp(sheet).metadata();
    expect(width).toBe(2 * 20 + 7 * 128 + 6 * 16);
    // The dark corner is left in the source, and in some epochs right.
    const top = 20 + 50 + 20 + 64 - 35;
    const sides = await Promise.all(
      Array.from({ length: 7 }, async (_, column) => {
        const [left] = await pixel(sheet, 20 + column * 144 + 16, top);
        const [right] = await pixel(sheet, 20 + column * 144 + 112, top);
        return left < right ? "left" : "right";
      }),
    );
    expect(sides[0]).toBe("left");
    expect(new Set(sides.slice(1))).toEqual(new Set(["left", "right"]));
    const measured = await recordOf(photos, "--split", "validation", "--out", "rows");
    expect(measured.files).toEqual([join("rows", "validation-image.png")]);
  });

  it("shows each sample in a row of its own where it has several views", async () => {
    const transforms = [{ use: "five-crop", with: { size: 12 }, only: "validation" }];
    const { files } = await recordOf({ ...photos, transforms }, "--split", "validation", "--out", "views");
    const { width, height } = await sharp(join(folder, files[0])).metadata();
    expect([width, height]).toEqual([2 * 20 + 5 * 128 + 4 * 16, 70 + 4 * (128 + 30 + 16) + 20 - 16]);
  });

  it("tells the samples that an epoch begins with, and the classes of the whole split", async () => {
    const { batches, balance } = await recordOf(
      photos,
      "--batches",
      "9",
      "--epoch",
      "2",
      "--augmentations",
      "0",
    );
    expect(batches).toHaveLength(4);
    const indices = (batches as readonly Samples[]).flatMap(({ samples }) =>
      samples.map(({ index }) => index),
    );
    expect(new Set(indices).size).toBe(13);
    expect(balance).toMatchObject({ of: "split", samples: 13 });
    expect(balance?.classes.reduce((sum, { samples }) => sum + samples, 0)).toBe(13);
    const { stdout } = await previewed(photos, "--augmentations", "0");
    expect(stdout).toMatch(/classes of the train split, 13 samples\n +(ant|bee|cat) +\d +\d+% +█/);
    expect(stdout).toMatch(/picture +previews\/\S+\/train-image\.png/);
  });

  it("tells range, blanks and spread of each number of a row, by its name", async () => {
    await writeFile(
      join(folder, "rows.csv"),
      `a,b,label\n${Array.from({ length: 30 }, (_, i) => `${i},${i === 7 ? "" : -i},${i % 3}`).join("\n")}\n`,
    );
    const spec = {
      ...rest,
      source: {
        use: "csv",
        with: { path: "rows.csv", columns: { a: "float32", b: "float32?", label: "class" } },
      },
      loader: { batchSize: 10 },
    };
    const { fields, files } = await recordOf(spec, "--batches", "3");
    expect(files).toEqual([]);
    expect(fields[0]).toMatchObject({ name: "a", least: 0, greatest: 29, mean: 14.5, blanks: 0, values: 30 });
    expect(fields[0].histogram?.reduce((sum, each) => sum + each)).toBe(30);
    expect(fields[1]).toMatchObject({ name: "b", least: -29, greatest: 0, blanks: 1 });
    const { stdout } = await previewed(spec);
    expect(stdout).toMatch(/b +float32 +-9 +-4\.2222 +0 +1 +▕█/);
  });

  it("sets tokens above their ids, and tells padding and what the vocabulary has not", async () => {
    await writeFile(join(folder, "names.txt"), "ada\nbob\nannabel\nanna\n");
    const spec = {
      ...rest,
      source: { use: "text-lines", with: { path: "names.txt" } },
      transforms: [
        {
          use: "characters",
          with: { vocabulary: { special: { padding: "<pad>", begin: "<begin>", end: "<end>" } } },
        },
      ],
      loader: { batchSize: 4, collate: { use: "language-model" } },
    };
    const { stdout } = await previewed(spec);
    expect(stdout).toMatch(
      /names\.txt:1\n +tokens 5 of \d steps, \d of padding\n +"ada"\n +<begin> a +d +a +<end>\n +\d +\d/,
    );
    // The answers of a model of language are tokens too.
    expect(stdout).toMatch(/label 4 answers in \d steps\n +"ada"\n +a +d +a +<end>\n/);
    expect(stdout).not.toContain("tokens[0]");
  });

  it("tells the tokens of a translation by the vocabulary of the field that collation took", async () => {
    await writeFile(
      join(folder, "pairs.jsonl"),
      [
        ["ab", "ba"],
        ["ba", "ab"],
        ["abb", "bba"],
      ]
        .map(([source, target]) => JSON.stringify({ source, target }))
        .join("\n"),
    );
    const special = { padding: "<pad>", begin: "<begin>", end: "<end>" };
    const spec = {
      ...rest,
      source: {
        use: "json-lines",
        with: { path: "pairs.jsonl", columns: { source: "text", target: "text" } },
      },
      transforms: ["source", "target"].map((field) => ({
        use: "characters",
        with: { field, to: field, vocabulary: { special } },
      })),
      loader: {
        batchSize: 3,
        collate: { use: "sequence-pair", with: { startToken: { from: "vocabularies.target.begin" } } },
      },
    };
    const { stdout, stderr } = await previewed(spec);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/decoderInput [^\n]*\n +"ba"\n/);
    expect(stdout).toMatch(/label [^\n]*\n +"ba"\n/);
    expect(stdout).not.toMatch(/attentionMask \d of/);
  });

  it("shows several inputs of a stream, and counts the classes of what was read", async () => {
    const spec = {
      ...rest,
      source: { use: "generated", with: { problem: "blobs", stream: true }, limit: 60 },
      loader: { batchSize: 8, shuffle: true, shuffleWindow: 20 },
    };
    const { stdout, code } = await previewed(spec, "--batches", "3");
    expect(code).toBe(0);
    expect(stdout.match(/step \d +8 samples/g)).toHaveLength(3);
    expect(stdout).toContain("classes of the 3 batches above, 24 samples");
  });

  it("draws how far a sound swings", async () => {
    for (const [i, name] of ["low", "high"].entries()) {
      await mkdir(join(folder, "sounds", name), { recursive: true });
      const swing = (t: number) => (t < 240 ? 0.1 : 0.8) * Math.sin(t * (i + 1));
      await writeFile(
        join(folder, "sounds", name, "0.wav"),
        wav(Float64Array.from({ length: 480 }, (_, t) => swing(t))),
      );
    }
    const spec = {
      ...rest,
      source: { use: "wav", with: { root: "sounds" } },
      loader: { batchSize: 2 },
    };
    const { stdout, stderr } = await previewed(spec);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/▕[▁▂]{23,25}[▇█]{23,25}▏ -0\.(79|80)\d+ to 0\.(79|80)\d+/);
  });

  it.skipIf(process.platform !== "linux")(
    "leaves out words where the machine has no font, and says so",
    async () => {
      const conf = join(folder, "fonts.conf");
      await writeFile(conf, "<?xml version='1.0'?><fontconfig><dir>nowhere</dir></fontconfig>");
      await writeFile(join(folder, "bare.json"), JSON.stringify(photos));
      const words = ["preview", "bare.json", "--augmentations", "0", "--out", "bare"];
      const { code, stderr } = await millraceAlone(words, folder, { FONTCONFIG_FILE: conf });
      expect(code).toBe(0);
      expect(stderr).toContain("warning: this machine has no font, so the pictures are without words");
      // Nothing is drawn where the title would stand.
      const sheet = sharp(join(folder, "bare", "train-image.png")).extract({
        left: 0,
        top: 0,
        width: 500,
        height: 60,
      });
      const { channels } = await sharp(await sheet.png().toBuffer()).stats();
      for (const { min, max } of channels) expect(max - min).toBe(0);
    },
  );

  it("names a split that is not there, and a folder that cannot be written to", async () => {
    const split = await previewed({ ...photos, split: undefined }, "--split", "test");
    expect(split).toMatchObject({ code: 1 });
    expect(split.stderr).toContain("the spec must have a test split, has train");
    await writeFile(join(folder, "taken"), "");
    const out = await previewed(photos, "--out", "taken");
    expect(out.code).toBe(1);
    expect(out.stderr).toMatch(/^error: .*taken/);
    expect((await stat(join(folder, "taken"))).size).toBe(0);
    expect(await readFile(join(folder, "taken"), "utf8")).toBe("");
  });
});
