import { DataLoader } from "@millrace/core/dataloader";
import { ndarray } from "@millrace/core";
import type { BatchSource } from "@millrace/core/spec";
import { describe, expect, it } from "vitest";
import { type FirstBatch, seeingFirst } from "../run/first-batch.js";
import { firstBatchHtml } from "./first-batch.js";

const samples = Array.from({ length: 10 }, (_, i) => ({ features: Float32Array.of(i, i / 2), label: i % 2 }));

async function first(source: BatchSource): Promise<FirstBatch> {
  const seen: FirstBatch[] = [];
  const watched = seeingFirst(source, (batch) => seen.push(batch));
  for (const epoch of [0, 1]) for await (const batch of watched.batches(epoch)) batch.release();
  expect(seen).toHaveLength(1);
  return seen[0];
}

describe("the first batch", () => {
  it("is copied as it passes, once, and the loader is what it was", async () => {
    const loader = new DataLoader(samples, { batchSize: 4 });
    const batch = await first(loader);
    expect(batch).toMatchObject({ epoch: 0, step: 0, samples: 4, indices: [0, 1, 2, 3] });
    const watched = seeingFirst(loader, () => undefined);
    expect(watched).toMatchObject({ length: 3, samples: 10, dataset: samples });
    const iterator = watched.batches(2)[Symbol.asyncIterator]();
    await iterator.next();
    expect(watched.state?.()).toEqual(loader.state());
    await iterator.return?.();
    await loader.close();
  });

  it("is a table of the numbers by name, with what is to be predicted", async () => {
    const batch = await first(new DataLoader(samples, { batchSize: 4 }));
    const facts = { features: ["ph", "<g>"], labels: ["no", "yes"] };
    const text = String(await firstBatchHtml({ batch, facts, target: "label", key: (i) => `row ${i}` }));
    expect(text).toContain("batch 1 of epoch 1, behind all transforms: 4 samples, each float32 2.");
    expect(text).toContain('data-head="ph">1.0000</td><td class="" data-head="&lt;g&gt;">0.5000</td>');
    expect(text).toContain('<th scope="row">row 1</th>');
    expect(text).toContain('data-head="label">yes</td>');
  });

  it("is pictures where the model gets pictures, stretched where they are no bytes", async () => {
    const image = ndarray(Float32Array.from({ length: 2 * 4 * 4 * 3 }, Math.sin), [2, 4, 4, 3]);
    const columns = { image, label: ndarray(Int32Array.of(1, 0)) };
    const batch = { epoch: 2, step: 4, samples: 64, indices: [7, 9], columns };
    const text = String(await firstBatchHtml({ batch, facts: { labels: ["cat", "dog"] }, target: "label" }));
    expect(text.match(/src="data:image\/png;base64,/g)).toHaveLength(2);
    expect(text).toContain(
      "batch 5 of epoch 3, behind all transforms: 2 of 64 samples, each float32 4 × 4 × 3.",
    );
    expect(text).toContain("stretched from its least to its greatest value");
    expect(text).toContain('alt="sample 7: dog"');
  });

  it("is text where the model gets token ids, with how much of it is padding", async () => {
    const tokens = ["<pad>", "good", "bad", "day"];
    const vocabulary = { size: 4, tokens, special: [0], decoder: "words", padding: 0 };
    const columns = { tokens: ndarray(Int32Array.of(1, 3, 0, 2, 3, 1), [2, 3]), label: ["x", "y"] };
    const batch = { epoch: 0, step: 0, samples: 2, indices: [0, 1], columns };
    const text = String(await firstBatchHtml({ batch, facts: { vocabulary }, target: "label" }));
    expect(text).toContain('good day<br><small class="quiet">2 tokens and 1 of padding</small>');
    expect(text).toContain('bad day good<br><small class="quiet">3 tokens</small>');
  });

  it("is left out where it holds no arrays", async () => {
    const batch = { epoch: 0, step: 0, samples: 1, indices: [0], columns: { text: ["a"] } };
    expect(await firstBatchHtml({ batch, facts: {}, target: "label" })).toBeUndefined();
  });
});
