/** The arithmetic of exported programs beside sharp's, of which it must be the same. */
import { formsOf, type NdArray, type Plugin, type TransformContext } from "@millrace/core";
import plugins from "@millrace/source-fs";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

const { changed, resize } = (await import(
  new URL("../../../packages/trainer/programs/pixels.mjs", import.meta.url).href
)) as {
  readonly resize: (pixels: Pixels, settings: object) => Pixels;
  readonly changed: (pixels: Pixels, step: object) => Pixels;
};

const fits = ["fill", "cover", "contain", "inside", "outside"] as const;
const kernels = ["nearest", "linear", "cubic", "mitchell", "lanczos2", "lanczos3"] as const;

describe("resizing in exported programs", () => {
  it.each(kernels)("is sharp's with the kernel %s, to a level", async (kernel) => {
    const side = fc.integer({ min: 6, max: 90 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ width: side, height: side, toWidth: side, toHeight: side }),
        fc.constantFrom(...fits),
        fc.constantFrom(1, 3),
        fc.integer(),
        async ({ width, height, toWidth, toHeight }, fit, channels, seed) => {
          const data = noise(width * height * channels, seed);
          const image = sharp(data, { raw: { width, height, channels } });
          if (channels === 1) image.toColourspace("b-w");
          const settings = { width: toWidth, height: toHeight, fit, kernel };
          const { data: expected, info } = await image
            .resize({ ...settings, fastShrinkOnLoad: false })
            .raw()
            .toBuffer({ resolveWithObject: true });
          const made = resize({ width, height, channels, data }, settings);
          // A run states these sizes itself, to the nearest pixel with every kernel; sharp rounds down with this one.
          const isStated = kernel === "nearest" && (fit === "inside" || fit === "outside");
          const shrinks = [width / toWidth, height / toHeight];
          const shrink = fit === "inside" ? Math.max(...shrinks) : Math.min(...shrinks);
          const size = isStated
            ? [width, height].map((side) => Math.max(1, Math.round(side / shrink)))
            : [info.width, info.height];
          expect([made.width, made.height, made.channels]).toEqual([...size, info.channels]);
          // A position that falls between two pixels by rounding alone: the nearest one may be the other.
          if (kernel === "nearest") return;
          expect(made.data.findIndex((value, i) => Math.abs(value - expected[i]) > 2)).toBe(-1);
        },
      ),
      { numRuns: 40, seed: 11 },
    );
  });

  it("is sharp's to the bit where nothing is rounded away", async () => {
    for (const kernel of kernels) {
      const [width, height] = [128, 96];
      const data = noise(width * height * 3, 7);
      const settings = { width: 32, height: 24, fit: "fill", kernel } as const;
      const expected = await sharp(data, { raw: { width, height, channels: 3 } })
        .resize({ ...settings, fastShrinkOnLoad: false })
        .raw()
        .toBuffer();
      expect(Buffer.from(resize({ width, height, channels: 3, data }, settings).data).equals(expected)).toBe(
        true,
      );
    }
  });
});

function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state >> 16;
  });
}

describe("transforms in exported programs", () => {
  it.each([
    ["resize", { size: 20 }],
    ["resize", { size: 20, maxSize: 24 }],
    ["resize", { maxSize: 30 }],
    ["resize", { size: [12, 31] }],
    ["center-crop", { size: 17 }],
    ["center-crop", { size: [90, 20] }],
    ["normalize", { mean: [0.4, 0.5, 0.6], std: 0.3 }],
    ["normalize", { mean: 0.1, std: [0.4, 0.5, 0.6] }],
  ])("%s %j makes what the transform makes", async (use, options) => {
    const plugin = plugins.find(({ name }) => name === use) as Plugin<"transform">;
    const settings = plugin.options.parse(options) as object;
    const context = { baseUrl: new URL("file:///"), seed: 1, facts: {}, fields: {}, fitted: undefined };
    const { apply } = formsOf(await plugin.create(settings, context));
    for (const [width, height] of [
      [40, 64],
      [65, 41],
    ]) {
      const data = noise(width * height * 3, width);
      const image = { dtype: "uint8", shape: [height, width, 3], data };
      const sample = (await apply({ image }, {} as TransformContext)) as { image: NdArray };
      const made = changed({ width, height, channels: 3, data }, { use, with: settings });
      expect([made.height, made.width, made.channels]).toEqual(sample.image.shape);
      expect(made.data.constructor).toBe(sample.image.data.constructor);
      const most = use === "resize" ? 1 : 0;
      expect(made.data.findIndex((value, i) => Math.abs(value - sample.image.data[i]) > most)).toBe(-1);
    }
  });
});
