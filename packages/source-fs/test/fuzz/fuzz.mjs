/**
 * Mutated and cut files of every format, read in processes of 256 MB: each must be an error or samples. A process that aborts,
 * hangs, takes too much memory, leaves files open or a rejection unhandled is a fault, and so is an error that is not Millrace's.
 *
 *     npm run fuzz                          10,000 files a format
 *     npm run fuzz -- csv 500               so many of one format
 *     npm run fuzz -- csv --seed 2          other ones
 *     npm run fuzz -- csv --only 4711       one again
 *
 * Files that fail are written to fuzz-failures/FORMAT-SEED-NUMBER, with what went wrong in fault.txt.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
/** Megabytes of JavaScript heap, and bytes of memory in all. */
const heap = 256;
const mostResident = 448 * 2 ** 20;
const startsWithin = 60_000;

/**
 * Reads `count` files of each format, or those of `numbers`. Answers with what became of them, by format: how many were
 * `read`, `refused` by code, and `failures`, each with number and fault. `limit` is the time for one, in milliseconds.
 */
export async function fuzz({ formats, count, numbers, seed = 1, limit = 20_000, failures }) {
  const results = formats.map((format) => ({ format, read: 0, refused: {}, failures: [] }));
  const asked = numbers ?? Array.from({ length: count }, (_, i) => i);
  let cases = formats.map((format) => ({ format, numbers: asked }));
  mkdirSync(failures, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "millrace-fuzz-"));
  try {
    while (cases.length > 0) {
      const work = { cases, seed, folder, mostResident, failures };
      const { format, number } = await oneProcess(work, limit, results);
      cases = behind(cases, format, number);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

/** What is left when a process has come as far as `number` of `format`. */
function behind(cases, format, number) {
  const [first, ...others] = cases.slice(cases.findIndex((each) => each.format === format));
  const left = first.numbers.slice(first.numbers.indexOf(number) + 1);
  return left.length === 0 ? others : [{ format, numbers: left }, ...others];
}

/** Adds to `results`; answers with the last case that was begun. */
async function oneProcess(work, limit, results) {
  const flags = [`--max-old-space-size=${heap}`, "--require", beside("./allocations.cjs")];
  const child = spawn(process.execPath, [...flags, beside("./child.mjs")], {
    stdio: ["pipe", "ignore", "pipe", "pipe"],
  });
  child.stdin.end(JSON.stringify(work));
  const state = { said: "", begun: undefined, isDone: false, isLate: false };
  const patience = patienceWith(() => {
    state.isLate = true;
    child.kill("SIGKILL");
  });
  patience.begin(startsWithin);
  child.stderr.on("data", (text) => {
    state.said = (state.said + text).slice(-2000);
  });
  const ended = new Promise((resolve) => {
    child.on("close", (...how) => resolve(how));
  });
  for await (const text of createInterface({ input: child.stdio[3] })) {
    const line = JSON.parse(text);
    patience.begin(limit);
    state.isDone = line.ends !== undefined;
    if (state.isDone) note(resultOf(results, line.format), line);
    else state.begun = { format: line.format, number: line.begins };
  }
  const [code, signal] = await ended;
  patience.end();
  const { begun, said, isLate, isDone } = state;
  const how = `ends the process (${signal ?? code}): ${said}`;
  if (begun === undefined || (isDone && code !== 0 && !isLate)) throw new Error(`nothing is read: ${how}`);
  if (!isDone) {
    const fault = isLate ? `does not end within ${limit / 1000} s` : how;
    resultOf(results, begun.format).failures.push({ number: begun.number, fault });
  }
  return begun;
}

/** Calls `late` when nobody has begun anew in time. */
function patienceWith(late) {
  let timer;
  return {
    begin(milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(() => late(), milliseconds);
    },
    end: () => clearTimeout(timer),
  };
}

function resultOf(results, name) {
  return results.find(({ format }) => format === name);
}

function note(result, { ends, refused, fault }) {
  if (fault !== undefined) result.failures.push({ number: ends, fault });
  else if (refused === undefined) result.read++;
  else result.refused[refused] = (result.refused[refused] ?? 0) + 1;
}

async function main() {
  const { formats } = await import("./formats/index.mjs");
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: "string", default: "1" }, only: { type: "string" } },
  });
  const names = positionals.filter((each) => !/^\d+$/.test(each));
  const count = Number(positionals.find((each) => /^\d+$/.test(each)) ?? 10_000);
  const numbers = values.only?.split(",").map(Number);
  const failures = resolve("fuzz-failures");
  const wanted = names.length > 0 ? names : formats.map(({ name }) => name);
  const unknown = wanted.filter((name) => !formats.some((format) => format.name === name));
  if (unknown.length > 0)
    throw new Error(
      `no format ${unknown.join(", ")}; there are: ${formats.map(({ name }) => name).join(", ")}`,
    );
  for (const format of wanted) {
    const started = performance.now();
    const [result] = await fuzz({ formats: [format], count, numbers, seed: Number(values.seed), failures });
    const refused = Object.entries(result.refused).map(([code, times]) => `${times} ${code}`);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const faults = result.failures.length;
    process.stdout.write(
      `${format}: ${result.read} read, refused: ${refused.join(", ") || 0}; ${faults} faults (${seconds} s)\n`,
    );
    for (const { number, fault } of result.failures.slice(0, 20)) {
      process.stdout.write(`  ${join(failures, `${format}-${values.seed}-${number}`)}: ${fault}\n`);
    }
    if (faults > 0) process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
