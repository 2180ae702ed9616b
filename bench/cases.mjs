/** The work that is timed: datasets that a worker can make again, and how they are collated. */
import { ndarray, padSequence, portable, TensorDataset, defaultCollate } from "@millrace/core/dataloader";

const here = import.meta.url;

/** Token lists whose lengths follow the index. */
export function text(count) {
  const rows = Array.from({ length: count }, (_, i) =>
    Int32Array.from({ length: 5 + ((i * 7919) % 60) }, (_, j) => j),
  );
  return portable(
    { length: count, get: (index) => [rows[index], index % 2] },
    { module: here, export: "text", args: [count] },
  );
}

export const pad = portable(
  (samples, allocator) => [
    padSequence(
      samples.map(([tokens]) => tokens),
      { batchFirst: true, allocator },
    ),
    defaultCollate(
      samples.map(([, label]) => label),
      allocator,
    ),
  ],
  { module: here, export: "pad" },
);

/** What PyTorch 2.13 gave on two cores beside us, in rows per second: used, and marked, where no torch is found. */
export const cases = {
  tabular: {
    what: "1,000,000 rows × 10 float32, batches of 256",
    batchSize: 256,
    recorded: { 0: 129_000, 2: 63_000 },
    dataset: () =>
      new TensorDataset(ndarray(new Float32Array(10_000_000), [1_000_000, 10]), new Int32Array(1_000_000)),
  },
  integers: {
    what: "200,000 integers, batches of 64",
    batchSize: 64,
    recorded: { 0: 787_000, 2: 49_000 },
    dataset: () => Array.from({ length: 200_000 }, (_, i) => i),
  },
  text: {
    what: "20,000 token lists of 5 to 64, padded, batches of 64",
    batchSize: 64,
    recorded: { 0: 46_000, 2: 19_000 },
    dataset: () => text(20_000),
    collate: pad,
  },
};
