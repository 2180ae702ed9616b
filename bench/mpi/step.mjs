/**
 * One rank: steps of the trainer on WebAssembly, on this rank's share of each batch. Says what a step takes from one report to
 * the next, and how much of it adding up the gradients behind the backward pass, waiting for other ranks included. The last word,
 * "whole", has hosts that are apart sum in one call, as ranks of one host do.
 */
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ndarray } from "@millrace/core";
import { DataLoader } from "@millrace/core/dataloader";
import { median, openGroup } from "./rank.mjs";

const [file, name = "cnn", batchSize = "64", steps = "40", sums = ""] = process.argv.slice(2);
const group = await openGroup();
const { default: plugins } = await import("@millrace/trainer");
const { rank, size } = group;
const warmUp = 8;

const convolution = { type: "conv2d", kernelSize: 3, padding: "same", activation: "relu" };
const answers = { type: "dense", units: 10, activation: "softmax" };
const pictures = [
  { ...convolution, filters: 32 },
  { type: "maxPooling2d", poolSize: 2 },
  { ...convolution, filters: 64 },
  { type: "maxPooling2d", poolSize: 2 },
  { type: "flatten" },
];
const models = {
  cnn: [...pictures, answers],
  wide: [...pictures, { type: "dense", units: 512, activation: "relu" }, answers],
};

const length = Number(batchSize) * Number(steps);
const pixels = Array.from({ length: 16 }, (_, of) =>
  ndarray(
    Float32Array.from({ length: 784 }, (_, i) => ((i * 7919 + of * 104_729) % 997) / 997),
    [28, 28, 1],
  ),
);
const dataset = { length, get: (i) => ({ input: pixels[i % 16], label: i % 10 }) };
const shard = size > 1 ? { shard: { rank, size } } : {};
const loader = new DataLoader(dataset, { batchSize: Number(batchSize), seed: 3, ...shard });
const trainer = create("trainer", "tfjs", {
  device: "wasm",
  input: "input",
  epochs: 1,
  optimizer: { type: "adam" },
});
const model = create("model", "layers", { layers: models[name] });

const times = { step: [], sum: [] };
let bytes = 0;
let sent = 0;
let summed = 0;
let since = performance.now();
const timed = {
  ...group,
  ...(sums === "whole" && { localSize: size }),
  async sum(values, channel) {
    sent += values.byteLength;
    await group.sum(values, channel);
  },
};
const report = (event) => {
  if (event.type !== "step") return;
  const now = performance.now();
  times.step.push(now - since);
  since = now;
  const { allreduce = 0 } = event.spent;
  times.sum.push(allreduce - summed);
  summed = allreduce;
  bytes = sent;
  sent = 0;
};
const parts = {
  train: loader,
  model,
  facts: { labels: "0123456789".split("") },
  seed: 7,
  runDir: dirname(file),
  report,
  group: timed,
};
await trainer.fit({ ...parts, signal: new AbortController().signal });
await loader.close();
const each = times.step.slice(warmUp);
const measured = {
  description: group.description,
  bytes,
  step: median(each),
  least: Math.min(...each),
  sum: size > 1 ? median(times.sum.slice(warmUp)) : 0,
};
if (rank === 0) writeFileSync(file, JSON.stringify(measured));
await group.close();
process.exit(0);

function create(kind, of, given) {
  const plugin = plugins.flat().find((one) => one.kind === kind && one.name === of);
  return plugin.create(plugin.options.parse(given), { baseUrl: new URL("file:///"), seed: 7 });
}
