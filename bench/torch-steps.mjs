/** A Python process that times PyTorch's training steps when asked. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findTorch } from "./measure.mjs";

const script = fileURLToPath(new URL("./torch_steps.py", import.meta.url));

/** Undefined where no Python with torch is found. */
export async function startTorch(threads) {
  const found = findTorch();
  if (found === undefined) return undefined;
  const child = spawn(found.command, [script, String(threads)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    version: found.version,
    async time(name, steps) {
      child.stdin.write(`${name} ${steps}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} ended with code ${child.exitCode}`);
      return JSON.parse(value);
    },
    close: () => child.stdin.end(),
  };
}
