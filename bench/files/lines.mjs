/** Lines found in large files, in processor time; the memory of their index, and that it is made once for all threads. */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { pathToFileURL } from "node:url";

const megabytes = 200;
/** MB a second of processor time that indexing is held to. */
const least = 80;

/** Writes lines until there are 200 MB of them; returns how many. */
function writeLines(path, header, line) {
  const file = openSync(path, "w");
  let [count, bytes] = [0, writeSync(file, header)];
  while (bytes < megabytes * 1e6) {
    let text = "";
    for (let i = 0; i < 10_000; i++) text += line(count++);
    bytes += writeSync(file, text);
  }
  closeSync(file);
  return { count, bytes };
}

const jsonLine = (i) =>
  `${JSON.stringify({ id: i, text: `the quick brown fox ${i}`, values: [i * 0.37, i % 97, Math.sqrt(i)], label: "xyz"[i % 3] })}\n`;
const csvLine = (i) =>
  `${i},the quick brown fox ${i},${i * 0.37},${i % 97},${Math.sqrt(i)},${"xyz"[i % 3]}\n`;
const csvHeader = "id,text,a,b,c,label\n";
const columns = {
  id: "int32",
  text: "text",
  values: "float32[3]",
  label: { type: "class", labels: ["x", "y", "z"] },
};
const inColumns = { ...columns, values: { type: "float32[3]", from: ["a", "b", "c"] } };

/** The rate at which `name` opens what was written. */
async function indexed({ folder, open, processor }, name, file, header, line, options) {
  const { count, bytes } = writeLines(join(folder, file), header, line);
  const milliseconds = await processor(async () => {
    const dataset = await open(name, options);
    if (dataset.length !== count) throw new Error(`${dataset.length} samples instead of ${count}`);
    await dataset.close?.();
  }, 3);
  const rate = bytes / 1000 / milliseconds;
  return { ratio: rate / least, ours: `${Math.round(rate)} MB/s`, theirs: `${least} MB/s` };
}

/** What a thread does that is given the index, and one that is not: milliseconds until it has read a sample. */
const thread = `
const { parentPort, workerData } = require("node:worker_threads");
(async () => {
  const { default: plugins } = await import(workerData.module);
  const plugin = plugins.find(({ name }) => name === "json-lines");
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const started = performance.now();
  const dataset = await plugin.create(plugin.options.parse(workerData.options), {
    baseUrl: new URL(workerData.baseUrl), seed: 0, logger, shared: workerData.shared,
  });
  await dataset.get(dataset.length - 1, { epoch: 0 });
  const time = performance.now() - started;
  await dataset.close();
  parentPort.postMessage(time);
})();
`;

function inThread(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(thread, { eval: true, workerData });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

async function shared({ folder, open }) {
  writeLines(join(folder, "t.jsonl"), "", jsonLine);
  const options = { path: "t.jsonl", columns };
  const dataset = await open("json-lines", options);
  const module = import.meta.resolve("@millrace/source-fs");
  const data = { module, options, baseUrl: pathToFileURL(`${folder}/`).href };
  const alone = await inThread(data);
  const given = await Promise.all([0, 1].map(() => inThread({ ...data, shared: dataset.share() })));
  await dataset.close();
  const ms = (time) => `${time.toFixed(1)} ms`;
  return {
    ratio: alone / Math.max(...given),
    ours: `2 workers that are given the index have a sample after ${given.map(ms).join(" and ")}`,
    theirs: `${ms(alone)} of one that makes it`,
  };
}

async function memory({ folder, open }) {
  const { count } = writeLines(join(folder, "t.jsonl"), "", jsonLine);
  const dataset = await open("json-lines", { path: "t.jsonl", columns });
  const { index } = dataset.share();
  const lines = index.files.reduce(
    (sum, { lines: { rows, offsets } }) => sum + rows.byteLength + offsets.byteLength,
    0,
  );
  const each = (index.starts.byteLength + lines) / count;
  await dataset.close();
  return {
    ratio: each / 16,
    ours: `${each.toFixed(2)} bytes a sample, once for all threads`,
    theirs: "16 bytes",
  };
}

export const cases = {
  "json-lines-index": {
    what: "200 MB of JSON Lines opened, in processor time",
    atLeast: 1,
    run: (tools) => indexed(tools, "json-lines", "t.jsonl", "", jsonLine, { path: "t.jsonl", columns }),
  },
  "text-lines-index": {
    what: "200 MB of text opened in lines, in processor time",
    atLeast: 1,
    run: (tools) => indexed(tools, "text-lines", "t.txt", "", jsonLine, { path: "t.txt" }),
  },
  "csv-index": {
    what: "200 MB of CSV opened, whose rows stay in the file, in processor time",
    atLeast: 1,
    run: (tools) =>
      indexed(tools, "csv", "t.csv", csvHeader, csvLine, {
        path: "t.csv",
        access: "file",
        columns: inColumns,
      }),
  },
  "csv-held": {
    what: "200 MB of CSV read into typed columns in memory, in processor time",
    run: (tools) => indexed(tools, "csv", "t.csv", csvHeader, csvLine, { path: "t.csv", columns: inColumns }),
  },
  "lines-shared": {
    what: "an index of 200 MB of JSON Lines made once for 2 workers",
    atLeast: 3,
    run: shared,
  },
  "lines-memory": {
    what: "memory of the index of JSON Lines for each sample",
    atMost: 1,
    run: memory,
  },
};
