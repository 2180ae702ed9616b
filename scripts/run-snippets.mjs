/**
 * Runs what the pages tell their readers to run. Fences that have a file's name behind their language (```json spec.json) are written
 * into an empty folder, and the commands of those called ```sh run are run in it, in order; each heading (##) has a folder of its own
 * where the page says <!-- snippets: each heading alone -->. `npx millrace run` trains four steps. Prints each command that
 * fails as page:line, with all that it said, and exits 1. Names behind it choose pages.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { main } from "@millrace/runner";
import { fencesOf, pagesOf, root } from "./snippets/fences.mjs";

const chosen = process.argv.slice(2);
const pages = pagesOf(["docs/**/*.md"]).filter(
  (page) => chosen.length === 0 || chosen.some((word) => page.includes(word)),
);
let [ran, failed] = [0, 0];
for (const page of pages) for (const fences of projectsOf(page)) await runProject(fences);
process.stdout.write(`snippets: ${ran} commands ran, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

/** The fences that share a folder; only those with something to run. */
function projectsOf(page) {
  const fences = fencesOf(page);
  const isApart = readFileSync(join(root, page), "utf8").includes("<!-- snippets: each heading alone -->");
  const names = new Set(fences.map(({ section }) => section));
  const groups = isApart
    ? [...names].map((name) => fences.filter(({ section }) => section === name))
    : [fences];
  return groups.filter((group) => group.some(isRun));
}

function isRun({ language, info }) {
  return language === "sh" && info === "run";
}

async function runProject(fences) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-snippets-"));
  const home = process.cwd();
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    process.chdir(folder);
    for (const fence of fences) {
      if (!isRun(fence)) writeNamed(fence);
      else if (!(await runCommands(fence))) return;
    }
  } finally {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeNamed({ info, text }) {
  if (!/^[\w./-]+\.\w+$/.test(info)) return;
  mkdirSync(dirname(info), { recursive: true });
  writeFileSync(info, text);
}

/** Whether all of them went well; what comes after one that did not has nothing to build on. */
async function runCommands({ page, line, text }) {
  for (const [i, command] of text.split("\n").entries()) {
    const words = command.replace(/\s+#.*$/, "").trim();
    // Packages are there already, and a folder that is made is made here.
    if (words === "" || words.startsWith("#") || words.startsWith("npm ")) continue;
    ran++;
    const started = performance.now();
    const { code, told } = await run(words);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${page}:${line + i}: ${code === 0 ? "ok" : "FAILED"}, ${seconds} s: ${words}\n`);
    if (code === 0) continue;
    failed++;
    process.stdout.write(`${told}\n`);
    return false;
  }
  return true;
}

async function run(command) {
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);
  if (words[0] === "npx" && words[1] === "millrace") return runHere(words.slice(2));
  const { status, stdout, stderr } = spawnSync(command, { shell: true, encoding: "utf8" });
  return { code: status, told: `${stdout}${stderr}` };
}

/** A command of millrace in this process, which has all that it needs in memory by then. */
async function runHere(words) {
  const short = words[0] === "run" ? ["--set", "trainer.with.maxSteps=4"] : [];
  const streams = [process.stdout, process.stderr];
  let told = "";
  for (const stream of streams)
    stream.write = (text, ...rest) => {
      told += text;
      rest.find((each) => typeof each === "function")?.();
      return true;
    };
  try {
    return { code: await main([...words, ...short]), told };
  } catch (error) {
    return { code: 1, told: `${told}${error.stack}` };
  } finally {
    for (const stream of streams) delete stream.write; // its class has it
    process.exitCode = 0;
  }
}
