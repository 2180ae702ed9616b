/** The report as a browser shows it: measured, on a phone and on a wide screen, in light and in dark. */
import type { EpochResult, Prediction, Spec } from "@millrace/core/spec";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { confusionHtml } from "../src/report/confusion.js";
import { firstBatchHtml } from "../src/report/first-batch.js";
import { page } from "../src/report/page.js";
import { predictionsHtml } from "../src/report/predictions.js";
import type { Report } from "../src/report/report.js";
import type { RunHistory } from "../src/run/history.js";
import { chromePath, faultsInLooks, looks, openBrowser } from "./support/browser.js";

let browser: Browser;
beforeAll(async () => {
  if (chromePath !== undefined) browser = await openBrowser();
}, 60_000);
afterAll(async () => browser?.close());

describe.skipIf(chromePath === undefined)("a report in a browser (needs Chromium)", () => {
  it("is readable for a run of images, few labels and pictures", async () => {
    const labels = ["cat", "a rather long label", "ox"];
    const image = (index: number, predicted: number): Prediction => ({
      index,
      position: index,
      key: `folder/picture ${index}.png`,
      input: { dtype: "uint8", shape: [8, 8, 1], data: new Uint8Array(64).fill(index * 9) },
      target: index % 3,
      predicted,
      confidence: 0.75,
      loss: 1.5,
    });
    const predictions = Array.from({ length: 12 }, (_, i) => image(i, i % 2));
    const batch = {
      epoch: 0,
      step: 0,
      samples: 32,
      indices: [4, 5],
      columns: {
        image: { dtype: "uint8" as const, shape: [2, 8, 8, 1], data: new Uint8Array(128) },
        label: { dtype: "int32" as const, shape: [2], data: Int32Array.of(1, 2) },
      },
    };
    const confusion = { name: "confusionMatrix", rowNames: labels, columnNames: labels };
    const rows = [
      [1400, 30, 0],
      [0, 900, 4],
      [120, 0, 9],
    ];
    const sections = [
      confusionHtml({ ...confusion, rows }, "validation"),
      await predictionsHtml({ title: "Worst samples", predictions, labels, isWorst: true }),
      await predictionsHtml({ title: "Predictions", predictions, labels }),
    ].filter((section) => section !== undefined);
    const firstBatch = await firstBatchHtml({ batch, facts: { labels }, target: "label" });
    expect(await faultsIn({ history: course(5), sections, firstBatch, line })).toEqual([]);
  }, 120_000);

  it("is readable for a run of numbers and of many labels, with bad samples", async () => {
    const input = { dtype: "float32", shape: [3], data: Float32Array.of(1, 2, 3) } as const;
    const predictions = [0, 1].map(
      (index): Prediction => ({ index, position: index, input, target: 1.5, predicted: -200.25, loss: 4 }),
    );
    const names = Array.from({ length: 60 }, (_, i) => `label number ${i}`);
    const rows = names.map((_, i) => names.map((__, j) => (i === j ? 40 : (i + 3 * j) % 17 === 0 ? 2 : 0)));
    const sections = [
      confusionHtml({ name: "confusionMatrix", rowNames: names, columnNames: names, rows }, "validation"),
      await predictionsHtml({ title: "Predictions", predictions, text: async () => "word ".repeat(40) }),
    ].filter((section) => section !== undefined);
    const named = {
      key: "some/deep/folder/with/a/file-of-a-long-name-0001.png",
      index: 3,
      split: "train" as const,
      stage: "transform 1 resize",
      reason: "the image cannot be decoded: its data ends early",
      code: "SAMPLE_FAILED",
      epoch: 0,
    };
    expect(await faultsIn({ history: course(2), sections, bad: { count: 4, named: [named] }, line })).toEqual(
      [],
    );
  }, 120_000);

  it("is readable after 300 epochs, after one, before the first, and where the loss was no number", async () => {
    const some = [looks[0], looks[3]];
    expect(await faultsIn({ history: course(300), line }, some)).toEqual([]);
    expect(await faultsIn({ history: course(1), status: "running" }, some)).toEqual([]);
    expect(await faultsIn({ history: { steps: [], epochs: [] }, status: "running" }, some)).toEqual([]);
    const diverged = course(12, (epoch) => (epoch > 6 ? Number.NaN : 1 + epoch ** 8));
    const name = "a-run-of-a-name-that-is-longer-than-a-phone";
    expect(await faultsIn({ history: diverged, status: "failed", name }, some)).toEqual([]);
  }, 240_000);

  it("is measured by rules that find what is wrong", async () => {
    const text = `<style>body { margin: 0; background: #fff } .plot { position: relative; height: 9rem } .plot span { position: absolute }
      .verdict { display: block; width: 2rem } .mark { display: block } .status { display: inline-block; width: 3rem }</style>
      <p style="font-size: 8px">small</p><p style="color: #aaa">pale</p><p style="width: 400px">wide</p><p style="background: #000"><i style="color: #333">dark</i></p>
      <div class="plot"><span style="left: 1px">one</span><span style="left: 9px">two</span>
      <svg viewBox="0 0 9 9"><g class="x"><path class="curve" d="M0,0L9,9" stroke="#eee" stroke-width="2"/></g></svg></div>
      <span class="verdict"><b>label</b><span class="mark">✗</span></span><span class="status">not here</span>`;
    const found = await faultsInLooks(browser, text, [looks[0]]);
    for (const rule of [
      /the page is 400 wide in a window of 360/,
      /"small" has letters of 8px/,
      /"pale" has a contrast of 2\.32/,
      /"dark" has a contrast of 1\.66/,
      /"one" and span "two" overlap/,
      /the line x has a contrast of 1\.16/,
      /"✗" stands under its label/,
      /"not here" wraps/,
    ])
      expect(
        found.filter((fault) => rule.test(fault)),
        `${rule} in ${found.join("; ")}`,
      ).toHaveLength(1);
  }, 60_000);
});

async function faultsIn(more: Partial<Report> & Pick<Report, "history">, tried = looks): Promise<string[]> {
  const text = page({
    name: "digits",
    status: "finished",
    startedAt: new Date(0),
    seconds: 75,
    spec,
    data: "4,000 training and 1,000 validation samples · 10 classes · 63 steps per epoch",
    ...more,
  });
  return faultsInLooks(browser, text, tried);
}

const spec = {
  seed: 1,
  source: { use: "image-folder", with: { root: "a/folder" } },
  transforms: [{ use: "random-affine", with: {}, only: "train" }],
  loader: {
    batchSize: 64,
    shuffle: true,
    dropLast: true,
    onError: "skip",
    collate: { use: "default", with: {} },
  },
  model: { use: "layers", with: {} },
  trainer: { use: "tfjs", with: {} },
} as unknown as Spec;

const stage = (usPerSample: number) => ({ ms: usPerSample, usPerSample });
const made = {
  batches: 9,
  samples: 500,
  badSamples: 0,
  bytes: 1,
  wallMs: 1000,
  read: stage(120),
  transform: stage(1400),
  collate: stage(12),
  dataWait: stage(2),
  orderWait: stage(0),
  use: stage(900),
  dataWaitShare: 0.2,
  queueDepth: 1,
};
const line = {
  metrics: () => ({ total: made, workers: { numWorkers: 2, prefetchFactor: 2, deaths: 0 } }),
  skipped: [
    "44 training samples of each epoch fill no batch of 64 and are left out (dropLast), others in each.",
  ],
};

/** A run that learns, with a learning rate that decays. */
function course(count: number, lossAt = (epoch: number) => 2.3 * Math.exp(-epoch / 20) + 0.004): RunHistory {
  const steps = Array.from({ length: count * 10 }, (_, i) => ({
    epoch: Math.floor(i / 10),
    step: (i % 10) * 10 + 9,
    steps: 100,
    loss: lossAt(i / 10) * (1 + 0.2 * Math.sin(i * i)),
    learningRate: 0.001 * 0.97 ** i,
  }));
  const epochs = Array.from(
    { length: count },
    (_, epoch): EpochResult => ({
      epoch,
      train: { loss: lossAt(epoch), accuracy: 1 - 0.9 ** epoch },
      validation: { loss: lossAt(epoch) * 1.2, accuracy: 1 - 0.92 ** epoch },
      seconds: 2.5,
      samplesPerSecond: 1234,
      dataWait: 0.2,
      bad: { train: 3, validation: 1 },
    }),
  );
  return {
    device: { type: "device", device: "wasm", reason: "no GPU here", skipped: ["cuda: not installed"] },
    model: { type: "model", summary: "dense", parameters: 12_345 },
    steps,
    epochs,
  };
}
