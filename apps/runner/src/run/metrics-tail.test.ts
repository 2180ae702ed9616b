import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { MetricsLine } from "./metrics-file.js";
import { metricsTail } from "./metrics-tail.js";
import { stepPoints } from "./step-points.js";

const folder = await mkdtemp(join(tmpdir(), "millrace tail "));
afterAll(() => rm(folder, { recursive: true }));

const step = (number: number) =>
  `{"type":"step","epoch":0,"step":${number},"loss":${number === 2 ? null : 0.5}}\n`;

function follow(path: string) {
  const tail = metricsTail(path);
  let lines: MetricsLine[] = [];
  return async () => {
    await tail.read(
      (fresh) => lines.push(...fresh),
      () => {
        lines = [];
      },
    );
    return lines.map((line) => line.type === "step" && line.step);
  };
}

it("reads a file as it grows: whole lines, each once, whatever stands between them", async () => {
  const path = join(folder, "metrics.jsonl");
  const steps = follow(path);
  expect(await steps()).toEqual([]);
  const [half, rest] = [step(1).slice(0, 20), step(1).slice(20)];
  await writeFile(path, step(0) + half);
  expect(await steps()).toEqual([0]);
  await appendFile(path, `${rest}no JSON\n{"type":"epoch","epoch":0}\n[]\n${step(2)}`);
  expect(await steps()).toEqual([0, 1, 2]);
  expect(await steps()).toEqual([0, 1, 2]);
});

it("begins anew where the file is another one", async () => {
  const path = join(folder, "again.jsonl");
  await writeFile(path, step(0) + step(1) + step(3));
  const steps = follow(path);
  expect(await steps()).toEqual([0, 1, 3]);
  await writeFile(path, step(7));
  expect(await steps()).toEqual([7]);
  await rm(path);
  expect(await steps()).toEqual([]);
});

it("keeps a bounded number of points, whose means are those of the steps, and where epochs end", () => {
  const points = stepPoints(100);
  for (let epoch = 0; epoch < 3; epoch++)
    for (let at = 0; at < 1000; at++) points.add({ epoch, step: at, loss: at });
  const all = points.all();
  expect(all.length).toBeGreaterThan(40);
  expect(all.length).toBeLessThanOrEqual(100);
  for (const [i, { epoch, step: last, loss }] of all.entries()) {
    const first = i > 0 && all[i - 1].epoch === epoch ? all[i - 1].step + 1 : 0;
    expect(loss).toBeCloseTo((first + last) / 2);
  }
  for (const epoch of [0, 1, 2]) expect(all.findLast((point) => point.epoch === epoch)?.step).toBe(999);
});
