/** A folder of pictures, a tenth of which are broken: what each policy makes of it, and what a run tells. */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Batch, Dataset, NdArray } from "@millrace/core";
import { Quarantine, readQuarantine } from "@millrace/core/dataloader";
import { type Line, parseSpecText } from "@millrace/core/spec";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { withLine } from "../src/compose.js";
import { millrace, newFolder } from "./support/cli.js";

const count = 40;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  for (let i = 0; i < count; i++) {
    const dark = i % 2 === 0;
    const pixels = Buffer.alloc(16 * 16 * 3, (dark ? 20 : 180) + i);
    const picture = sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } });
    const bytes = i % 3 === 0 ? await picture.png().toBuffer() : await picture.jpeg().toBuffer();
    const name = `${dark ? "dark" : "light"}/${String(i).padStart(2, "0")}.${i % 3 === 0 ? "png" : "jpg"}`;
    await mkdir(join(folder, "pictures", dirname(name)), { recursive: true });
    await writeFile(join(folder, "pictures", name), broken(i, bytes));
  }
  await cp(join(folder, "pictures"), join(folder, "whole"), { recursive: true });
  for (const name of brokenNames) await rm(join(folder, "whole", name));
});

const brokenNames = ["dark/06.png", "dark/20.jpg", "light/07.jpg", "light/33.png"];

/** Cut off, empty, no picture at all, and damaged in its midst. */
function broken(i: number, bytes: Buffer): Buffer {
  if (i === 6) return bytes.subarray(0, 40);
  if (i === 7) return Buffer.alloc(0);
  if (i === 20) return Buffer.from("this is a letter");
  if (i === 33) return Buffer.from(bytes).fill(0xaa, 45);
  return bytes;
}

const spec = (loader: object, parts: object = {}) => ({
  seed: 3,
  source: { use: "image-folder", with: { root: "pictures" } },
  transforms: [{ use: "resize", with: { width: 8, height: 8 } }],
  split: { train: 0.75, validation: 0.25 },
  loader: { batchSize: 4, shuffle: true, maxRatio: 0.5, ...loader },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "flatten" },
        { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
      ],
    },
  },
  trainer: {
    use: "tfjs",
    with: { device: "cpu", epochs: 2, optimizer: { type: "adam", learningRate: 0.01 } },
  },
  ...parts,
});

function inLine<T>(
  given: object,
  use: (line: Line) => Promise<T>,
  onBadSample?: Quarantine["add"],
): Promise<T> {
  const url = pathToFileURL(join(folder, "spec.json"));
  const text = parseSpecText(JSON.stringify(given), "spec.json", url, []);
  return withLine(text, silent, use, { onBadSample });
}

function shown({ data, indices, step, bad }: Batch) {
  const { image, label } = data as { readonly image: NdArray; readonly label: NdArray };
  return { image: image.data.slice(), label: label.data.slice(), indices: [...indices], step, bad };
}

async function collect(batches: AsyncIterable<Batch>): Promise<ReturnType<typeof shown>[]> {
  const all: ReturnType<typeof shown>[] = [];
  for await (const batch of batches) {
    all.push(shown(batch));
    batch.release();
  }
  return all;
}

/** All of the loaders' batches of an epoch. */
const epochOf = ({ loaders }: Line) =>
  Promise.all([loaders.train, loaders.validation].map((loader) => collect(loader?.batches(1) ?? none())));
async function* none(): AsyncGenerator<Batch> {}

/** The names of the samples, in the order of the batches. */
async function orderOf(given: object): Promise<string[][]> {
  return inLine(given, async (line) => {
    const [train, validation] = await epochOf(line);
    const names = (batches: typeof train, dataset: unknown) =>
      batches.flatMap(({ indices }) =>
        indices.map((index) => basename((dataset as Dataset).key?.(index) ?? "")),
      );
    return [names(train, line.loaders.train.dataset), names(validation, line.loaders.validation?.dataset)];
  });
}

describe("a tenth of the pictures broken", () => {
  it("ends the epoch, where nothing else is said", async () => {
    const failing = inLine(spec({ maxRatio: undefined }), epochOf);
    await expect(failing).rejects.toMatchObject({ code: "FILE_FORMAT" });
  });

  it.each(["skip", "replace", "quarantine"])(
    "with %s: the same batches for 0, 1 and 4 workers, and after a stop",
    async (onError) => {
      const here = await inLine(spec({ onError }), epochOf);
      for (const numWorkers of [1, 4]) {
        const train = inLine(spec({ onError, numWorkers }), ({ loaders }) =>
          collect(loaders.train.batches(1)),
        );
        expect(await train).toEqual(here[0]);
      }
      const bad = here.flat().flatMap((batch) => batch.bad ?? []);
      expect(bad.filter(({ drawn }) => !drawn)).toHaveLength(brokenNames.length);
      expect(new Set(bad.map(({ code }) => code))).toEqual(new Set(["FILE_FORMAT"]));
      // What is measured takes each sample once.
      const [train, validation] = here.map((batches) => batches.flatMap(({ indices }) => indices).length);
      const inTrain = bad.filter(({ replacedBy }) => replacedBy !== undefined).length;
      expect([train + validation, new Set(here[1].flatMap(({ indices }) => indices)).size]).toEqual([
        count - brokenNames.length + inTrain,
        validation,
      ]);
      expect(inTrain > 0).toBe(onError === "replace");

      const state = await inLine(spec({ onError }), async ({ loaders: { train: loader } }) => {
        for await (const { step } of loader.batches(1)) if (step === 2) break;
        return JSON.parse(JSON.stringify(loader.state())) as unknown;
      });
      const rest = await inLine(spec({ onError, numWorkers: 1 }), ({ loaders }) =>
        collect(loaders.train.resume(state).batches(1)),
      );
      expect(rest).toEqual(here[0].filter(({ step }) => step > 2));
    },
    120_000,
  );

  it("with quarantine lists each once; fed back, the order is that of a folder without them", async () => {
    const file = join(folder, "bad.jsonl");
    const quarantine = new Quarantine(file);
    const given = spec({ onError: "quarantine" });
    const twice = async (line: Line) => {
      await epochOf(line);
      await epochOf(line);
    };
    await inLine(given, twice, (sample) => quarantine.add(sample));
    const entries = readQuarantine(file);
    expect(new Set(entries.map(({ key }) => key?.split("/").slice(-2).join("/")))).toEqual(
      new Set(brokenNames),
    );
    expect(entries).toHaveLength(brokenNames.length);
    expect(entries[0]).toMatchObject({ stage: "reading", code: "FILE_FORMAT", epoch: 1 });

    const without = spec({}, { source: { use: "image-folder", with: { root: "whole" } } });
    expect(await orderOf(spec({ maxRatio: undefined }, { exclude: "bad.jsonl" }))).toEqual(
      await orderOf({ ...without, loader: { batchSize: 4, shuffle: true } }),
    );
  });
});

describe("a run", () => {
  it("counts and lists bad samples, goes on with the very weights, and evaluates without them", async () => {
    await writeFile(join(folder, "run.json"), JSON.stringify(spec({ onError: "quarantine" })));
    const whole = await millrace(["run", "run.json", "--out", "runs/whole"], folder);
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    expect(whole.stdout).toMatch(/warning: sample \d+ \(.*\.(jpg|png)\) is left out: /);
    expect(whole.stdout).toMatch(/epoch 1\/2.* [123] bad training samples?, [123] bad validation samples? /);
    const read = (name: string) => readFile(join(folder, "runs", name), "utf8");
    const entries = readQuarantine(join(folder, "runs/whole/quarantine.jsonl"));
    expect(entries).toHaveLength(4);
    const epochs = (await read("whole/metrics.jsonl"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; bad?: { train: number; validation: number } })
      .filter(({ type }) => type === "epoch");
    const bad = { train: entries.filter(({ split }) => split === "train").length };
    const each = { ...bad, validation: 4 - bad.train };
    expect(epochs.map((epoch) => epoch.bad)).toEqual([each, each]);
    const report = await read("whole/report.html");
    expect(report).toContain("<h2>Bad samples</h2>");
    expect(report).toContain("4 samples could not be made. They are left out of training");
    for (const { key } of entries) expect(report).toContain(`<th scope="row">${key}</th>`);

    const first = ["run", "run.json", "--out", "runs/first", "--set", "trainer.with.maxSteps=9"];
    expect((await millrace(first, folder)).code).toBe(0);
    const second = await millrace(
      ["resume", "runs/first", "--set", "trainer.with.maxSteps=1000", "--out", "runs/second"],
      folder,
    );
    expect(second.code).toBe(0);
    const weights = (run: string) => readFile(join(folder, "runs", run, "model/weights.bin"), "hex");
    expect(await weights("second")).toBe(await weights("whole"));
    expect(readQuarantine(join(folder, "runs/second/quarantine.jsonl"))).toHaveLength(4);

    const measured = await millrace(["evaluate", "runs/whole", "--json"], folder);
    expect(JSON.parse(measured.stdout)).toMatchObject({
      samples: 10 - epochs[0].bad!.validation,
      badSamples: epochs[0].bad!.validation,
    });
    expect(measured.stderr).toContain("could not be made and");
  }, 120_000);

  it("ends with BAD_SAMPLES where there are too many, with the first as cause", async () => {
    await writeFile(join(folder, "few.json"), JSON.stringify(spec({ onError: "skip", maxRatio: 0.01 })));
    const ended = await millrace(["run", "few.json", "--out", "runs/few"], folder);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /error: at most 1 % of the samples may be bad \(maxRatio 0.01\), but 1 of \d+ were/,
    );
    expect(ended.stderr).toMatch(/the first: .*(jpg|png)/);
  });
});
