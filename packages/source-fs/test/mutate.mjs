/**
 * Reads thousands of files that were cut or damaged, as a process of its own: each must give samples, or errors that name what is
 * wrong; none may end the process, leave a rejected promise behind, or take for ever.
 *
 *     node --max-old-space-size=256 packages/source-fs/test/mutate.mjs 10000 [format …]
 *
 * Prints one line of JSON for each format; exits 1 with the file's content in base64 where one is taken wrongly.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import plugins from "@millrace/source-fs";

const [count = "100", ...wanted] = process.argv.slice(2);
/** Samples of a file that are read. */
const mostRead = 20;
/** Seconds that no file may take. */
const mostSeconds = 20;

const fixture = (name) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const columns = {
  name: "text",
  age: "float64?",
  member: "bool",
  joined: "date",
  kind: "class",
  tags: "int32[]",
  at: { type: "float64[2]", from: "box.at" },
  id: { type: "text", from: "box.id" },
};
const lines = fixture("json/people.jsonl");
const table = Buffer.from(`name,age,sex\n${'"Ann ""A""\nB, C",31,f\n,,m\nZoë,5,f\n'.repeat(20)}`);
const list = Buffer.from(
  `{"a": [1, {}], "rows": [${lines.toString().trim().split("\n").join(",\n")}], "z": ""}`,
);

/** By format: the source, its options, and a whole file of the name x. */
const formats = {
  "json-lines": ["json-lines", { path: "x", columns }, lines],
  "json-lines-gzip": ["json-lines", { path: "x", columns }, gzipSync(lines)],
  json: ["json", { path: "x", at: "rows", columns }, list],
  "csv-in-file": [
    "csv",
    { path: "x", access: "file", columns: { name: "text?", age: "float64?", sex: "class" } },
    table,
  ],
  "text-lines": ["text-lines", { path: "x", window: 3, stride: 2, skipBlank: true }, lines],
  npy: ["npy", { fields: { x: "x" } }, fixture("arrays/rows-big-i8.npy")],
  "npy-fortran": ["npy", { fields: { x: "x" } }, fixture("arrays/fortran.npy")],
  npz: ["npz", { path: "x" }, fixture("arrays/deflated.npz")],
  "npz-stored": ["npz", { path: "x" }, fixture("arrays/stored.npz")],
  safetensors: [
    "safetensors",
    { path: "x", fields: { a: "F16", b: "I64", c: "BOOL" } },
    fixture("arrays/tensors.safetensors"),
  ],
  wav: ["wav", { path: "x", mono: false }, fixture("sounds/extensible-20-in-24.wav")],
  "wav-window": ["wav", { path: "x", seconds: 0.001, sampleRate: 22_050 }, fixture("sounds/float64.wav")],
};

/** Whole numbers below `below`, the same in every run: a linear congruence. */
let state = 12_345;
function random(below) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return Math.floor(((state >>> 8) / 2 ** 24) * below);
}

/** Cut off, with a few bytes changed, its header damaged, or with bytes put in and taken out. */
function mutated(whole) {
  const bytes = Buffer.from(whole);
  const kind = random(4);
  if (kind === 0) return bytes.subarray(0, random(bytes.length));
  if (kind === 1) for (let i = 0; i <= random(4); i++) bytes[random(bytes.length)] = random(256);
  if (kind === 2) {
    bytes[random(Math.min(200, bytes.length))] = [0, 127, 128, 255][random(4)];
    bytes[random(Math.min(60, bytes.length))] ^= 1 << random(8);
  }
  if (kind < 3) return bytes;
  const at = random(bytes.length);
  const more = Buffer.from(Array.from({ length: random(9) }, () => random(256)));
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + random(9))]);
}

/** True for an error that says what is wrong with the data. */
const isNamed = ({ name, code }) =>
  name === "MillraceError" && ["FILE_FORMAT", "OPTION_INVALID", "LABEL_UNKNOWN"].includes(code);

/** What becomes of the file: "samples", "bad samples", or "refused" when it is opened. */
async function readAll(source, options, baseUrl) {
  let dataset;
  try {
    dataset = await source.create(source.options.parse(options), { baseUrl, seed: 0, logger });
  } catch (error) {
    if (isNamed(error)) return "refused";
    throw error;
  }
  let found = "samples";
  for (let index = 0; index < Math.min(dataset.length, mostRead); index++) {
    try {
      const sample = await dataset.get(index, { epoch: 0 });
      await sample.samples?.materialize();
      dataset.key(index);
    } catch (error) {
      if (!isNamed(error)) throw error;
      found = "bad samples";
    }
  }
  await dataset.close?.();
  return found;
}

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "millrace-mutate-"));
const baseUrl = pathToFileURL(`${folder}/`);
let last = Buffer.alloc(0);
function fail(format, error) {
  process.stdout.write(
    `${JSON.stringify({ format, error: String(error?.stack ?? error), file: last.toString("base64") })}\n`,
  );
  process.exit(1);
}
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

for (const [format, [name, options, whole]] of Object.entries(formats)) {
  if (wanted.length > 0 && !wanted.includes(format)) continue;
  const source = plugins.find((plugin) => plugin.kind === "source" && plugin.name === name);
  const found = { samples: 0, "bad samples": 0, refused: 0 };
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => fail(format, error));
  for (let i = 0; i < Number(count); i++) {
    last = mutated(whole);
    writeFileSync(join(folder, "x"), last);
    const timer = setTimeout(() => fail(format, `no end after ${mostSeconds} seconds`), mostSeconds * 1000);
    try {
      found[await readAll(source, options, baseUrl)]++;
    } catch (error) {
      fail(format, error);
    }
    clearTimeout(timer);
  }
  process.stdout.write(`${JSON.stringify({ format, ...found })}\n`);
}
