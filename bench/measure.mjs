/** How a loader is timed, here and in PyTorch. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DataLoader } from "@millrace/core/dataloader";

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** A DataLoader over `dataset`, shuffled; workers are kept between epochs. */
export function loaderOf(dataset, { batchSize, collate, numWorkers = 0, prefetchFactor = 2 }) {
  const workers = numWorkers > 0 ? { numWorkers, prefetchFactor, persistentWorkers: true } : {};
  return new DataLoader(dataset, { batchSize, shuffle: true, collate, ...workers });
}

/** Rows per second in each epoch, and the time from construction to the first batch in milliseconds. */
export async function epochs(dataset, options, count) {
  const started = performance.now();
  const loader = loaderOf(dataset, options);
  const rates = [];
  let firstBatchMs;
  for (let epoch = 0; epoch < count; epoch++) {
    const begun = performance.now();
    let rows = 0;
    for await (const { indices, release } of loader.batches(epoch)) {
      firstBatchMs ??= performance.now() - started;
      rows += indices.length;
      release();
    }
    rates.push((rows / (performance.now() - begun)) * 1000);
  }
  await loader.close();
  return { rates, firstBatchMs };
}

/** The median of the epochs after the first. */
export async function timeOurs(dataset, options, count = 5) {
  const { rates, firstBatchMs } = await epochs(dataset, options, count);
  return { rowsPerSecond: median(rates.slice(1)), firstBatchMs };
}

/** The same work in PyTorch, in a process of its own. */
export function timeTheirs({ command }, name, workers, extra = []) {
  const script = fileURLToPath(new URL("./torch_loader.py", import.meta.url));
  const answer = execFileSync(command, [script, name, String(workers), ...extra], { encoding: "utf8" });
  return JSON.parse(answer);
}

/** A Python that has torch: $MILLRACE_PYTHON, then python3; undefined where there is none. */
export function findTorch() {
  for (const command of [process.env.MILLRACE_PYTHON, "python3"].filter(Boolean)) {
    try {
      const version = execFileSync(command, ["-c", "import torch; print(torch.__version__)"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { command, version: version.trim() };
    } catch {
      // Not there, or without torch: the next one.
    }
  }
  return undefined;
}
