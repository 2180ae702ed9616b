/**
 * The loader beside PyTorch's on the same work, in one run: `npm run bench`. Prints ratios and writes docs/bench.md.
 * A Python with torch is looked for in $MILLRACE_PYTHON, then python3; without one, recorded figures stand in, marked.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { DataLoader } from "@millrace/core/dataloader";
import { cases } from "./cases.mjs";

const python = findTorch();
const rows = [];
for (const [name, { what, batchSize, recorded, dataset, collate }] of Object.entries(cases)) {
  for (const numWorkers of [0, 2]) {
    const ours = await timeOurs(dataset(), { batchSize, collate, numWorkers });
    const theirs =
      python === undefined ? { rowsPerSecond: recorded[numWorkers] } : timeTheirs(name, numWorkers);
    rows.push({ name, what, numWorkers, ours, theirs });
    const ratio = (ours.rowsPerSecond / theirs.rowsPerSecond).toFixed(1);
    process.stdout.write(
      `${name}, ${numWorkers} workers: ${ratio}× PyTorch${python === undefined ? " (recorded)" : ""}\n`,
    );
  }
}
const target = new URL("../docs/bench.md", import.meta.url);
writeFileSync(target, report());
process.stdout.write(`written to ${fileURLToPath(target)}\n`);

async function timeOurs(dataset, { batchSize, collate, numWorkers }) {
  const started = performance.now();
  const persistent = numWorkers > 0 ? { numWorkers, persistentWorkers: true } : {};
  const loader = new DataLoader(dataset, { batchSize, shuffle: true, collate, ...persistent });
  const rates = [];
  let firstBatchMs;
  for (let epoch = 0; epoch < 5; epoch++) {
    const begun = performance.now();
    let count = 0;
    for await (const { indices, release } of loader.batches(epoch)) {
      firstBatchMs ??= performance.now() - started;
      count += indices.length;
      release();
    }
    rates.push((count / (performance.now() - begun)) * 1000);
  }
  await loader.close();
  return { rowsPerSecond: median(rates.slice(1)), firstBatchMs };
}

function timeTheirs(name, workers) {
  const script = fileURLToPath(new URL("./torch_loader.py", import.meta.url));
  return JSON.parse(execFileSync(python.command, [script, name, String(workers)], { encoding: "utf8" }));
}

function findTorch() {
  for (const command of [process.env.MILLRACE_PYTHON, "python3"].filter(Boolean)) {
    try {
      const version = execFileSync(command, ["-c", "import torch; print(torch.__version__)"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { command, version: version.trim() };
    } catch {
      // Not there, or without torch: the next one.
    }
  }
  return undefined;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function report() {
  const beside =
    python === undefined
      ? "figures of PyTorch 2.13 **recorded** on two cores, not measured here"
      : `PyTorch ${python.version}, measured in the same run`;
  const k = (rate) => `${Math.round(rate / 1000).toLocaleString("en")} k`;
  const ms = (value) => (value === undefined ? "" : `${Math.round(value)} ms`);
  const lines = rows.map(
    ({ name, what, numWorkers, ours, theirs }) =>
      `| ${name}: ${what} | ${numWorkers} | **${(ours.rowsPerSecond / theirs.rowsPerSecond).toFixed(1)}×** | ${k(ours.rowsPerSecond)} | ${k(theirs.rowsPerSecond)} | ${ms(ours.firstBatchMs)} | ${ms(theirs.firstBatchMs)} |`,
  );
  return `# How fast the loader is

\`npm run bench\` writes this page. Beside: ${beside}. Node ${process.versions.node}, ${availableParallelism()} cores
(${cpus()[0]?.model.trim() ?? "unknown"}). Read the ratios: absolute figures change with the machine and its load. Each
is the median epoch after the first, shuffled; workers are kept between epochs.

| work | workers | ratio | rows/s | PyTorch | first batch | PyTorch |
|---|---|---|---|---|---|---|
${lines.join("\n")}
`;
}
