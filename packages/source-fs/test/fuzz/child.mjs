/**
 * The process that files are read in. It writes a line to file descriptor 3 before each case and one behind it, so that
 * whoever started it knows at which one it died.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { formats } from "./formats/index.mjs";
import { mutated } from "./mutate.mjs";
import { choicesOf } from "./random.mjs";
import { isOurs, readAll } from "./read.mjs";

const { cases, seed, folder, mostResident, failures } = JSON.parse(readFileSync(0, "utf8"));
const largest = globalThis[Symbol.for("millrace.fuzz.allocations")];
const tell = (line) => writeSync(3, `${JSON.stringify(line)}\n`);

/** What libraries say, and no person should read. */
const internal =
  /Cannot read|is not a function|is not iterable|Invalid (typed )?array|out of bounds|\[object |ERR_|undefined|Maximum call stack/;

const strays = [];
process.on("unhandledRejection", (reason) => strays.push(reason));
process.on("uncaughtException", (error) => strays.push(error));

await main().catch((error) => {
  process.stderr.write(described(error));
  process.exit(1);
});

async function main() {
  for (const { format: name, numbers } of cases) {
    const format = formats.find((each) => each.name === name);
    const seeds = await format.seeds();
    await readWhole(format, seeds);
    for (const number of numbers) {
      tell({ format: name, begins: number });
      const { files, options, choices } = caseOf(name, seeds, number);
      const outcome = await read(format, String(number), files, options, choices);
      const fault = outcome.fault ?? residentFault();
      if (fault !== undefined) keep(format, number, files, options, fault);
      tell({ format: name, ends: number, ...outcome, fault });
      // What has been resident once counts for ever: the next process begins anew.
      if (residentFault() !== undefined) process.exit(0);
    }
  }
}

/** What is mutated must be without fault itself. */
async function readWhole(format, seeds) {
  for (const [i, whole] of seeds.entries()) {
    const outcome = await read(format, `whole${i}`, packedFiles(whole), whole.options, choicesOf("whole"));
    if (outcome.fault !== undefined || outcome.refused !== undefined) {
      throw new Error(`seed ${i} of ${format.name} is not read: ${outcome.fault ?? outcome.message}`);
    }
  }
}

/** The files of one case: a function of format, seed and number. */
function caseOf(name, seeds, number) {
  const choices = choicesOf(`${name} ${seed} ${number}`);
  const whole = choices.pick(seeds);
  const names = whole.mutable ?? Object.keys(whole.files);
  const victim = choices.pick(names);
  const { [victim]: content, ...others } = whole.files;
  const pack = whole.packed?.[victim] ?? ((raw) => raw);
  const changed = choices.chance(0.5) ? pack(mutated(content, choices)) : mutated(pack(content), choices);
  const files = { ...packedFiles({ ...whole, files: others }), [victim]: changed };
  return { files, options: whole.options, choices };
}

function packedFiles({ files, packed = {} }) {
  return Object.fromEntries(
    Object.entries(files).map(([each, content]) => [each, packed[each]?.(content) ?? content]),
  );
}

/** What became of it: nothing to say, the code of a refusal, or a fault of ours. */
async function read(format, title, files, options, choices) {
  const root = join(folder, title);
  write(root, files);
  const bytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
  const most = format.most?.(bytes) ?? 2 ** 24 + 64 * bytes;
  const before = openFiles();
  largest.bytes = 0;
  const outcome = {};
  try {
    await readAll({ source: format.source, options, baseUrl: pathToFileURL(`${root}/`), choices });
  } catch (error) {
    Object.assign(outcome, refusalOf(error));
  }
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  if (strays.length > 0) outcome.fault = `nobody waits for its error: ${described(strays.splice(0)[0])}`;
  if (largest.bytes > most)
    outcome.fault ??= `asks for an array of ${largest.bytes} bytes for ${bytes} of files`;
  for (let tries = 0; tries < 20 && openFiles() > before; tries++) await wait(10);
  if (openFiles() > before) outcome.fault ??= "leaves a file open";
  rmSync(root, { recursive: true, force: true });
  return outcome;
}

function write(root, files) {
  for (const [each, content] of Object.entries(files)) {
    const path = join(root, each);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function refusalOf(error) {
  if (!isOurs(error)) return { fault: `throws ${described(error)}` };
  if (error.code === "UNEXPECTED") return { fault: `throws ${described(error)}` };
  if (internal.test(error.message)) return { fault: `says "${error.message}"` };
  return { refused: error.code, message: error.message };
}

function described(error) {
  return error instanceof Error
    ? (error.stack ?? error.message).split("\n").slice(0, 6).join("\n")
    : String(error);
}

function residentFault() {
  const bytes = process.resourceUsage().maxRSS * 1024;
  return bytes > mostResident ? `takes ${Math.round(bytes / 2 ** 20)} MB of memory` : undefined;
}

/** File descriptors in use; 0 where the system does not say. */
function openFiles() {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

function keep({ name, source }, number, files, options, fault) {
  const target = join(failures, `${name}-${seed}-${number}`);
  write(target, files);
  writeFileSync(join(target, "fault.txt"), `${fault}\n\n${JSON.stringify({ source, options })}\n`);
}
