import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { metricsFile } from "./metrics-file.js";
import { openRecorder } from "./recorder.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-recorder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function stepsWritten(steps: number) {
  const path = join(folder, `${steps}.jsonl`);
  const recorder = openRecorder([metricsFile(path)]);
  for (let step = 0; step < steps; step++) {
    recorder.record({ type: "step", epoch: 0, step, steps, loss: step, samplesPerSecond: 1, dataWait: 0 });
  }
  recorder.close();
  const text = await readFile(path, "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { step: number; loss: number });
  expect(lines.map(({ step, loss }) => ({ step, loss }))).toEqual(
    recorder.history.steps.map(({ step, loss }) => ({ step, loss })),
  );
  return lines;
}

it("writes every step of a short epoch", async () => {
  expect(await stepsWritten(63)).toHaveLength(63);
});

it("writes 200 means of a long epoch, which together are the mean of all", async () => {
  const lines = await stepsWritten(10_000);
  expect(lines).toHaveLength(200);
  expect(lines.at(-1)).toMatchObject({ step: 9999 });
  expect(lines[0]).toMatchObject({ step: 49, loss: 24.5 });
  expect(lines.reduce((sum, { loss }) => sum + loss, 0) / 200).toBeCloseTo(4999.5);
});

it("ends with the last step where steps do not divide evenly", async () => {
  const lines = await stepsWritten(333);
  expect(lines.length).toBeLessThanOrEqual(200);
  expect(lines.at(-1)).toMatchObject({ step: 332 });
});

it("thins out the steps of a stream that does not say how many come, and ends with the last one", async () => {
  const path = join(folder, "stream.jsonl");
  const recorder = openRecorder([metricsFile(path)]);
  const steps = 10_001;
  for (let step = 0; step < steps; step++) {
    recorder.record({ type: "step", epoch: 0, step, loss: step, samplesPerSecond: 1, dataWait: 0 });
  }
  const epoch = { epoch: 0, train: { loss: 1 }, seconds: 1, samplesPerSecond: 1, dataWait: 0 };
  recorder.record({ type: "epoch", ...epoch });
  recorder.close();
  const points = recorder.history.steps;
  expect(points.slice(0, 199).map(({ step }) => step)).toEqual(Array.from({ length: 199 }, (_, i) => i));
  expect(points.length).toBeLessThan(1000);
  expect(points.at(-1)).toMatchObject({ step: steps - 1 });
  expect(await readFile(path, "utf8")).not.toContain("steps");
});
