/**
 * How the loader scales with batch size, bytes per sample and workers, beside a plain loop that copies the same bytes.
 * The arrays lie in shared memory: of others, each epoch with workers first reads all to see what was written to.
 */
import { Generator, ndarray, randperm, TensorDataset } from "@millrace/core/dataloader";
import { median, timeOurs } from "./measure.mjs";

const workerCounts = [0, 1, 2];

/** One million rows of ten numbers, in batches of more and more rows. */
export async function byBatchSize(say) {
  const rows = [];
  const data = ndarray(new Float32Array(new SharedArrayBuffer(40_000_000)), [1_000_000, 10]);
  for (const batchSize of [16, 64, 256, 1024, 4096]) {
    const limit = copyLimit(data, batchSize);
    rows.push(await row(new TensorDataset(data), batchSize, limit, `${batchSize} rows`, say));
  }
  return rows;
}

/** Batches of 64 samples of more and more bytes: at most 256 MB in all. */
export async function byBytes(say) {
  const rows = [];
  for (const bytes of [40, 400, 4_000, 40_000, 400_000]) {
    const count = Math.min(200_000, Math.floor(256e6 / bytes));
    const data = ndarray(new Uint8Array(new SharedArrayBuffer(count * bytes)), [count, bytes]);
    const limit = copyLimit(data, 64);
    rows.push(await row(new TensorDataset(data), 64, limit, `${bytes.toLocaleString("en")} B`, say));
  }
  return rows;
}

async function row(dataset, batchSize, limit, name, say) {
  const rates = [];
  for (const numWorkers of workerCounts) {
    const { rowsPerSecond } = await timeOurs(dataset, { batchSize, numWorkers }, 4);
    rates.push(rowsPerSecond);
  }
  say(`scaling, ${name}: ${rates.map((rate) => (rate / limit).toFixed(2)).join(" / ")} of a plain copy loop`);
  return { name, batchSize, limit, rates };
}

/**
 * What no loader can beat in one thread: rows copied one after the other, in random order, into memory that is used
 * again and again. Rows per second.
 */
function copyLimit({ data, shape: [count] }, batchSize) {
  const width = data.length / count;
  const batch = new data.constructor(batchSize * width);
  const times = [];
  for (let round = 0; round < 4; round++) {
    const order = randperm(count, new Generator(round));
    const started = performance.now();
    for (let i = 0; i < count; i++) copyRow(data, order[i] * width, batch, (i % batchSize) * width, width);
    times.push(performance.now() - started);
  }
  return (count / median(times.slice(1))) * 1000;
}

function copyRow(from, start, to, target, width) {
  if (width > 64) to.set(from.subarray(start, start + width), target);
  else for (let i = 0; i < width; i++) to[target + i] = from[start + i];
}
