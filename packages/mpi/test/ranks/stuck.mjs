// Ranks that wait for the last one, large sums on threads, while it is killed, aborts, or throws.
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import plugins from "../../dist/index.js";

const [, how] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const group = await plugins[0].open({ logger, environment: process.env });
await group.barrier();
if (group.rank < group.size - 1) {
  // As the command does, which lets a run save its state first.
  process.on("SIGTERM", () => {});
  const length = how === "stop, small" ? 4 : 2 ** 19;
  try {
    await Promise.all([0, 1, 2].map((channel) => group.sum(new Float32Array(length), channel)));
    process.stdout.write("went on\n");
  } catch (error) {
    writeSync(1, `${error.code}: ${error.message}\n`);
    group.abort(1);
  }
} else {
  await sleep(300);
  if (how.startsWith("stop")) process.kill(process.pid, "SIGSTOP");
  // Its own threads wait too.
  const own = group.sum(new Float32Array(2 ** 19), 3);
  await sleep(100);
  if (how === "kill") process.kill(process.pid, "SIGKILL");
  if (how === "abort") group.abort(7);
  await own;
}
