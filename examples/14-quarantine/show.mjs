/** Photos of which some are broken: the run passes over them and lists them; the next run leaves them out. */
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "@millrace/runner";
import { drawDigits } from "../01-quickstart/draw-digits.mjs";

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const quick = process.argv.includes("--quick") ? ["--set", "trainer.with.epochs=1"] : [];
const say = (text) => process.stdout.write(`${text}\n`);

await drawDigits({ root: at("data/digits"), perClass: 40, size: 28, seed: 14 });
if (!existsSync(at("data/photos"))) {
  cpSync(at("data/digits"), at("data/photos"), { recursive: true });
  rmSync(at("data/photos/drawn.json"));
}
const whole = readFileSync(at("data/photos/0/0000.png"));
writeFileSync(at("data/photos/3/cut.png"), whole.subarray(0, whole.length / 2));
writeFileSync(at("data/photos/5/empty.png"), "");
copyFileSync(at("spec.json"), at("data/photos/7/text.png"));

const folder = mkdtempSync(join(tmpdir(), "millrace-quarantine-"));
try {
  say("first run: the bad samples are passed over, and listed");
  await run(["--out", join(folder, "first")]);
  const list = join(folder, "first", "quarantine.jsonl");
  const bad = readFileSync(list, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const { key, code, reason } of bad) say(`  ${key}: ${code}: ${reason.split("\n")[0]}`);
  if (new Set(bad.map(({ key }) => key)).size !== 3) throw new Error("three photos are broken");

  say("second run: they are left out, and any other bad sample would end it");
  await run(["--out", join(folder, "second"), "--set", `exclude=${list}`, "--set", "loader.onError=fail"]);
  say("400 photos were trained on, and the three broken ones named");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(args) {
  const code = await main(["run", at("spec.json"), ...quick, ...args]);
  if (code !== 0) throw new Error(`the run ended with ${code}`);
}
