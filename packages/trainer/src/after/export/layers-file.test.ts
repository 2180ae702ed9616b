/** What is written of layers that TensorFlow.js alone does not know, or does not run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { memorySource } from "../../../test/batches.js";
import { bars } from "../../../test/tasks.js";
import { finishedHere } from "../../../test/train.js";
import { exportFormats, exportModel } from "./export.js";

async function exported(...layers: object[]) {
  const { options, context } = await finishedHere({
    options: { epochs: 1 },
    layers: [
      { type: "reshape", targetShape: [8, 8] },
      ...layers,
      { type: "flatten" },
      { type: "dense", units: 2 },
    ],
    data: { train: memorySource(bars(8), 4) },
  });
  const folder = await mkdtemp(join(tmpdir(), "millrace-export-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const formats = exportFormats.map(({ name }) => name);
  const steps = { source: { use: "memory" }, transforms: [] };
  const { files, skipped, examples } = await exportModel(options, { ...context, folder, formats, steps });
  return { paths: files.map(({ path }) => path), skipped, examples: examples.map(({ file }) => file) };
}

describe("layers that are exported", () => {
  it("are not given to programs that do not know them", async () => {
    const { paths, skipped, examples } = await exported({ type: "multiHeadAttention", numHeads: 2 });
    expect(paths).toContain("tfjs-layers/model.json");
    expect(paths).toContain("tfjs-graph/model.json");
    expect(examples).toEqual([]);
    expect(skipped).toEqual([
      {
        format: "predict.mjs, predict.html",
        reason: expect.stringMatching(
          /does not know MillraceMultiHeadAttention: call registerLayers/,
        ) as string,
      },
    ]);
  });

  it("are left out where TensorFlow.js cannot run them, but not as a graph", async () => {
    const { paths, skipped } = await exported({
      type: "conv1d",
      filters: 2,
      kernelSize: 3,
      padding: "causal",
    });
    expect(paths.filter((path) => path.startsWith("tfjs-layers"))).toEqual([]);
    expect(paths).toContain("tfjs-graph/model.json");
    expect(skipped).toEqual([
      { format: "tfjs-layers", reason: "tf.loadLayersModel has no causal convolutions" },
    ]);
  });

  it.each([
    [{ type: "upSampling2d", interpolation: "bilinear" }, false],
    [{ type: "upSampling2d" }, true],
    [{ type: "resizing", height: 4, width: 4 }, false],
  ])("are left out where TensorFlow.js would answer otherwise: %j", async (layer, isWritten) => {
    const { paths, skipped } = await exported({ type: "reshape", targetShape: [8, 8, 1] }, layer);
    expect(paths.includes("tfjs-layers/model.json")).toBe(isWritten);
    expect(paths).toContain("tfjs-graph/model.json");
    const own = skipped.filter(({ format }) => format === "tfjs-layers");
    expect(own.map(({ reason }) => reason)).toEqual(
      isWritten
        ? []
        : ["tf.loadLayersModel resizes and crops images otherwise, and would answer differently"],
    );
  });
});
