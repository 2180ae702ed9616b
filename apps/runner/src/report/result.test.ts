import { type Dataset, fromArray } from "@millrace/core";
import type { FitResult, Line, Prediction } from "@millrace/core/spec";
import { expect, it } from "vitest";
import { resultSections } from "./result.js";

const prediction = (position: number): Prediction => ({
  index: 10 + position,
  position,
  input: { dtype: "int32", shape: [3], data: Int32Array.of(4, 5, 6) },
  target: 0,
  predicted: 1,
  confidence: 0.75,
  loss: 1.5,
});

const result: FitResult = {
  device: "cpu",
  epochs: [],
  metrics: {},
  modelPath: "model.json",
  stopped: false,
  predictions: [prediction(0)],
  worst: [prediction(1)],
};

const textOf = async (samples: Dataset): Promise<string> => {
  const line = {
    loaders: { validation: {} },
    facts: { labels: ["bad", "good"] },
    samples: { validation: samples },
    spec: { trainer: { with: {} } },
  };
  return (await resultSections(line as unknown as Line, result)).map(({ text }) => text).join("");
};

it("shows the text of a sample as its source gives it, not the numbers that the model read", async () => {
  const texts = ["fine <b>", `a ${"long ".repeat(100)}one`].map((text) => ({ label: "never", text }));
  const shown = await textOf(fromArray(texts));
  expect(shown).toContain('<td class="input" data-head="input">fine &lt;b&gt;</td>');
  expect(shown).toMatch(/<td class="input" data-head="input">a long [^<]{200,240}…<\/td>/);
  expect(shown).not.toContain("never");
});

it("shows the row of a table as its source has it, gaps and dates in words", async () => {
  const row = { label: 3, when: 1_767_225_600, weather: "wet", wind: 2.5, rain: null };
  const rows: Dataset = Object.assign(fromArray([row, row]), { fields: { when: { type: "date" } } });
  expect(await textOf(rows)).toContain(
    '<td class="input" data-head="input">when 2026-01-01, weather wet, wind 2.5, rain –</td>',
  );
});

it("shows numbers where there is no text, and where the source can no longer be read", async () => {
  const numbers = '<td class="input" data-head="input">4.0000, 5.0000, 6.0000</td>';
  expect(await textOf(fromArray([{ ids: [1] }, { ids: [2] }]))).toContain(numbers);
  const broken: Dataset = {
    length: 2,
    get: () => {
      throw new Error("closed");
    },
  };
  expect(await textOf(broken)).toContain(numbers);
});
