/**
 * Runs every example through the command line and holds it against what its README promises.
 * `--quick` runs a few steps of each: enough to see that it works, as CI does. Names after it choose: `05` or `parquet`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examples } from "./examples/list.mjs";

const quick = process.argv.includes("--quick");
const chosen = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const say = (text) => process.stdout.write(`${text}\n`);

let failed = 0;
for (const fault of listFaults()) fail(fault);
for (const example of examples.filter(({ name }) => isChosen(name))) {
  const { name, needs, make } = example;
  if (needs !== undefined && !existsSync(needs)) {
    say(`example ${name}: skipped, ${needs} is not there`);
    continue;
  }
  const started = performance.now();
  try {
    if (make !== undefined) node([`examples/${name}/${make}`]);
    const told = example.program === undefined ? runSpec(example) : runProgram(example);
    say(`example ${name}: ok, ${told}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  } catch (error) {
    fail(`example ${name}: FAILED: ${error.message}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;

/** Runs the example's program, which judges itself. */
function runProgram({ name, program }) {
  const told = node([`examples/${name}/${program}`, ...(quick ? ["--quick"] : [])]);
  return told.trim().split("\n").at(-1);
}

/** Trains by the example's spec, asks the run what the example asks, and says what came of it. Throws where a promise is not kept. */
function runSpec({ name, spec = "spec.json", metric, least = -Infinity, most = Infinity, ...more }) {
  const { small, asks = [], others = {}, says = {} } = more;
  const folder = mkdtempSync(join(tmpdir(), `millrace-${name}-`));
  const run = join(folder, "run");
  const sets = quick ? small.flatMap((set) => ["--set", set]) : [];
  try {
    const last = millrace(["run", `examples/${name}/${spec}`, "--out", run, "--json", ...sets]);
    const { metrics, device, epochs } = JSON.parse(last.trim().split("\n").at(-1));
    const bounds = [
      [metric, least, most],
      ...Object.entries(others).map(([other, bound]) => [other, bound, Infinity]),
    ];
    if (!Number.isFinite(metrics.loss)) throw new Error(`the loss is ${metrics.loss}`);
    for (const [of, from, to] of quick ? [] : bounds)
      if (!(metrics[of] >= from && metrics[of] <= to))
        throw new Error(`${of} ${metrics[of]} is not within ${from} and ${to}`);
    const answers = asks.map((file) => valuesOf(run, `examples/${name}/${file}`));
    if (!answers.every((each) => each !== "" && each === answers[0]))
      throw new Error(`${asks.join(" and ")} have other answers`);
    checkTexts(run, says);
    const promise = quick ? "a few steps" : least > -Infinity ? `at least ${least}` : `at most ${most}`;
    return `${metric} ${metrics[metric].toFixed(4)} (${promise}), ${epochs.length} epochs on ${device}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the run's model says of each text what it should; after a few steps, that it says something. */
function checkTexts(run, says) {
  const texts = Object.keys(says);
  if (texts.length === 0) return;
  const args = ["predict", run, ...texts.flatMap((text) => ["--text", text]), "--format", "jsonl"];
  const labels = millrace(args)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).label);
  if (labels.length !== texts.length) throw new Error(`${texts.length} texts have ${labels.length} answers`);
  texts.forEach((text, i) => {
    if (!quick && labels[i] !== says[text]) throw new Error(`"${text}" is said to be ${labels[i]}`);
  });
}

/** What the run's model says of the inputs in a file, without their names. */
function valuesOf(run, file) {
  const lines = millrace(["predict", run, file]).trim().split("\n").slice(1);
  return lines.map((line) => line.slice(line.indexOf(",") + 1)).join("\n");
}

function millrace(args) {
  return node(["apps/runner/dist/bin.js", ...args]);
}

/** What a program printed. Throws, with all that it said, where it fails. */
function node(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Every example is listed here and in examples/README.md; the quickstart is run by `npm start`. */
function listFaults() {
  const folders = readdirSync("examples", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const readme = readFileSync("examples/README.md", "utf8");
  return folders.flatMap(({ name }) => [
    ...(name === "01-quickstart" || examples.some((example) => example.name === name)
      ? []
      : [`example ${name}: FAILED: scripts/examples/list.mjs lacks it`]),
    ...(readme.includes(`](${name}/README.md)`)
      ? []
      : [`example ${name}: FAILED: examples/README.md lacks it`]),
  ]);
}

function isChosen(name) {
  return chosen.length === 0 || chosen.some((word) => name.includes(word));
}

function fail(text) {
  failed++;
  say(text);
}
