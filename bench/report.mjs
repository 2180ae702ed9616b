/** The page that a run of the benchmark writes. */
import { availableParallelism, cpus } from "node:os";
import { figure } from "./chart.mjs";
import { jpegSection } from "./jpeg.mjs";

export function report({ python, rows, perBatch, scaled, sizes, bytes, alone, decoders }) {
  const beside =
    python === undefined
      ? "figures of PyTorch 2.13 **recorded** on two cores, not measured here"
      : `PyTorch ${python.version}, measured in the same run`;
  return `# How fast the loader is

\`npm run bench\` writes this page. Beside: ${beside}. Node ${process.versions.node}, ${availableParallelism()} cores
(${cpus()[0]?.model.trim() ?? "unknown"}). Read the ratios: absolute figures change with the machine and its load. Each
is the median epoch after the first, shuffled; workers are kept between epochs.

![Rows per second, as a multiple of PyTorch's](bench.svg)

| work | workers | ratio | rows/s | PyTorch | first batch | PyTorch |
| ---- | ------- | ----- | ------ | ------- | ----------- | ------- |
${rows.map(line).join("\n")}

## What a batch costs on its way

A batch of 16 KB that costs next to nothing to make, from its request to its release. Through workers, most of it is
waking threads: with more batches ahead there is less of that (\`prefetchFactor: "auto"\` looks after it).

| made | per batch |
| --- | --- |
${perBatch.map(({ name, microseconds }) => `| ${name} | ${microseconds.toFixed(0)} µs |`).join("\n")}

${transformsSection(scaled)}

## How far from the limit

The limit is a plain loop in one thread that copies the same rows, in random order, into memory that is used again and
again. Shares of it, by batch size (1,000,000 rows × 10 float32) and by bytes per sample (batches of 64). The arrays lie in
shared memory; of ordinary ones an epoch with workers first reads all, to see what was written to since the last:

${scalingTable("batch", sizes)}

${scalingTable("sample", bytes)}

Photos: sharp alone, four at a time, makes ${imagesText(alone, 64)} and ${imagesText(alone, 224)} of the same files; above,
libjpeg-turbo decoded them where it is there.

${jpegSection(decoders)}`;
}

/** What fitted transforms cost on the table of the first row. */
export function transformsSection(scaled) {
  const lines = scaled.map(({ numWorkers, bare, ours, theirs }) => {
    const beside = theirs === undefined ? ["", ""] : [count(theirs), `**${figure(ours / theirs)}×**`];
    const cells = [numWorkers, count(bare), count(ours), (ours / bare).toFixed(2), ...beside];
    return `| ${cells.join(" | ")} |`;
  });
  return `## Transforms of a table

1,000,000 rows × 10 float32, a twentieth of them missing, batches of 256, through \`fill-missing\` and \`standardize\` in a spec;
PyTorch does the same arithmetic for each sample. Epochs with and without them take turns.

| workers | bare, rows/s | with both | share | PyTorch with both | ratio |
| --- | --- | --- | --- | --- | --- |
${lines.join("\n")}`;
}

function line({ name, what, numWorkers, ours, theirs, ratio }) {
  const cells = [
    `${name}: ${what}`,
    numWorkers,
    `**${figure(ratio)}×**`,
    count(ours.rowsPerSecond),
    count(theirs.rowsPerSecond),
    milliseconds(ours.firstBatchMs),
    milliseconds(theirs.firstBatchMs),
  ];
  return `| ${cells.join(" | ")} |`;
}

function imagesText(alone, size) {
  return `${count(alone[size])} images/s at ${size} × ${size}`;
}

function scalingTable(head, rows) {
  const share = (rate, limit) => `${Math.round((100 * rate) / limit)} %`;
  const lines = rows.map(
    ({ name, limit, rates }) =>
      `| ${name} | ${count(limit)} | ${rates.map((rate) => share(rate, limit)).join(" | ")} |`,
  );
  return `| ${head} | limit, rows/s | inline | 1 worker | 2 workers |
| --- | --- | --- | --- | --- |
${lines.join("\n")}`;
}

function count(rate) {
  return rate >= 10_000
    ? `${Math.round(rate / 1000).toLocaleString("en")} k`
    : Math.round(rate).toLocaleString("en");
}

function milliseconds(value) {
  return value === undefined ? "" : `${Math.round(value)} ms`;
}
