/** A line whose source cannot be closed. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkSpec, type Line, openLine, readSpec, Registry } from "@millrace/core/spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-closing-"));
  await writeFile(
    join(folder, "jammed.mjs"),
    `import { defineModel, defineSource, defineTrainer } from ${JSON.stringify(import.meta.resolve("@millrace/core"))};
     import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
     const options = z.strictObject({});
     export default [
       defineModel({ name: "none", summary: "no model", options, create: () => ({ engine: "none", build() {} }) }),
       defineTrainer({ name: "none", summary: "no trainer", options, create: () => ({ fit() {} }) }),
       defineSource({
         name: "jammed", summary: "cannot be closed", options,
         create: () => ({ length: 9, get: (index) => ({ index }), close: () => { throw new Error("it is jammed"); } }),
       }),
     ];`,
  );
});

afterAll(() => rm(folder, { recursive: true }));

async function open(split: object): Promise<Line> {
  const path = join(folder, "spec.json");
  const none = { model: { use: "none" }, trainer: { use: "none" } };
  await writeFile(
    path,
    JSON.stringify({ plugins: ["./jammed.mjs"], source: { use: "jammed" }, split, ...none }),
  );
  const registry = new Registry();
  const text = await readSpec(path, []);
  const defaults = ["@millrace/core/builtin"];
  const { spec, modules } = await checkSpec(text, { registry, defaults, fallbackUrl: import.meta.url });
  return openLine(spec, { registry, modules, url: text.url });
}

describe("a source that cannot be closed", () => {
  it("is named when the line is closed", async () => {
    const line = await open({ train: 1 });
    await expect(line.close()).rejects.toMatchObject({
      code: "PLUGIN_INVALID",
      message: 'close of the source "jammed" failed: it is jammed',
    });
  });

  it("does not hide why the line could not be opened", async () => {
    const opening = open({ train: 0.5, validation: 0.5, stratifyBy: "label" });
    await expect(opening).rejects.toMatchObject({ code: "COLUMN_UNKNOWN" });
  });
});
