/** `millrace replay`: the batch that training had, bit for bit, made again alone. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";
import { drawPhotos } from "./support/pictures.js";

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  await drawPhotos(join(folder, "photos"), { classes: ["ant", "bee", "cat"], perClass: 6 });
});

const recording = {
  plugins: [fixture("recording-trainer.mjs")],
  seed: 5,
  model: { use: "layers", with: { layers: [{ type: "dense", units: 2 }] } },
  trainer: { use: "recording" },
};

const photos = {
  ...recording,
  source: { use: "image-folder", with: { root: "photos" } },
  split: { train: 0.7, validation: 0.3 },
  transforms: [
    { use: "random-affine", with: { degrees: 30 }, only: "train" },
    { use: "normalize", with: { mean: 0.5, std: 0.25 } },
  ],
  loader: { batchSize: 4, shuffle: true },
};

type Seen = Readonly<Record<"train" | "validation", readonly (readonly string[])[]>>;

/** Trains, and gives what each batch was. */
async function seenIn(out: string, spec: object, ...words: readonly string[]): Promise<Seen> {
  await writeFile(join(folder, `${out}.json`), JSON.stringify(spec));
  const { code, stderr } = await millrace(["run", `${out}.json`, "--out", out, ...words], folder);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(await readFile(join(folder, out, "seen.json"), "utf8")) as Seen;
}

interface Replayed {
  readonly batches: readonly {
    readonly sha256: string;
    readonly samples: readonly { readonly key: string }[];
    readonly bad?: readonly { readonly key: string }[];
  }[];
  readonly worst?: readonly { readonly key: string }[];
  readonly files: readonly string[];
}

async function replayed(run: string, ...words: readonly string[]): Promise<Replayed> {
  const { code, stdout, stderr } = await millrace(["replay", run, ...words, "--json"], folder);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Replayed;
}

const at = (epoch: number, step: number) => ["--epoch", String(epoch), "--step", String(step)];

describe("millrace replay", () => {
  it("makes a shuffled, augmented batch again as training had it, with 0 workers and with 2", async () => {
    const alone = await seenIn("alone", photos);
    const two = await seenIn("two", photos, "--set", "loader.numWorkers=2");
    expect(two).toEqual(alone);
    for (const run of ["alone", "two"]) {
      const { batches, files } = await replayed(run, ...at(2, 1));
      expect(batches[0].sha256).toBe(alone.train[2][1]);
      expect(batches[0].samples.map(({ key }) => key)).toContainEqual(expect.stringMatching(/\.png$/));
      expect(files).toEqual([expect.stringMatching(/replay\/train-image\.png$/)]);
    }
    const measured = await replayed("alone", ...at(1, 0), "--split", "validation");
    expect(measured.batches[0].sha256).toBe(alone.validation[1][0]);
    const { stdout } = await millrace(["replay", "alone", ...at(2, 1)], folder);
    expect(stdout).toContain("batch 2 of epoch 3 of the train split");
  }, 120_000);

  it("does so where a batch sampler chooses by length, and collation draws random numbers", async () => {
    const words = ["a", "bb", "ccc", "dddd", "eeeee"];
    const lines = Array.from({ length: 40 }, (_, i) => words[i % 5].repeat(1 + (i % 3)));
    await writeFile(join(folder, "words.txt"), `${lines.join("\n")}\n`);
    const seen = await seenIn("buckets", {
      ...recording,
      source: { use: "text-lines", with: { path: "words.txt" } },
      transforms: [
        { use: "characters", with: { vocabulary: { special: { padding: "<pad>", mask: "<mask>" } } } },
      ],
      loader: {
        batchSampler: { use: "bucket-batch", with: { batchSize: 4, bucketSize: 12 } },
        collate: { use: "masked-language-model", with: { maskProbability: 0.4 } },
      },
    });
    for (const [epoch, step] of [
      [0, 3],
      [2, 7],
    ]) {
      const { batches } = await replayed("buckets", ...at(epoch, step));
      expect(batches[0].sha256).toBe(seen.train[epoch][step]);
    }
  });

  it("leaves out the samples that training left out, and names them", async () => {
    await drawPhotos(join(folder, "torn"), { classes: ["ant", "bee"], perClass: 6 });
    for (const name of ["ant/2.png", "bee/3.png"]) await writeFile(join(folder, "torn", name), "no picture");
    const source = { use: "image-folder", with: { root: "torn" } };
    const loader = { batchSize: 3, shuffle: true, onError: "skip", maxRatio: 0.5 };
    const seen = await seenIn("skipping", { ...photos, split: undefined, source, loader });
    const bad: string[] = [];
    for (let step = 0; step < 4; step++) {
      const { batches } = await replayed("skipping", ...at(1, step));
      expect(batches[0].sha256).toBe(seen.train[1][step]);
      bad.push(...(batches[0].bad ?? []).map(({ key }) => key));
    }
    expect(bad.sort()).toEqual(["ant/2.png", "bee/3.png"]);
  });

  it("gives numbers the type that the run's first batch decided", async () => {
    const values = [1.5, 2, 3, 4, 5, 6];
    const source = { use: "untyped", with: { values } };
    const seen = await seenIn("untyped", { ...recording, source, loader: { batchSize: 2 } });
    const { batches } = await replayed("untyped", ...at(1, 2));
    expect(batches[0].sha256).toBe(seen.train[1][2]);
  });

  it("reads a stream up to there, and says so", async () => {
    const seen = await seenIn("streaming", {
      ...recording,
      source: { use: "generated", with: { problem: "blobs", stream: true }, limit: 60 },
      loader: { batchSize: 8, shuffle: true, shuffleWindow: 16 },
    });
    const { stdout, stderr } = await millrace(["replay", "streaming", ...at(2, 4), "--json"], folder);
    expect((JSON.parse(stdout) as Replayed).batches[0].sha256).toBe(seen.train[2][4]);
    expect(stderr).toContain("warning: a stream has no batches by number: 4 are read on the way");
    const late = await millrace(["replay", "streaming", ...at(0, 99)], folder);
    expect(late.code).toBe(1);
    expect(late.stderr).toContain("epoch 0 of this stream has no batch 99");
    const record = join(folder, "streaming", "run.json");
    const told = JSON.parse(await readFile(record, "utf8")) as object;
    await writeFile(record, JSON.stringify({ ...told, group: "sockets, 2 ranks on 1 host" }));
    const shared = await millrace(["replay", "streaming", ...at(0, 0)], folder);
    expect(shared.code).toBe(1);
    expect(shared.stderr).toContain("this run had several (sockets, 2 ranks on 1 host)");
  });

  it("shows the samples with the highest loss as the model is given them", async () => {
    const layers = [{ type: "flatten" }, { type: "dense", units: { from: "labels.count" } }];
    const trained = {
      ...photos,
      model: { use: "layers", with: { layers } },
      trainer: { use: "tfjs", with: { device: "cpu", epochs: 1 } },
    };
    await writeFile(join(folder, "real.json"), JSON.stringify(trained));
    await millrace(["run", "real.json", "--out", "real"], folder);
    const early = await millrace(["replay", "real", "--worst", "3"], folder);
    expect(early.stderr).toContain("Measure the run first: millrace evaluate real --split validation");
    await millrace(["evaluate", "real"], folder);
    const { worst = [], batches } = await replayed("real", "--worst", "3");
    expect(worst).toHaveLength(3);
    expect(batches[0].samples.map(({ key }) => key)).toEqual(worst.map(({ key }) => key));
    const { stdout } = await millrace(["replay", "real", "--worst", "3"], folder);
    expect(stdout).toMatch(
      /the highest loss first\n +\w+\/\d\.png +is \w+ +was taken for \w+ \(\d+% sure\) +loss \d/,
    );
  });

  it.each([
    [["--epoch", "1"], "replay needs --epoch and --step, was given only --epoch"],
    [["--worst", "3", "--step", "1"], "--worst stands instead of --epoch and --step"],
    [["--epoch", "0", "--step", "400"], "epoch 0 has 4 batches, counted from 0; there is no 400"],
    [
      ["--epoch", "0", "--step", "0", "--split", "test"],
      "the spec must have a test split, has train, validation",
    ],
    [
      ["--epoch", "0", "--step", "0", "--set", "loader.batchSize=5"],
      "the batches are no longer those of the run",
    ],
  ])("refuses %j in words", async (words, expected) => {
    await seenIn("refusing", photos).catch(() => undefined);
    const { code, stderr, stdout } = await millrace(["replay", "refusing", ...words], folder);
    expect(code).toBe(1);
    expect(stderr).toContain(expected);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).not.toContain("epoch 0, step");
  });

  it("names data that have changed, and data that are gone", async () => {
    await drawPhotos(join(folder, "leaving"), { classes: ["ant", "bee"], perClass: 4 });
    const source = { use: "image-folder", with: { root: "leaving" } };
    await seenIn("left", { ...photos, source });
    await rm(join(folder, "leaving", "ant", "0.png"));
    const changed = await millrace(["replay", "left", ...at(0, 0)], folder);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toMatch(
      /the batches are no longer those of the run:\n +dataset: was 6 samples, .*, is 5 samples, /,
    );
    await rename(join(folder, "leaving"), join(folder, "moved"));
    const gone = await millrace(["replay", "left", ...at(0, 0)], folder);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/leaving does not exist/);
  });
});
