/** Whatever a sample does, and be it for ever: a signal, leaving and closing end the waiting at once. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { DataLoader } from "./loader.js";

const never = {
  length: 10,
  get: (index: number) => (index < 2 ? index : new Promise<number>(() => undefined)),
};
const endless = {
  async *[Symbol.asyncIterator]() {
    yield 0;
    await new Promise(() => undefined);
  },
};

async function waiting(signal?: AbortSignal, dataset: unknown = never) {
  const loader = new DataLoader<number>(dataset as typeof never, { batchSize: 1 });
  const epoch = loader.batches(0, { signal });
  await epoch.next();
  if (dataset === never) await epoch.next();
  const next = epoch.next();
  // The sample is being waited for.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { loader, epoch, next };
}

describe("next(), while a sample never comes", () => {
  it.each([
    ["sample", never],
    ["stream", endless],
  ])("rejects when the signal aborts, and so does every call after it: %s", async (_name, dataset) => {
    const controller = new AbortController();
    const { epoch, next } = await waiting(controller.signal, dataset);
    controller.abort("enough");
    await expect(next).rejects.toMatchObject({ code: "ABORTED", cause: "enough" });
    await expect(epoch.next()).rejects.toMatchObject({ code: "ABORTED" });
    expect(await epoch.return?.()).toEqual({ done: true, value: undefined });
  });

  it("rejects when the iteration is left", async () => {
    const { epoch, next } = await waiting();
    expect(await epoch.return?.()).toEqual({ done: true, value: undefined });
    await expect(next).rejects.toMatchObject({ code: "ABORTED" });
    expect(await epoch.next()).toEqual({ done: true, value: undefined });
  });

  it("rejects when the loader is closed, in every iteration", async () => {
    const { loader, next } = await waiting();
    const other = loader.batches(1);
    await other.next();
    await other.next();
    const also = other.next();
    await loader.close();
    await expect(next).rejects.toMatchObject({ code: "LOADER_CLOSED" });
    await expect(also).rejects.toMatchObject({ code: "LOADER_CLOSED" });
  });

  it("gives a batch that comes all the same, to a call whose signal never aborts", async () => {
    const { signal } = new AbortController();
    const loader = new DataLoader([1, 2], { batchSize: 1 });
    const seen: unknown[] = [];
    for await (const { step } of loader.batches(0, { signal })) seen.push(step);
    expect(seen).toEqual([0, 1]);
  });

  it("keeps the program alive for a signal that would not by itself", () => {
    const loader = new URL("../../dist/dataloader.js", import.meta.url).href;
    const program = `
      import { DataLoader } from ${JSON.stringify(loader)};
      const dataset = { length: 1, get: () => new Promise(() => undefined) };
      const epoch = new DataLoader(dataset).batches(0, { signal: AbortSignal.timeout(200) });
      await epoch.next().catch((error) => console.log(error.code));
    `;
    const run = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    expect([run.stdout.trim(), run.status]).toEqual(["ABORTED", 0]);
  });
});

describe("a fault of the sampler", () => {
  it("is named with the batch it was asked for, and what came before is handed out", async () => {
    const sampler = {
      length: 4,
      *indices() {
        yield 0;
        yield 1;
        throw new Error("no third");
      },
    };
    const epoch = new DataLoader<number>({ length: 4, get: (i) => i }, { sampler }).batches(0);
    await epoch.next();
    await epoch.next();
    await expect(epoch.next()).rejects.toMatchObject({
      code: "SAMPLER_FAILED",
      message: "the sampler failed: no third",
      where: ["batch 2", "epoch 0"],
    });
    expect((await epoch.next()).done).toBe(true);
  });
});
