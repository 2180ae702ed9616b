/** What a batch costs on its way through workers, whatever is in it: batches of 16 KB that cost next to nothing to make. */
import { defaultCollate, portable } from "@millrace/core/dataloader";
import { loaderOf, median } from "./measure.mjs";

const here = import.meta.url;
const batches = 4_000;

/** Samples that are ready: all of them the same row of 4,096 numbers. */
export function ready(count) {
  const row = new Float32Array(4096);
  return portable({ length: count, get: () => row }, { module: here, export: "ready", args: [count] });
}

/** Microseconds of wall time per batch through two workers that are warm, and inline. */
export async function overhead(say) {
  const answer = {};
  for (const numWorkers of [0, 2]) {
    const loader = loaderOf(ready(batches), { batchSize: 1, collate: defaultCollate, numWorkers });
    const times = [];
    for (let epoch = 0; epoch < 6; epoch++) {
      const started = performance.now();
      for await (const { release } of loader.batches(epoch)) release();
      times.push(((performance.now() - started) / batches) * 1000);
    }
    await loader.close();
    answer[numWorkers] = median(times.slice(1));
    say(`a batch of 16 KB through ${numWorkers} workers: ${answer[numWorkers].toFixed(1)} µs`);
  }
  return answer;
}
