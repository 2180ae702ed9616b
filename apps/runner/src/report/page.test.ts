import type { EpochResult, Prediction, Spec } from "@millrace/core/spec";
import { describe, expect, it } from "vitest";
import type { RunHistory } from "../run/history.js";
import { page } from "./page.js";
import { Html } from "./html.js";
import { type PredictionsOptions, predictionsHtml } from "./predictions.js";
import type { Report } from "./report.js";

const nasty = `<script>alert("x")</script>`;

const epoch = (number: number, loss: number, accuracy: number): EpochResult => ({
  epoch: number,
  train: { loss: loss * 2, accuracy: accuracy / 2 },
  validation: { loss, accuracy },
  seconds: 2,
  samplesPerSecond: 1000,
  dataWait: 0.25,
});

const history: RunHistory = {
  device: { type: "device", device: "wasm", reason: "no GPU here", skipped: [`cuda: ${nasty}`] },
  model: { type: "model", summary: `dense ${nasty}`, parameters: 12_345 },
  steps: [0, 1, 2, 3].map((step) => ({ epoch: 0, step, steps: 4, loss: 2 - step / 4 })),
  epochs: [epoch(0, 0.5, 0.8), epoch(1, 0.3, 0.9), epoch(2, 0.4, 0.85)],
};

const report: Report = {
  name: nasty,
  status: "finished",
  startedAt: new Date("2026-01-31T09:59:00Z"),
  seconds: 75,
  spec: { note: nasty } as unknown as Spec,
  data: "100 training samples",
  history,
};

const image = (index: number, target: number, predicted: number, key?: string): Prediction => ({
  index,
  position: index,
  ...(key !== undefined && { key }),
  input: { dtype: "uint8", shape: [4, 4, 1], data: new Uint8Array(16).fill(index) },
  target,
  predicted,
  confidence: 0.75,
});

const shown = async (options: Omit<PredictionsOptions, "title">): Promise<Html> =>
  (await predictionsHtml({ title: "Predictions", ...options })) ?? new Html("");

describe("the report", () => {
  it("leads with the last and best validation results, the speed and the device", () => {
    const text = page(report);
    expect(text).toContain(
      "<dt>Validation accuracy</dt><dd><strong>0.8500</strong><small>best 0.9000 in epoch 2</small>",
    );
    expect(text).toContain(
      "<dt>Validation loss</dt><dd><strong>0.4000</strong><small>best 0.3000 in epoch 2</small>",
    );
    expect(text).toContain("<strong>1,000</strong><small>25% waiting for data</small>");
    expect(text).toContain("<strong>wasm</strong><small>12,345 parameters</small>");
    expect(text).toContain("in 1 min 15 s");
  });

  it("draws a chart for the loss and each metric, described in words", () => {
    const text = page(report);
    expect(text.match(/class="plot"/g)).toHaveLength(2);
    expect(text).toContain(
      'aria-label="Accuracy over 3 epochs: training from 0.4000 to 0.4250, validation from 0.8000 to 0.8500"',
    );
    expect(text).toContain("<title>validation, epoch 2: 0.3000</title>");
  });

  it("escapes every text that comes from outside", async () => {
    const predictions = await shown({
      predictions: [image(0, 0, 1, `${nasty}.png`)],
      labels: [nasty, `" onerror="alert(1)`],
    });
    const text = page({ ...report, sections: [predictions] });
    expect(text).not.toContain("<script");
    expect(text).not.toContain('" onerror="');
    expect(text).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
  });

  it("asks for nothing from outside", async () => {
    const predictions = await shown({ predictions: [image(0, 0, 0)] });
    const text = page({ ...report, sections: [predictions] });
    expect(text).toContain("default-src 'none'");
    expect(text.match(/(?:src|href)="(?!data:)/g)).toBeNull();
    expect(text).not.toMatch(/url\(|@import/);
  });

  it("loads itself again while the run goes on, and only then", () => {
    expect(page({ ...report, status: "running" })).toContain('http-equiv="refresh"');
    expect(page(report)).not.toContain('http-equiv="refresh"');
  });

  it("is a page before the first epoch ends, and with a loss that is not a number", () => {
    const early = page({ ...report, history: { steps: [], epochs: [] } });
    expect(early).toContain("No epoch has ended yet.");
    const diverged = page({ ...report, history: { ...history, epochs: [epoch(0, Number.NaN, 0.5)] } });
    expect(diverged).toContain("not a number");
    expect(diverged).not.toMatch(/d="[^"]*NaN/);
    expect(diverged).toContain("Not a finite number in epoch 1: nothing is drawn there.");
  });
});

describe("predictions", () => {
  it("shows images as pictures, the wrong ones marked in words too", async () => {
    const { text } = await shown({
      predictions: [image(0, 1, 1, "0.png"), image(1, 0, 1, "1.png")],
      labels: ["cat", "dog"],
    });
    expect(text).toContain(
      "Chosen at random, without a look at the answers: 1 of 2 are right; the others are marked.",
    );
    expect(text.match(/src="data:image\/png;base64,/g)).toHaveLength(2);
    expect(text).toContain('alt="0.png: dog, right"');
    expect(text).toContain('class="wrong"');
    expect(text).toContain('alt="1.png: the model says dog, but it is cat"');
    expect(text).toContain('<span class="verdict"><b>dog</b><span class="mark">✗</span></span>is cat');
  });

  it("shows other samples as a table", async () => {
    const input = { dtype: "float32", shape: [6], data: Float32Array.of(0.5, 1, 2, 3, 4, 5) } as const;
    const { text } = await shown({
      predictions: [{ index: 3, position: 1, input, target: 0, predicted: 2, confidence: 0.5 }],
      labels: ["a", "b", "c"],
    });
    expect(text).toContain(
      '<th scope="row">sample 3</th><td class="input" data-head="input">0.5000, 1.0000, 2.0000, 3.0000, … (6)</td>',
    );
    expect(text).toMatch(
      /<td[^>]*>a<\/td><td[^>]*>c<\/td><td[^>]*>50%<\/td><td class="mark"[^>]*>✗ wrong<\/td>/,
    );
  });

  it("judges no predicted number as right or wrong", async () => {
    const input = { dtype: "float32", shape: [1], data: Float32Array.of(0.5) } as const;
    const { text } = await shown({
      predictions: [{ index: 0, position: 0, input, target: 1.5, predicted: 1.25 }],
    });
    expect(text).toMatch(/data-head="true">1\.5000<\/td><td[^>]*>1\.2500<\/td>/);
    expect(text).not.toContain("wrong");
  });

  it("tells the loss of the worst, and the texts or names of what they are made of", async () => {
    const input = { dtype: "float32", shape: [2], data: Float32Array.of(0.5, 1) } as const;
    const predictions = [
      { index: 24, position: 4, input, target: 0, predicted: 1, confidence: 0.9, loss: 2.3 },
      { index: 22, position: 2, input, target: 1, predicted: 1, confidence: 0.6, loss: 0.5 },
    ];
    const text = async (position: number) => (position === 4 ? nasty : undefined);
    const made = await shown({ predictions, isWorst: true, features: ["ph", "<g>"], text });
    expect(made.text).toContain("The 2 samples of the whole split with the highest loss, the highest first.");
    expect(made.text).toContain("1 of them are right, but the model is not sure.");
    expect(made.text).toContain("&lt;script&gt;");
    expect(made.text).toContain('<td class="input" data-head="input">ph 0.5000, &lt;g&gt; 1.0000</td>');
    expect(made.text).toContain('data-head="loss">2.3000</td>');
  });

  it("tells several inputs by name, and shows the first of them that is a picture", async () => {
    const numbers = { name: "features", dtype: "float32", shape: [2], data: Float32Array.of(1, 2) } as const;
    const parts = { ...numbers, name: "when", data: Float32Array.of(3, 4) };
    const two = { index: 0, position: 0, input: numbers, inputs: [numbers, parts], target: 0, predicted: 1 };
    const names = { features: ["ph", "sugar"], elements: { when: ["day", "hour"] } };
    expect((await shown({ predictions: [two], ...names })).text).toContain(
      '<td class="input" data-head="input">features ph 1.0000, sugar 2.0000; when day 3.0000, hour 4.0000</td>',
    );
    const pixels = { ...image(0, 0, 1, "0.png").input, name: "photo" };
    const { text } = await shown({ predictions: [{ ...two, inputs: [numbers, pixels] }] });
    expect(text).toContain('src="data:image/png;base64,');
    expect(text).toContain("features 1.0000, 2.0000");
  });

  it("says which numbers are in the target's own unit where transforms have changed it", () => {
    const model = { type: "model", summary: "", parameters: 1 } as const;
    expect(page({ ...report, history: { ...history, model } })).not.toContain("own unit");
    expect(page({ ...report, history: { ...history, model: { ...model, restored: "<price>" } } })).toContain(
      "Transforms changed the target <b>&lt;price&gt;</b> for training. The loss is that of what they made of it;",
    );
  });

  it("leaves the section out where there are none", async () => {
    expect(await predictionsHtml({ title: "Predictions", predictions: [] })).toBeUndefined();
  });
});
