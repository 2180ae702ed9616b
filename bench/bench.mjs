/**
 * The loader beside PyTorch's on the same work, in one run: `npm run bench`, or some of it: `npm run bench -- tabular
 * text`. Prints ratios; a whole run writes docs/bench.md and docs/bench.svg. A Python with torch is looked for in
 * $MILLRACE_PYTHON, then python3; without one, recorded figures stand in, marked.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cases as inMemory } from "./cases.mjs";
import { figure, ratioChart } from "./chart.mjs";
import { cases as images, sharpAlone } from "./images.mjs";
import { jpeg } from "./jpeg.mjs";
import { findTorch, timeOurs, timeTheirs } from "./measure.mjs";
import { overhead } from "./overhead.mjs";
import { report } from "./report.mjs";
import { byBatchSize, byBytes } from "./scaling.mjs";
import { cases as sqlite } from "./sqlite.mjs";
import { transformed } from "./transforms.mjs";

const cases = { ...inMemory, ...images, ...sqlite };

const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const python = findTorch();
const say = (text) => process.stdout.write(`${text}\n`);

const rows = [];
for (const [name, work] of Object.entries(cases)) {
  if (!isWanted(name)) continue;
  const about = await work.prepare?.();
  for (const numWorkers of work.workers ?? [0, 2]) rows.push(await beside(name, work, numWorkers));
  await work.clear?.(about);
}
const perBatch = isWanted("overhead") ? await overhead(say) : undefined;
const scaled = isWanted("transforms") ? await transformed(say, python) : [];
const decoders = isWanted("jpeg") ? await jpeg(say) : [];
const sizes = isWanted("scaling") ? await byBatchSize(say) : [];
const bytes = isWanted("scaling") ? await byBytes(say) : [];
const alone = {};
if (isWanted("sharp")) {
  for (const size of [64, 224]) {
    alone[size] = await sharpAlone(size);
    say(`sharp alone to ${size} × ${size}: ${Math.round(alone[size])} images/s`);
  }
}
if (wanted.length === 0) write();

async function beside(name, work, numWorkers) {
  const { what, batchSize, recorded, dataset, collate, collateFor, torch = name, epochs } = work;
  const options = { batchSize, collate: collateFor?.() ?? collate, numWorkers };
  const before = await timeOurs(await dataset(), options, epochs);
  const theirs =
    python === undefined
      ? { rowsPerSecond: recorded[numWorkers] }
      : timeTheirs(python, torch, numWorkers, (await work.torchArguments?.()) ?? []);
  // Again after PyTorch, so that a machine that is busy for a while is so for both.
  const after = await timeOurs(await dataset(), options, epochs);
  const ours = {
    rowsPerSecond: (before.rowsPerSecond + after.rowsPerSecond) / 2,
    firstBatchMs: Math.min(before.firstBatchMs, after.firstBatchMs),
  };
  const ratio = ours.rowsPerSecond / theirs.rowsPerSecond;
  say(
    `${name}, ${numWorkers} workers: ${figure(ratio)}× PyTorch${python === undefined ? " (recorded)" : ""}`,
  );
  return { name, what, numWorkers, ours, theirs, ratio };
}

function write() {
  const chart = new URL("../docs/bench.svg", import.meta.url);
  const beside = python === undefined ? "PyTorch 2.13, recorded" : `PyTorch ${python.version}`;
  const bars = rows.map(({ name, numWorkers, ratio }) => ({ name: `${name}, ${numWorkers} workers`, ratio }));
  writeFileSync(chart, ratioChart(`Rows per second, as a multiple of ${beside}`, bars));
  const target = new URL("../docs/bench.md", import.meta.url);
  writeFileSync(target, report({ python, rows, perBatch, scaled, sizes, bytes, alone, decoders }));
  say(`written to ${fileURLToPath(target)}`);
}
