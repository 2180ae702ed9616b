/**
 * Is memory flat over epochs? `node bench/memory.mjs` runs 12 epochs in a program of its own for each way to use a
 * loader, and compares the highest resident memory of epochs 3 to 5 with that of the last three; before them, allocators
 * and compiler find their size. It may grow by 3 % where batches are released, and by a quarter where the garbage
 * collector chooses when to take them. Exits 1 where it grows by more. Takes a minute or two; not part of the tests,
 * since the load of other programs moves it.
 */
import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DataLoader, ndarray, RandomSampler, TensorDataset } from "@millrace/core/dataloader";

const epochs = 12;
const batchesPerEpoch = 512;
const ways = [0, 2].flatMap((numWorkers) =>
  (numWorkers === 0 ? [false] : [true, false]).flatMap((persistentWorkers) =>
    [true, false].map((release) => ({ numWorkers, persistentWorkers, release })),
  ),
);

if (process.argv[2] === undefined) {
  let flat = true;
  for (const way of ways) flat = report(way) && flat;
  process.exitCode = flat ? 0 : 1;
} else {
  process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2]))));
}

function report(way) {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(way)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const resident = JSON.parse(output);
  const [early, last] = [Math.max(...resident.slice(2, 5)), Math.max(...resident.slice(-3))];
  const change = (last / early - 1) * 100;
  const flat = change < (way.release ? 3 : 25);
  const name = `${way.numWorkers} workers${way.persistentWorkers ? ", kept" : ""}, ${way.release ? "released" : "never released"}`;
  const perBatch = (last - early) / ((epochs - 5) * batchesPerEpoch);
  const mark = flat ? "flat" : "GROWS";
  process.stdout.write(
    `${name.padEnd(34)} ${megabytes(early)} at first, ${megabytes(last)} at last: ${change.toFixed(1)} %, ${perBatch.toFixed(0)} bytes a batch: ${mark}\n`,
  );
  return flat;
}

/** Resident bytes after each epoch, once what is garbage has been collected. */
async function measure({ numWorkers, persistentWorkers, release }) {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  // Batches of 1 MB, drawn from 128 MB: enough for the allocators to find their size within two epochs.
  const dataset = new TensorDataset(ndarray(new Float32Array(8192 * 4096).fill(1), [8192, 4096]));
  const sampler = new RandomSampler(dataset, { replacement: true, numSamples: batchesPerEpoch * 64 });
  const workers = numWorkers > 0 ? { numWorkers, persistentWorkers } : {};
  const loader = new DataLoader(dataset, { batchSize: 64, sampler, ...workers });
  const resident = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const batch of loader.batches(epoch)) if (release) batch.release();
    // What is dropped is given back in the background.
    for (let i = 0; i < 3; i++) {
      collectGarbage();
      await pause(50);
    }
    resident.push(process.memoryUsage.rss());
  }
  await loader.close();
  return resident;
}

function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}
