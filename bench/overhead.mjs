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

/**
 * Microseconds of wall time per batch: inline, and through two warm workers with torch's two batches ahead per worker and
 * with sixteen. With few ahead a thread has to be woken for most batches, which is what costs.
 */
export async function overhead(say) {
  const answer = [];
  const ways = {
    inline: {},
    "2 workers": { numWorkers: 2 },
    "2 workers, 16 ahead each": { numWorkers: 2, prefetchFactor: 16 },
  };
  for (const [name, workers] of Object.entries(ways)) {
    const loader = loaderOf(ready(batches), { batchSize: 1, collate: defaultCollate, ...workers });
    const times = [];
    for (let epoch = 0; epoch < 9; epoch++) {
      const started = performance.now();
      for await (const { release } of loader.batches(epoch)) release();
      times.push(((performance.now() - started) / batches) * 1000);
    }
    await loader.close();
    const microseconds = median(times.slice(1));
    answer.push({ name, microseconds });
    say(`a batch of 16 KB, ${name}: ${microseconds.toFixed(1)} µs`);
  }
  return answer;
}
