/** What making a sample takes, stage by stage: one at a time, in this thread. */
import { type Dataset, heapAllocator } from "@millrace/core";
import type { SampleProgress } from "@millrace/core/dataloader";
import type { Line } from "@millrace/core/spec";

/** One stage, in milliseconds of a batch. */
export interface Stage {
  /** "read", "decode", or "transform 1 resize". */
  readonly name: string;
  readonly ms: number;
}

/** How stages were told apart. */
export interface Staged {
  readonly stages: readonly Stage[];
  /** One sample at a time, the columns of whole batches, or what the loader's threads told. */
  readonly by: "samples" | "columns" | "threads";
}

/** Samples that are looked at; fewer where they take long. */
const mostSamples = 256;
const mostMilliseconds = 1500;
/** Before code is compiled and files are open, a sample says little. */
const warmUp = 8;

/** Undefined for a stream, whose samples cannot be asked for. */
export async function stagesOf(
  line: Line,
  indices: readonly number[],
  perBatch: number,
): Promise<Staged | undefined> {
  const dataset = line.loaders.train.dataset as Dataset;
  if (typeof dataset.get !== "function" || indices.length === 0) return undefined;
  const clock = stageClock();
  const byColumns = await columnsOf(dataset, line, indices.slice(0, perBatch), clock);
  const samples = byColumns ? clock.samples : await singly(dataset, indices, clock);
  const stages = clock.stages().map(({ name, ms }) => ({ name, ms: (ms / Math.max(1, samples)) * perBatch }));
  return { stages, by: byColumns ? "columns" : "samples" };
}

/** Whole columns of a batch, where that is how the loader makes them. */
async function columnsOf(
  dataset: Dataset,
  { spec }: Line,
  indices: readonly number[],
  clock: StageClock,
): Promise<boolean> {
  if (dataset.getBatch === undefined || spec.loader.collate.use !== "default") return false;
  const began = performance.now();
  for (let round = 0; round < 20 && performance.now() - began < mostMilliseconds; round++) {
    if (round === 3) clock.reset();
    clock.begin();
    const batch = await dataset.getBatch(indices, { epoch: 0, progress: clock }, heapAllocator);
    clock.end(indices.length);
    if (batch === undefined) {
      clock.reset();
      return false;
    }
  }
  return true;
}

async function singly(dataset: Dataset, indices: readonly number[], clock: StageClock): Promise<number> {
  const began = performance.now();
  let samples = 0;
  for (const index of indices.slice(0, mostSamples)) {
    if (samples === warmUp) {
      clock.reset();
      samples = 0;
    }
    if (samples > warmUp && performance.now() - began > mostMilliseconds) break;
    clock.begin();
    // What is deferred has been made at the end of the chain.
    await dataset.get(index, { epoch: 0, progress: clock });
    clock.end(1);
    samples++;
  }
  return samples;
}

type StageClock = ReturnType<typeof stageClock>;

/** Told of a sample's way, it adds up what lies between two places of it. */
function stageClock() {
  let spent = new Map<string, number>();
  let [stage, since, samples] = ["read", 0, 0];
  const enter = (next: string): void => {
    const now = performance.now();
    spent.set(stage, (spent.get(stage) ?? 0) + now - since);
    [stage, since] = [next, now];
  };
  const progress = {
    transforming: (position, name) => enter(`transform ${position} ${name}`),
    making: () => enter("decode"),
    transformed: () => enter("end"),
  } satisfies SampleProgress;
  return {
    ...progress,
    get samples() {
      return samples;
    },
    begin(): void {
      [stage, since] = ["read", performance.now()];
    },
    end(count: number): void {
      enter("end");
      samples += count;
    },
    reset(): void {
      spent = new Map();
      samples = 0;
    },
    stages: (): Stage[] =>
      [...spent].filter(([name, ms]) => name !== "end" && ms > 0).map(([name, ms]) => ({ name, ms })),
  };
}
