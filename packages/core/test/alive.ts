/** Threads that were started and have not ended: a test imports this and asserts that none is left. */
import type { Worker } from "node:worker_threads";

const alive = new Set<Worker>();
process.on("worker", (worker) => {
  alive.add(worker);
  worker.once("exit", () => alive.delete(worker));
});

export function aliveThreads(): number {
  return alive.size;
}
