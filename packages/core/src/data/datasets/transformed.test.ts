import { describe, expect, it } from "vitest";
import type { TransformContext } from "../../contracts/transform.js";
import { transformed } from "./transformed.js";

const epoch0 = { epoch: 0 };

describe("transformed", () => {
  it("passes samples of a dataset or an array through one function or several", async () => {
    const doubled = transformed([1, 2, 3], (sample) => sample * 2);
    expect(doubled.length).toBe(3);
    expect(await doubled.get(2, epoch0)).toBe(6);
    const steps = [(sample: number) => sample + 1, async (sample: number) => [sample]];
    expect(await transformed(doubled, steps as never).get(0, epoch0)).toEqual([3]);
  });

  it("follows an array that grows", async () => {
    const samples = [1];
    const dataset = transformed(samples, String);
    samples.push(2);
    expect([dataset.length, await dataset.get(1, epoch0)]).toEqual([2, "2"]);
  });

  it("gives random numbers by seed, epoch, index and position, also where transforms are nested", async () => {
    const draw = (sample: number[], { random }: TransformContext): number[] => [...sample, random.uniform()];
    const nested = transformed(transformed([[], []], draw), draw, { seed: 0 });
    const listed = transformed([[], []], [draw, draw] as never) as typeof nested;
    const [first, second] = await nested.get(0, epoch0);
    expect(first).not.toBe(second);
    expect(await listed.get(0, epoch0)).toEqual([first, second]);
    expect(await nested.get(0, epoch0)).toEqual([first, second]);
    expect(await nested.get(1, epoch0)).not.toEqual([first, second]);
    expect(await nested.get(0, { epoch: 1 })).not.toEqual([first, second]);
    expect(await transformed([[]], draw, { seed: 1 }).get(0, epoch0)).not.toEqual([first]);
  });

  it("names the transform that fails, and refuses what is no function or no dataset", async () => {
    function crop(): never {
      throw new Error("too small");
    }
    await expect(transformed([1], crop).get(0, epoch0)).rejects.toMatchObject({
      code: "SAMPLE_FAILED",
      where: ["transform 0 crop"],
    });
    expect(() => transformed([1], "crop" as never)).toThrow("a transform must be a function, was a string");
    expect(() => transformed(new Set([1]) as never, crop)).toThrow(
      "must be a map-style dataset, was a stream",
    );
  });
});
