/** The line of a spec in several processes: what they fit, and what they load, is what one process does. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Logger, LoggerService, type ProcessGroup } from "@millrace/core";
import builtin from "@millrace/core/builtin";
import { checkSpec, type Line, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-group-line-"));
});
afterAll(() => rm(folder, { recursive: true }));

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
let addresses = 0;

/** Ranks that are all of this process. */
function groupsOf(size: number): Promise<ProcessGroup[]> {
  const address = join(folder, `${addresses++}.sock`);
  const sockets = builtin.flatMap((item) => (item.kind === "group" ? [item] : []))[0];
  const ranks = Array.from({ length: size }, (_, rank) => String(rank));
  return Promise.all(
    ranks.map((rank) =>
      sockets.open({
        logger: silent,
        environment: { MILLRACE_RANK: rank, MILLRACE_SIZE: String(size), MILLRACE_GROUP: address },
      }),
    ),
  );
}

const plugins = [new URL("./fixtures/fitting.mjs", import.meta.url).href];

async function openOn(spec: object, group?: ProcessGroup, logger = silent): Promise<Line> {
  const registry = new Registry();
  registry.provide(LoggerService, logger);
  const none = { use: "none" };
  const whole = JSON.stringify({ plugins, seed: 3, ...spec, model: none, trainer: none });
  const text = parseSpecText(whole, "spec.json", pathToFileURL(join(folder, "spec.json")));
  const fallbackUrl = import.meta.url;
  const defaults = ["@millrace/core/builtin"];
  const { spec: ready, modules } = await checkSpec(text, { registry, defaults, fallbackUrl });
  const line = await openLine(ready, {
    registry,
    modules,
    url: text.url,
    logger,
    fittedFolder: join(folder, "fitted"),
    ...(group && { group }),
  });
  onTestFinished(() => line.close());
  return line;
}

async function indicesOf(loader: Line["loaders"]["validation"]): Promise<(readonly number[])[]> {
  const batches: (readonly number[])[] = [];
  for await (const batch of loader?.batches(1) ?? []) {
    batches.push(batch.indices);
    batch.release();
  }
  return batches;
}

/** Three blocks of samples for training. */
const clouds = {
  source: { use: "generated", with: { problem: "blobs", length: 12_000, features: 5 } },
  split: { train: 0.8, validation: 0.2 },
  loader: { batchSize: 500, shuffle: true },
};

describe("the line of a spec in several processes", () => {
  it.each([2, 4])("fits in %d what one fits, to the bit, and finds what was kept together", async (size) => {
    const noise = size / 10;
    const source = { use: "generated", with: { ...clouds.source.with, noise } };
    const spec = { ...clouds, source, transforms: [{ use: "standardize", with: { fields: ["features"] } }] };
    const groups = await groupsOf(size);
    const lines = await Promise.all(groups.map((group) => openOn(spec, group)));
    const again = await Promise.all((await groupsOf(size)).map((group) => openOn(spec, group)));
    await rm(join(folder, "fitted"), { recursive: true });
    const alone = await openOn(spec);
    await rm(join(folder, "fitted"), { recursive: true });
    for (const line of [...lines, ...again]) expect(line.fitted).toEqual(alone.fitted);
  });

  it("divides the batches of every split, whose lengths stay those of all", async () => {
    const alone = await openOn(clouds);
    const lines = await Promise.all((await groupsOf(3)).map((group) => openOn(clouds, group)));
    for (const split of ["train", "validation"] as const) {
      const whole = await indicesOf(alone.loaders[split]);
      const shares = await Promise.all(lines.map(({ loaders }) => indicesOf(loaders[split])));
      expect(lines.map(({ loaders }) => loaders[split]?.samples)).toEqual(
        lines.map(() => alone.loaders[split]?.samples),
      );
      for (const [step, batch] of whole.entries()) {
        const own = shares.map((share) => share[step]);
        expect(batch.map((_, i) => own[i % 3][Math.floor(i / 3)])).toEqual(batch);
      }
    }
  });

  it("says once that caches in memory are each process's own", async () => {
    const said: string[] = [];
    const logger: Logger = { ...silent, info: (_, text) => said.push(text) };
    const spec = { ...clouds, transforms: [{ use: "cache", with: { in: "memory" } }] };
    await Promise.all((await groupsOf(2)).map((group) => openOn(spec, group, logger)));
    expect(said.filter((text) => text.includes("cache"))).toEqual([
      "each of the 2 processes of a host fills a cache in memory of its own; one on disk is filled once",
    ]);
  });

  it("is refused where a batch has fewer samples than there are processes", async () => {
    const groups = await groupsOf(2);
    const spec = { ...clouds, loader: { batchSize: 1 } };
    const opened = await Promise.allSettled(groups.map((group) => openOn(spec, group)));
    for (const each of opened)
      expect(each).toMatchObject({
        reason: {
          code: "LOADER_OPTION",
          message: "batchSize must be at least the number of processes that share a batch, 2, was 1",
        },
      });
  });
});
