/** Reads what a source opens as a run would: samples one by one, at once, in batches and columns, in a second opening, as inputs. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeferredImage, LoggerService } from "@millrace/core";
import { defaultCollate, heapAllocator, materialize } from "@millrace/core/dataloader";
import { Registry } from "@millrace/core/spec";
import plugins from "../../dist/index.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const registry = new Registry();
for (const plugin of plugins) registry.add(plugin);
registry.provide(LoggerService, quiet);

const context = { epoch: 0 };
const resize = { type: "resize", settings: { width: 9, height: 7, fit: "fill", kernel: "linear" } };
const mostRead = 12;

/** Opens, reads and closes. Throws what the source throws. */
export async function readAll({ source, options, baseUrl, choices }) {
  const parsed = registry.get("source", source).options.parse(options);
  const open = (more) => registry.create("source", source, parsed, { baseUrl, seed: 1, ...more });
  const dataset = await open({});
  try {
    await readOpened(dataset, choices);
    if (choices.chance(0.1) && dataset.share !== undefined) {
      const again = await open({ facts: dataset.facts, shared: structuredClone(dataset.share()) });
      try {
        await readOpened(again, choices);
      } finally {
        await again.close?.();
      }
    }
    if (choices.chance(0.2)) await readInputs(source, parsed, dataset.facts, baseUrl);
  } finally {
    await dataset.close?.();
  }
}

async function readOpened(dataset, choices) {
  await dataset.fingerprint?.();
  if (typeof dataset.iterate === "function") return readStream(dataset, choices);
  const { length } = dataset;
  if (!Number.isInteger(length) || length < 0) throw new TypeError(`the length is ${length}`);
  const indices = [0, length - 1, ...Array.from({ length: mostRead }, () => choices.below(length))].filter(
    (index) => index >= 0 && index < length,
  );
  const faults = [];
  const samples = [];
  for (const index of new Set(indices)) {
    dataset.key?.(index);
    try {
      samples.push(await made(await dataset.get(index, context), choices));
    } catch (error) {
      faults.push(error);
    }
  }
  if (samples.length > 0) defaultCollate([samples[0]], heapAllocator, dataset.fields);
  await Promise.all(["label", "features", "text"].map((name) => dataset.column?.(name)));
  // Faults of single samples are told one by one; the first stands for the file.
  if (faults.length > 0) throw faults.find((fault) => !isOurs(fault)) ?? faults[0];
  if (length > 0) await dataset.getMany?.(indices, context);
  if (length > 0) await dataset.getBatch?.(indices, context, heapAllocator);
}

export function isOurs(error) {
  return error?.name === "MillraceError";
}

async function readStream(dataset, choices) {
  const pass = dataset.iterate({ epoch: 0, shard: { id: 0, count: 1 } });
  try {
    for (let seen = 0; seen < 40; seen++) {
      const { done, value } = await pass.next();
      if (done) return;
      await made(value, choices);
      pass.state?.();
    }
  } finally {
    await pass.return?.();
  }
}

/** The sample with all that was put off; images resized on the way, half of the time. */
async function made(sample, choices) {
  const reduced = {};
  for (const [name, value] of Object.entries(sample ?? {})) {
    reduced[name] = isDeferredImage(value) && choices.chance(0.5) ? value.apply(resize) : value;
  }
  const whole = await materialize(sample?.constructor === Object ? reduced : sample);
  check(whole, "the sample");
  return whole;
}

/** Arrays must be what they say. */
function check(value, where) {
  if (value === undefined) throw new TypeError(`${where} is undefined`);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value.shape) && value.data !== undefined) {
    const size = value.shape.reduce((a, b) => a * b, 1);
    if (size !== value.data.length)
      throw new TypeError(`${where} has ${value.data.length} values, not ${size}`);
    return;
  }
  for (const [name, each] of Object.entries(value)) check(each, `${where}.${name}`);
}

async function readInputs(source, options, facts, baseUrl) {
  const inputs = await registry.inputs(source, options, { baseUrl, seed: 1, facts: facts ?? {} });
  if (inputs === undefined) return;
  for (const path of filesIn(fileURLToPath(baseUrl)).filter((name) =>
    inputs.endings.some((end) => name.endsWith(end)),
  )) {
    let seen = 0;
    for await (const each of inputs.read(path)) {
      if ("error" in each && !isOurs(each.error)) throw each.error;
      if (!("error" in each)) await materialize(each.sample);
      if (++seen === mostRead) break;
    }
  }
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
