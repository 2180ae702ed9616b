/**
 * How fast files are listed, indexed and read, each case beside what it is held against, in one run:
 *
 *     npm run build && node bench/files.mjs [case …]
 *
 * A case is an entry of `cases` in a module of bench/files:
 *
 *     export const cases = {
 *       listing: {
 *         what: "50,000 files listed, against tinyglobby alone",
 *         atMost: 1.5, // or `atLeast`: the bound that the ratio is held to; without one it is told alone
 *         async run({ folder, open, wall, processor, python }) {
 *           …
 *           return { ratio, ours: "210 ms", theirs: "180 ms" };
 *         },
 *       },
 *     };
 *
 * `undefined` instead of a result says that what it is held against is not there. Exits 1 where a bound is missed.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import plugins from "@millrace/source-fs";
import { figure } from "./chart.mjs";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const wanted = process.argv.slice(2);
const say = (text) => process.stdout.write(`${text}\n`);

/** A source of @millrace/source-fs, as a spec in `folder` would open it. */
async function open(folder, name, options) {
  const plugin = plugins.find((each) => each.kind === "source" && each.name === name);
  return plugin.create(plugin.options.parse(options), {
    baseUrl: pathToFileURL(`${folder}/`),
    seed: 0,
    logger,
  });
}

/** The least milliseconds of `rounds` runs by the clock. */
async function wall(work, rounds = 1) {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await work();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

/** The least milliseconds of processor time of `rounds` runs, in all threads of this process. */
async function processor(work, rounds = 1) {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** What a Python script prints as JSON; undefined without a Python ($MILLRACE_PYTHON, then python3) that has these modules. */
function python(modules, script, ...args) {
  for (const command of [process.env.MILLRACE_PYTHON, "python3"].filter(Boolean)) {
    try {
      execFileSync(command, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
    } catch {
      // Not there, or without them: the next one.
      continue;
    }
    return JSON.parse(execFileSync(command, ["-c", script, ...args.map(String)], { encoding: "utf8" }));
  }
  return undefined;
}

const modules = readdirSync(new URL("./files/", import.meta.url)).filter((name) => name.endsWith(".mjs"));
for (const name of modules.sort()) {
  const { cases } = await import(new URL(`./files/${name}`, import.meta.url));
  for (const [title, work] of Object.entries(cases)) {
    if (wanted.length === 0 || wanted.includes(title)) await measured(title, work);
  }
}

async function measured(title, { what, atMost, atLeast, run }) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-files-"));
  try {
    const result = await run({
      folder,
      open: (name, options) => open(folder, name, options),
      wall,
      processor,
      python,
    });
    if (result === undefined) {
      say(`${title}: not measured, ${what}: what it is held against is not there`);
      return;
    }
    const { ratio, ours, theirs } = result;
    const isMissed = ratio > (atMost ?? Infinity) || ratio < (atLeast ?? -Infinity);
    const bound = atMost === undefined ? atLeast && `at least ${atLeast}×` : `at most ${atMost}×`;
    const verdict = bound === undefined ? "" : ` (${bound}${isMissed ? ": MISSED" : ""})`;
    say(`${title}: ${figure(ratio)}×${verdict}: ${what}; ${ours} against ${theirs}`);
    if (isMissed) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
