/**
 * What fitted transforms cost on a table: a spec's line bare, with `fill-missing` and `standardize`, and PyTorch with the
 * same arithmetic per sample, in turn. `node bench/transforms.mjs`, or as a part of `npm run bench`.
 */
import { LoggerService } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { figure } from "./chart.mjs";
import { findTorch, median, timeTheirs } from "./measure.mjs";

const rows = 1_000_000;
const width = 10;
const batchSize = 256;

const transforms = [
  { use: "fill-missing", with: { fields: "features" } },
  { use: "standardize", with: { fields: "features" } },
];

const quiet = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));

async function lineOf(transforms, numWorkers) {
  const registry = new Registry();
  registry.provide(LoggerService, quiet);
  const workers = numWorkers > 0 ? { numWorkers, persistentWorkers: true } : {};
  const text = parseSpecText(
    JSON.stringify({
      plugins: ["./table.mjs"],
      source: { use: "bench-table", with: { rows, width } },
      split: { train: 1 },
      transforms,
      loader: { batchSize, shuffle: true, ...workers },
      model: { use: "none" },
      trainer: { use: "none" },
    }),
    "transforms",
    new URL("./spec.json", import.meta.url),
  );
  const defaults = ["@millrace/core/builtin"];
  const checked = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
  return openLine(checked.spec, { registry, modules: checked.modules, url: text.url });
}

/** Rows per second of one epoch. */
async function epochOf({ loaders: { train } }, epoch) {
  const started = performance.now();
  let seen = 0;
  for await (const { indices, release } of train.batches(epoch)) {
    seen += indices.length;
    release();
  }
  return (seen / (performance.now() - started)) * 1000;
}

/** The lines' epochs in turn, so that a machine that is busy for a while is so for both; the median after the first. */
async function ratesOf(lines, count = 6) {
  const rates = lines.map(() => []);
  for (let epoch = 0; epoch < count; epoch++) {
    for (const [i, line] of lines.entries()) rates[i].push(await epochOf(line, epoch));
  }
  return rates.map((each) => median(each.slice(1)));
}

export async function transformed(say, python = findTorch()) {
  const answer = [];
  for (const numWorkers of [0, 2]) {
    const bareLine = await lineOf([], numWorkers);
    const begun = performance.now();
    const line = await lineOf(transforms, numWorkers);
    const opening = performance.now() - begun;
    const [bare, ours] = await ratesOf([bareLine, line]);
    await line.close();
    await bareLine.close();
    const theirs = python && timeTheirs(python, "transforms", numWorkers).rowsPerSecond;
    answer.push({ numWorkers, bare, ours, theirs, opening });
    const beside = theirs === undefined ? "" : `, ${figure(ours / theirs)}× PyTorch`;
    say(
      `transforms, ${numWorkers} workers: ${(ours / bare).toFixed(2)} of the bare rate (${Math.round(ours / 1000)} k of ${Math.round(bare / 1000)} k rows/s)${beside}; opened and fitted in ${Math.round(opening)} ms`,
    );
  }
  return answer;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await transformed((text) => process.stdout.write(`${text}\n`));
}
