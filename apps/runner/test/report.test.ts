/** What a run's own report tells of its line. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newFolder, writeSpec } from "./support/cli.js";
import { fixture } from "./support/cli.js";
import { millraceHere } from "./support/host.js";

it("shows the first batch, the line with the time of each stage, and what was skipped", async () => {
  const folder = await newFolder();
  const rows = Array.from({ length: 50 }, (_, i) => `${i / 10},${i % 7},${i % 2 === 0 ? "even" : "odd"}`);
  await writeFile(join(folder, "rows.csv"), `a,b,label\n${rows.join("\n")}\n`);
  const left = { version: 1, key: "rows.csv:5", index: 3, split: "train", epoch: 0, stage: "reading" };
  await writeFile(join(folder, "left.jsonl"), `${JSON.stringify({ ...left, code: "X", reason: "bad" })}\n`);
  const spec = {
    plugins: [fixture("softmax-trainer.mjs")],
    source: { use: "csv", with: { path: "rows.csv", label: "label" } },
    split: { train: 0.8, validation: 0.2 },
    exclude: "left.jsonl",
    transforms: [{ use: "standardize", with: { fields: "features" } }],
    loader: { batchSize: 16, shuffle: true, dropLast: true },
    model: { use: "softmax" },
    trainer: { use: "softmax" },
  };
  await writeSpec(folder, JSON.stringify(spec));
  const { code, stderr } = await millraceHere(["run", "blobs.json", "--out", "run"], folder);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const report = await readFile(join(folder, "run", "report.html"), "utf8");
  expect(report).toContain(
    "What the model got in batch 1 of epoch 1, behind all transforms: 8 of 16 samples",
  );
  expect(report).toMatch(/data-head="label">(even|odd)<\/td>/);
  expect(report).toMatch(/<h3>Transforms<\/h3><div class="parts"><span>standardize<\/span>/);
  expect(report).toMatch(/<b>[\d,.]+ (µs|ms)<\/b> reading/);
  expect(report).toContain("The 1 sample that left.jsonl lists is left out (exclude).");
  expect(report).toMatch(
    /\d training samples of each epoch fill no batch of 16 and are left out \(dropLast\), others in each\./,
  );
}, 60_000);
