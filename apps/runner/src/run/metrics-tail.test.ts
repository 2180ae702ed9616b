import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { metricsTail } from "./metrics-tail.js";

const folder = await mkdtemp(join(tmpdir(), "millrace tail "));
afterAll(() => rm(folder, { recursive: true }));

const step = (number: number) =>
  `{"type":"step","epoch":0,"step":${number},"loss":${number === 2 ? null : 0.5}}\n`;

it("reads a file as it grows: whole lines, each once, whatever stands between them", async () => {
  const path = join(folder, "metrics.jsonl");
  const tail = metricsTail(path);
  expect(await tail.read()).toEqual([]);
  const [half, rest] = [step(1).slice(0, 20), step(1).slice(20)];
  await writeFile(path, step(0) + half);
  expect(await tail.read()).toHaveLength(1);
  const before = await tail.read();
  await appendFile(path, `${rest}no JSON\n{"type":"epoch","epoch":0}\n[]\n${step(2)}`);
  const lines = await tail.read();
  expect(lines).not.toBe(before);
  expect(lines.map((line) => line.type === "step" && line.step)).toEqual([0, 1, 2]);
  expect(lines[2]).toMatchObject({ loss: Number.NaN });
  expect(await tail.read()).toBe(lines);
});

it("begins anew where the file is another one, and bears calls at once", async () => {
  const path = join(folder, "again.jsonl");
  await writeFile(path, step(0) + step(1) + step(3));
  const tail = metricsTail(path);
  const [one, two] = await Promise.all([tail.read(), tail.read()]);
  expect([one.length, two.length]).toEqual([3, 3]);
  await writeFile(path, step(7));
  expect(await tail.read()).toMatchObject([{ step: 7 }]);
  await rm(path);
  expect(await tail.read()).toEqual([]);
});
