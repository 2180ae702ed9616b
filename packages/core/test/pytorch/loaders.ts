/** What the files here share: the class that is run twice, and the proof that a test leaves nothing behind. */
import { type Batch, DataLoader, type DataLoaderOptions, type NdArray } from "@millrace/core";
import { afterEach, beforeEach, expect } from "vitest";
import { aliveThreads } from "../alive.js";

/** PyTorch runs its class plain and, as a subclass, with persistent workers. */
export const classes = [
  { name: "TestDataLoader", persistent: false },
  { name: "TestDataLoaderPersistentWorkers", persistent: true },
] as const;

/** `_get_data_loader`: with workers, they are persistent or not by the class. */
export type MakeLoader = <S, B = unknown>(
  dataset: DataLoader<S, B>["dataset"],
  options?: DataLoaderOptions<S, B>,
) => DataLoader<S, B>;

/** Makes the loaders of a class. Persistent ones are closed after each test; plain ones must have ended by themselves. */
export function loaders(persistent: boolean): MakeLoader {
  const made: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(made.splice(0).map((loader) => loader.close()));
  };
  // Plain ones are closed after the check: what one test leaves is no other test's fault.
  leavesNothing(persistent ? { before: close } : { after: close });
  return <S, B>(dataset: DataLoader<S, B>["dataset"], options: DataLoaderOptions<S, B> = {}) => {
    const kept = persistent && (options.numWorkers ?? 0) !== 0;
    const loader = new DataLoader<S, B>(dataset, kept ? { ...options, persistentWorkers: true } : options);
    made.push(loader);
    return loader;
  };
}

const nothing = () => Promise.resolve();

/** After every test: no thread, no timer, no handle more than there was before it. `before` and `after` frame the check. */
export function leavesNothing({ before = nothing, after = nothing } = {}): void {
  let active: readonly string[] = [];
  beforeEach(() => {
    active = process.getActiveResourcesInfo();
  });
  afterEach(async () => {
    try {
      await before();
      expect(aliveThreads()).toBe(0);
      expect(await addedTo(active)).toEqual([]);
    } finally {
      await after();
    }
  });
}

/** What is active beyond `before`; what is about to go by itself, such as the runner's own timers, has a second to. */
async function addedTo(before: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + 1000;
  for (;;) {
    const rest = [...before];
    const added = process.getActiveResourcesInfo().filter((name) => {
      const known = rest.indexOf(name);
      if (known >= 0) rest.splice(known, 1);
      return known < 0 && name !== "Immediate";
    });
    if (added.length === 0 || performance.now() > deadline) return added;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** `list(loader)`: the data of every batch of the next epoch. */
export async function list<B>(batches: AsyncIterable<Batch<B>>): Promise<B[]> {
  const data: B[] = [];
  for await (const batch of batches) data.push(batch.data);
  return data;
}

/** `tensor.tolist()` of one axis. */
export function tolist({ data }: NdArray): number[] {
  return Array.from(data);
}

type Warning = Error & { readonly code?: string };

/** What Node would print as a warning while `act` runs. */
export async function warningsOf(act: () => unknown): Promise<Warning[]> {
  const warnings: Warning[] = [];
  const printers = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => void warnings.push(warning));
  try {
    await act();
    // Warnings are emitted on the next tick.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners("warning");
    for (const printer of printers) process.on("warning", printer);
  }
  return warnings;
}

/** A number that all threads see: a gate that slow samples wait at, or a count. */
export function sharedCell(value = 0): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4)).fill(value);
}

/** 0 … length − 1. */
export function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
