import type { Batch } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";
import { memorySource } from "../../test/batches.js";
import { bars } from "../../test/tasks.js";
import { chooseDevice } from "../devices/choose.js";
import { type Engine, loadEngine } from "../engine.js";
import { buildLayers } from "../models/layers.js";
import { columnsOf } from "./columns.js";
import { Feed } from "./feed.js";
import { forwardOf } from "../models/forward.js";
import { losses } from "../losses/losses.js";
import { Staging } from "./staging.js";
import type { ReadyModel } from "../models/ready.js";

let tf: Engine;
let parts: ReadyModel;
beforeAll(async () => {
  tf = await loadEngine();
  await chooseDevice(tf, "wasm");
  const layers = [{ type: "flatten" }, { type: "dense", units: 2 }];
  const model = buildLayers(tf, layers, { shape: [8, 8, 1], dtype: "uint8" }, 1);
  const loss = "sparseCategoricalCrossentropy";
  const forward = forwardOf(tf, model, losses[loss]);
  parts = { engine: tf, model, inputs: model.inputs, loss, metrics: [], forward };
});

const feedOf = (count: number) => {
  const source = memorySource(bars(count), 4);
  const feed = new Feed(source, 0, new AbortController().signal);
  return { source, feed };
};

describe("staging", () => {
  it("has the next batch on the device before it is taken, and it is the batch's own data", async () => {
    const { feed } = feedOf(8);
    const before = tf.memory().numTensors;
    const staging = new Staging(parts, {}, true);
    const first = (await feed.next()) as Batch;
    const earlier = staging.take(first, columnsOf(first, {}));
    tf.dispose([...earlier.inputs, earlier.target]);
    await staging.ahead(feed);
    expect(tf.memory().numTensors).toBe(before + 2);
    const second = (await feed.next()) as Batch;
    const columns = columnsOf(second, {});
    const {
      inputs: [input],
      target,
    } = staging.take(second, columns);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect([...input.dataSync()]).toEqual([...columns.inputs[0].array.data]);
    expect([...target.dataSync()]).toEqual([...columns.target.data]);
    tf.dispose([input, target]);
    await staging.ahead(feed);
    staging.close();
    await feed.close();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("frees what was copied for nothing, also what arrives after the end", async () => {
    const before = tf.memory().numTensors;
    for (const closesFirst of [false, true]) {
      const { feed, source } = feedOf(8);
      const staging = new Staging(parts, {}, true);
      (await feed.next())?.release();
      const ahead = staging.ahead(feed);
      if (!closesFirst) await ahead;
      staging.close();
      await feed.close();
      await ahead;
      expect(tf.memory().numTensors).toBe(before);
      expect(source.leased).toBe(0);
    }
  });

  it("raises what is wrong with a batch when it is taken, not before", async () => {
    const { feed } = feedOf(8);
    const staging = new Staging(parts, { target: "none" }, true);
    await feed.next();
    await staging.ahead(feed);
    const batch = (await feed.next()) as Batch;
    expect(() => columnsOf(batch, { target: "none" })).toThrow('the target "none" must be in the batch');
    const narrow = {
      ...columnsOf(batch, {}),
      inputs: [{ name: "image", array: { dtype: "uint8" as const, shape: [4, 1], data: new Uint8Array(4) } }],
    };
    expect(() => staging.take(batch, narrow)).toThrow("the model takes inputs of shape [8, 8, 1], was [1]");
    await feed.close();
  });

  it("copies nothing ahead where the device is this thread itself", async () => {
    const { feed } = feedOf(8);
    const before = tf.memory().numTensors;
    const staging = new Staging(parts, {});
    await feed.next();
    await staging.ahead(feed);
    expect(tf.memory().numTensors).toBe(before);
    await feed.close();
  });
});
