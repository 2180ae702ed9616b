import { afterEach, describe, expect, it } from "vitest";
import { DataLoader, type FetchContext } from "../src/index.js";

const loaders: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close();
});

/** A loader over eight samples, and what they were asked with. */
function asked() {
  const contexts: FetchContext[] = [];
  const dataset = {
    length: 8,
    get(index: number, context: FetchContext) {
      contexts.push(context);
      return index;
    },
  };
  const loader = new DataLoader(dataset, { batchSize: 2 });
  loaders.push(loader);
  return { loader, contexts, ended: () => contexts.map(({ over }) => over?.aborted) };
}

describe("the end of a pass, as a dataset is told", () => {
  it("is behind the last batch, and each pass has its own", async () => {
    const { loader, contexts, ended } = asked();
    for await (const { step } of loader) expect(ended()).toEqual(Array<boolean>(2 * step + 2).fill(false));
    expect(ended()).toEqual(Array<boolean>(8).fill(true));
    for await (const _ of loader) expect(contexts.at(-1)?.over?.aborted).toBe(false);
    for await (const _ of loader.batches(0)) expect(contexts.at(-1)?.over?.aborted).toBe(false);
    expect(new Set(contexts.map(({ over }) => over)).size).toBe(3);
    expect(new Set(ended())).toEqual(new Set([true]));
  });

  it("is where it is left, or the loader is closed", async () => {
    const { loader, ended } = asked();
    for await (const _ of loader) break;
    expect(ended()).toEqual([true, true]);
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    expect(ended()).toEqual([true, true, false, false]);
    await loader.close();
    expect(new Set(ended())).toEqual(new Set([true]));
  });

  it("is that of the last where several are at the same epoch", async () => {
    const { loader, ended } = asked();
    const [one, other] = [loader.batches(3), loader.batches(3)];
    await one.next();
    await other.next();
    await one.return?.();
    expect(ended()).toEqual([false, false, false, false]);
    await other.return?.();
    expect(ended()).toEqual([true, true, true, true]);
  });

  it("is that of a batch which is made alone", async () => {
    const { loader, ended } = asked();
    // The first batch of all is made too: it decides the types.
    await loader.batchAt(1, 2);
    expect(ended()).toEqual([true, true, true, true]);
    await loader.batchOf([3]);
    expect(ended()).toEqual([true, true, true, true, true]);
  });
});
