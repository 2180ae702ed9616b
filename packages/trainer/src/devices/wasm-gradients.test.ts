import { describe, expect, it } from "vitest";
import { distanceFromCpu } from "../../test/against-cpu.js";
import { coveredLayers, uncoveredLayers } from "../../test/layer-cases.js";
import { loadEngine } from "../engine.js";
import { layerTypes } from "../models/build-layer.js";
import { agreeing, withoutGradient } from "../../test/gradient-cases.js";

describe("gradients on the wasm device", () => {
  it("are compared for every layer type there is", async () => {
    const types = layerTypes(await loadEngine());
    expect(types.filter((type) => !coveredLayers.has(type) && !(type in uncoveredLayers))).toEqual([]);
  });

  it.each(Object.keys(agreeing))("agree with the cpu device: %s", async (name) => {
    expect(await distanceFromCpu(agreeing[name])).toBeLessThan(1e-4);
  });

  it.each(Object.keys(withoutGradient))("do not exist in tfjs-core itself: %s", async (name) => {
    const [computation, reason] = withoutGradient[name];
    await expect(distanceFromCpu(computation)).rejects.toThrow(reason);
  });
});
