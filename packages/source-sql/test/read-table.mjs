/** A worker thread that reads every row of a table, batch by batch in an order of its own, until it is told to stop. */
import { parentPort, workerData } from "node:worker_threads";
import plugins from "../dist/index.js";

const [plugin] = plugins;
const { options, baseUrl, stop, offset } = workerData;
const dataset = await plugin.create(plugin.options.parse(options), { baseUrl: new URL(baseUrl), seed: 1 });
const stopped = new Int32Array(stop);
let passes = 0;
let digest;
do {
  const rows = [];
  for (let start = 0; start < dataset.length; start += 50) {
    const indices = Array.from({ length: 50 }, (_, i) => (start + i * 7 + offset) % dataset.length);
    const samples = await dataset.getMany(indices);
    samples.forEach((sample, i) => (rows[indices[i]] = [...sample.features, sample.label]));
    const first = await dataset.get(start);
    rows[start] = [...first.features, first.label];
  }
  digest = rows.map((row) => row.join(" ")).join("\n");
  passes++;
  if (passes === 1) parentPort.postMessage("reading");
} while (Atomics.load(stopped, 0) === 0);
await dataset.close();
parentPort.postMessage({ passes, digest, length: dataset.length });
