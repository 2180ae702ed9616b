/**
 * What somebody sees who comes to Millrace with data of their own: packs the packages, installs the tarballs outside the
 * repository, goes from a folder of photos, a CSV file, a database and a log of one's own to a trained model, and writes what was
 * typed and answered to docs/first-minutes.md. Exits 1 where a command fails. `--keep` leaves the folder there.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { writeFlats, writeLog, writePhotos, writeShop } from "./first-minutes/data.mjs";
import { installPacked, packAll } from "./packed.mjs";

const root = resolve(import.meta.dirname ?? ".", "..");
const home = mkdtempSync(join(tmpdir(), "millrace-first-"));
const page = [];
let failed = 0;

installPacked(home, packAll(home));
// What stands in for large packages there: here they are simply not installed.
for (const name of ["tfjs-node", "tfjs-node-gpu", "tfjs-backend-webgpu"])
  rmSync(join(home, "node_modules", "@tensorflow", name), { recursive: true, force: true });
await writePhotos(join(home, "photos"));
writeFlats(join(home, "flats.csv"));
writeShop(join(home, "shop.db"));
writeLog(join(home, "machine.log"));

page.push(
  `# The first minutes

What is typed and answered from four kinds of data to a trained model, as \`node scripts/first-minutes.mjs\` recorded it: outside the
repository, with the packages as \`npm pack\` makes them (\`npm install @millrace/runner\`), on two shared cores without a GPU. The data is
made up by \`scripts/first-minutes/data.mjs\`. Of the epochs the first and the last few are shown.
`,
);

project(
  "A folder of photos",
  "240 photos in the folders `photos/boats`, `photos/houses` and `photos/trees`.",
  "sights",
  [
    "millrace new project sights --from photos",
    "cd sights",
    "millrace check spec.jsonc",
    "millrace run spec.jsonc --out runs/first",
    "millrace evaluate runs/first",
    "millrace predict runs/first ../photos/boats/IMG_1003.jpg ../photos/trees/IMG_1008.jpg",
  ],
);
project(
  "A CSV file with blanks and categories",
  `\`flats.csv\` begins so:\n\n${fence("text", head("flats.csv", 4))}`,
  "rents",
  [
    "millrace new project rents --from flats.csv",
    "cd rents",
    "millrace run spec.jsonc --out runs/first",
    "millrace evaluate runs/first",
    "millrace predict runs/first new.csv",
  ],
);
project(
  "A SQLite file, joined",
  "`shop.db` has the tables `orders` and `customers`, to which a foreign key of the orders leads. Will an order come back?",
  "shop",
  [
    "millrace new project shop --from shop.db",
    "cd shop",
    "millrace run spec.jsonc --out runs/first",
    "millrace evaluate runs/first --split test",
    "millrace predict runs/first new.csv",
  ],
);
ownSource();

writeFileSync(join(root, "docs", "first-minutes.md"), page.join("\n"));
if (process.argv.includes("--keep")) process.stdout.write(`${home}\n`);
else rmSync(home, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;

/** One heading: the commands, each with its answer, and how long they took together. The spec stands below them. */
function project(title, about, folder, commands) {
  const { text, seconds } = session(commands);
  const spec = readFileSync(join(home, folder, "spec.jsonc"), "utf8");
  page.push(
    `## ${title}\n`,
    `${about}\n`,
    fence("console", text),
    `\nIn all ${seconds} seconds. The spec that was written, as it was trained:\n`,
    `${fence("text", spec)}\n`,
  );
}

/** A format that nobody else has: the plugin is written, changed in three lines, tested, and trains. */
function ownSource() {
  const started = performance.now();
  const made = session(["millrace new source machine-log", "cd machine-log"]);
  const folder = join(home, "machine-log");
  const change = (file, pairs) => {
    let text = readFileSync(join(folder, file), "utf8");
    for (const [before, after] of pairs) {
      if (!text.includes(before)) throw new Error(`${file} has no ${before}`);
      text = text.replace(before, after);
    }
    writeFileSync(join(folder, file), text);
    return pairs.map(([before, after]) => `${lines("-", before)}${lines("+", after)}`).join("");
  };
  const source = change("src/index.ts", [
    [
      "const [name, ...values] = content.trim().split(/\\s+/);",
      'const [, readings = "", name = ""] = /^\\S+ (.*) -> (\\w+)$/.exec(content.trim()) ?? [];\n    const values = readings.split(" ").map((part) => part.replace(/^\\w+=/, ""));',
    ],
    ["Write such as: sunny 21.5 0.4", "Write such as: 2024-05-01T08:00 heat=61.2 -> ok"],
  ]);
  const test = change("test/index.test.ts", [
    ['"example/samples.txt"', '"../machine.log"'],
    ["length: 60", "length: 400"],
    ['["cloudy", "rainy", "sunny"]', '["ok", "worn"]'],
  ]);
  const spec = change("example/spec.jsonc", [['"samples.txt"', '"../../machine.log"']]);
  const { text } = session(
    [
      "npm test",
      "npm run build",
      "millrace run example/spec.jsonc --out runs/first",
      'millrace test-plugin dist/index.js --with \'{"path": "../machine.log"}\'',
    ],
    folder,
  );
  const seconds = Math.round((performance.now() - started) / 1000);
  page.push(
    "## A format of one's own\n",
    `\`machine.log\` begins so:\n\n${fence("text", head("machine.log", 3))}\n`,
    fence("console", made.text),
    "\nThree files are told of the format:\n",
    fence("diff", `src/index.ts\n${source}test/index.test.ts\n${test}example/spec.jsonc\n${spec}`),
    "",
    fence("console", text),
    `\nIn all ${seconds} seconds, without the time in which somebody thinks.\n`,
  );
}

/** Runs commands one after the other, as in one terminal; \`cd\` is its own. */
function session(commands, from = home) {
  const started = performance.now();
  let folder = from;
  let text = "";
  for (const command of commands) {
    const isOurs = command.startsWith("millrace ");
    text += `$ ${isOurs ? "npx " : ""}${command}\n`;
    if (command.startsWith("cd ")) {
      folder = join(folder, command.slice(3));
      continue;
    }
    const path = `${join(home, "node_modules", ".bin")}:${process.env.PATH}`;
    const { FORCE_COLOR: _f, VITEST: _v, ...env } = process.env;
    const options = {
      cwd: folder,
      shell: true,
      encoding: "utf8",
      env: { ...env, PATH: path, NO_COLOR: "1" },
    };
    const { status, stdout, stderr } = spawnSync(`${command} 2>&1`, options);
    process.stdout.write(`${command}: ${status}\n`);
    if (status !== 0) {
      failed++;
      process.stdout.write(`${stdout}${stderr}\n`);
    }
    text += shortened(stdout);
  }
  return { text, seconds: Math.round((performance.now() - started) / 1000) };
}

/** Without what differs from one machine to the next and says nothing, and without most of the epochs and of long lists. */
function shortened(text) {
  const plain = text.replaceAll(home, "~").replaceAll(dirname(home), "");
  const rows = plain.split("\n").filter((row) => !/^epoch \d+\/\d+ {2}step /.test(row));
  const isMany = (row) => /^epoch \d+\/|^ {2}holds /.test(row);
  const many = rows.filter(isMany);
  const kept = new Set([...many.slice(0, 2), ...many.slice(-2)]);
  let told = false;
  const shown = rows.flatMap((row) => {
    if (!isMany(row) || kept.has(row) || many.length < 8) return [row];
    if (told) return [];
    told = true;
    return ["…"];
  });
  return `${shown.join("\n").replace(/^\n+/, "").trimEnd()}\n`.replace(/^\n$/, "");
}

function head(file, count) {
  return readFileSync(join(home, file), "utf8").split("\n").slice(0, count).join("\n");
}

function lines(mark, text) {
  return text
    .split("\n")
    .map((line) => `${mark} ${line.trim()}\n`)
    .join("");
}

function fence(language, text) {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
