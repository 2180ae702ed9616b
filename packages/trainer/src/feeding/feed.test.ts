import type { Batch } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { Feed } from "./feed.js";

/** Batches of these numbers: a loader leaves out the steps of which nothing is left. */
function sourceOf(steps: readonly number[]) {
  const released: number[] = [];
  async function* batches(epoch: number): AsyncGenerator<Batch> {
    for (const step of steps) {
      await Promise.resolve();
      yield { data: {}, indices: [], epoch, step, release: () => void released.push(step) };
    }
  }
  return { source: { samples: steps.length, length: steps.length, batches }, released };
}

async function numbers(feed: Feed): Promise<{ given: number[]; taken: number[] }> {
  const [given, taken]: [number[], number[]] = [[], []];
  for (;;) {
    const batch = await feed.next((step) => taken.push(step));
    if (batch === undefined) return { given, taken };
    given.push(batch.step);
  }
}

const { signal } = new AbortController();

describe("a feed", () => {
  it("begins at a batch by its number, also where numbers before it are missing, and gives the others back", async () => {
    const { source, released } = sourceOf([0, 2, 3, 6, 7]);
    const feed = new Feed(source, 1, signal, 4);
    expect(await numbers(feed)).toEqual({ given: [6, 7], taken: [6, 7] });
    expect(released).toEqual([0, 2, 3]);
  });

  it("tells the number of each batch as it is taken", async () => {
    const { source } = sourceOf([0, 1, 3]);
    expect((await numbers(new Feed(source, 0, signal))).taken).toEqual([0, 1, 3]);
  });
});
