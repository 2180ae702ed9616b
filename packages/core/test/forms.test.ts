/** Transforms by samples, many at once and by columns, in a spec's line with real workers: nobody can tell which it was. */
import { pathToFileURL } from "node:url";
import { LoggerService, MillraceError, type NdArray } from "@millrace/core";
import { checkSpec, openLine, parseSpecText, Registry } from "@millrace/core/spec";
import { describe, expect, it } from "vitest";

const plugins = [new URL("./fixtures/fitting.mjs", import.meta.url).href];
const scale = (field: string) => ({ use: "unit-scale", with: { field } });

interface Options {
  readonly transforms: readonly object[];
  readonly columns: boolean;
  readonly numWorkers: number;
}

/** All batches of two epochs, as plain data. */
async function batchesOf({ transforms, columns, numWorkers }: Options): Promise<unknown[]> {
  const registry = new Registry();
  const silent = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));
  registry.provide(LoggerService, silent as never);
  const spec = {
    plugins,
    seed: 5,
    source: { use: "rows", with: { length: 600, columns } },
    split: { train: 0.9, validation: 0.1 },
    transforms,
    loader: { batchSize: 64, shuffle: true, numWorkers },
    model: { use: "none" },
    trainer: { use: "none" },
  };
  const text = parseSpecText(JSON.stringify(spec), "spec.json", pathToFileURL("/spec.json"));
  const checked = await checkSpec(text, {
    registry,
    defaults: ["@millrace/core/builtin"],
    fallbackUrl: import.meta.url,
  });
  const line = await openLine(checked.spec, { registry, modules: checked.modules, url: text.url });
  const seen: unknown[] = [];
  try {
    for (const epoch of [0, 1]) {
      for await (const { data, indices, release } of line.loaders.train.batches(epoch)) {
        const plain = Object.entries(data as Record<string, NdArray | string[]>).map(([name, column]) => [
          name,
          Array.isArray(column) ? column : { ...column, data: [...column.data] },
        ]);
        seen.push({ indices, fields: Object.fromEntries(plain) as object });
        release();
      }
    }
  } finally {
    await line.close();
  }
  return seen;
}

const ways = [0, 2].flatMap((numWorkers) => [true, false].map((columns) => ({ numWorkers, columns })));

describe("the forms of transforms", () => {
  for (const [name, transforms] of Object.entries({
    "by columns where the source has them": [scale("a"), scale("b"), { use: "jitter" }],
    "many at once beside one that takes samples only": [
      { use: "jitter" },
      { use: "tell" },
      { use: "jitter" },
    ],
  })) {
    it(`give the same batches, bit for bit: ${name}`, async () => {
      const results: unknown[] = [];
      for (const way of ways) results.push(await batchesOf({ transforms, ...way }));
      expect(results[0]).toHaveLength(18);
      for (const result of results) expect(result).toEqual(results[0]);
    });
  }

  it("name the sample at fault and the transform, however they were asked", async () => {
    for (const way of ways) {
      const transforms = [scale("a"), { use: "picky", with: { key: 123 } }];
      const error: unknown = await batchesOf({ transforms, ...way }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(MillraceError);
      expect(error).toMatchObject({
        message: "a transform failed: not this one",
        where: expect.arrayContaining(["transform 1 picky", "sample 123", "epoch 0"]) as string[],
      });
    }
  });
});
