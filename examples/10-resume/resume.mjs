/**
 * Kills a run in the middle of an epoch, goes on with it, and holds its weights against those of a run that nobody disturbed:
 * they are the same, bit for bit.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const millrace = at("../../apps/runner/dist/bin.js"); // `npx millrace` in a project of yours
const spec = at("spec.json");
const epochs = process.argv.includes("--quick") ? ["--set", "trainer.with.epochs=2"] : [];
const say = (text) => process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), "millrace-resume-"));
const [whole, killed, resumed] = ["whole", "killed", "resumed"].map((name) => join(folder, name));
const run = (args) =>
  execFileSync(process.execPath, [millrace, ...args], { stdio: ["ignore", "ignore", "pipe"] });

try {
  run(["run", spec, "--out", whole, "--json", ...epochs]);

  const child = spawn(process.execPath, [millrace, "run", spec, "--out", killed, "--json", ...epochs], {
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  while (!existsSync(join(killed, "checkpoints", "previous.safetensors")) && child.exitCode === null)
    await sleep(5);
  child.kill("SIGKILL"); // nothing can be tidied up: as if the power failed
  const [, signal] = await ended;
  say(signal === "SIGKILL" ? "killed after its second checkpoint" : "was done before it could be killed");

  run(["resume", killed, "--out", resumed, "--json"]);
  const [own, other] = [whole, resumed].map((run) => readFileSync(join(run, "model", "weights.bin")));
  if (!own.equals(other)) throw new Error("the weights differ");
  say(`resumed: the ${own.length} bytes of its weights are those of a run that was not killed`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
