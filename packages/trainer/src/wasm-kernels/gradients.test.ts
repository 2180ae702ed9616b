import { describe, expect, it } from "vitest";
import { distanceFromCpu } from "../../test/against-cpu.js";
import { agreeing, withoutGradient } from "../../test/gradient-cases.js";

describe("gradients on the wasm device", () => {
  it.each(Object.keys(agreeing))("agree with the cpu device: %s", async (name) => {
    expect(await distanceFromCpu(agreeing[name])).toBeLessThan(1e-4);
  });

  it.each(Object.keys(withoutGradient))("do not exist in tfjs-core itself: %s", async (name) => {
    const [computation, reason] = withoutGradient[name];
    await expect(distanceFromCpu(computation)).rejects.toThrow(reason);
  });
});
