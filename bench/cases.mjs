/** The work that is timed: datasets that a worker can make again, and how they are collated. */
import { ndarray, padSequence, portable, TensorDataset, defaultCollate } from "@millrace/core/dataloader";

const here = import.meta.url;

/** Lines of 5 to 28 words of a vocabulary of 4,000. */
export function lineAt(index) {
  const words = 5 + ((index * 7919) % 24);
  return Array.from({ length: words }, (_, j) => `Word${(index * 31 + j * j * 17) % 4000}`).join(" ");
}

/** Lines whose words are looked up when a sample is asked for. */
export function text(count) {
  const lines = Array.from({ length: count }, (_, i) => lineAt(i));
  const vocabulary = new Map(Array.from({ length: 4000 }, (_, i) => [`word${i}`, i + 2]));
  const get = (index) => {
    const words = lines[index].toLowerCase().split(" ");
    const tokens = new Int32Array(words.length);
    for (let i = 0; i < tokens.length; i++) tokens[i] = vocabulary.get(words[i]) ?? 1;
    return [tokens, index % 2];
  };
  return portable({ length: count, get }, { module: here, export: "text", args: [count] });
}

/** Token lists whose lengths follow the index. */
export function tokens(count) {
  const rows = Array.from({ length: count }, (_, i) =>
    Int32Array.from({ length: 5 + ((i * 7919) % 60) }, (_, j) => j),
  );
  return portable(
    { length: count, get: (index) => [rows[index], index % 2] },
    { module: here, export: "tokens", args: [count] },
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
    epochs: 15,
    recorded: { 0: 787_000, 2: 49_000 },
    dataset: () => Array.from({ length: 200_000 }, (_, i) => i),
  },
  text: {
    what: "20,000 lines of 5 to 28 words, looked up and padded, batches of 64",
    batchSize: 64,
    // An epoch is short: with five, half of them would be spent on compiling.
    epochs: 25,
    recorded: { 0: 46_000, 2: 19_000 },
    dataset: () => text(20_000),
    collate: pad,
  },
  tokens: {
    what: "20,000 lists of 5 to 64 tokens, padded, batches of 64",
    batchSize: 64,
    // An epoch is short: with five, half of them would be spent on compiling.
    epochs: 25,
    recorded: { 0: 204_000, 2: 22_000 },
    dataset: () => tokens(20_000),
    collate: pad,
  },
};
