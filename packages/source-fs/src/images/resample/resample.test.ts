import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canResample, resample, sourcePixels } from "./resample.js";
import type { Kernel } from "./weights.js";

const kernels: Readonly<Record<Kernel, { reach: number; at: (x: number) => number }>> = {
  linear: { reach: 1, at: (x) => 1 - x },
  cubic: {
    reach: 2,
    at: (x) => (x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2),
  },
  mitchell: {
    reach: 2,
    at: (x) =>
      x < 1
        ? (7 * x ** 3 - 12 * x ** 2 + 16 / 3) / 6
        : ((-7 / 3) * x ** 3 + 12 * x ** 2 - 20 * x + 32 / 3) / 6,
  },
  lanczos2: { reach: 2, at: (x) => sinc(x) * sinc(x / 2) },
  lanczos3: { reach: 3, at: (x) => sinc(x) * sinc(x / 3) },
};
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

interface Sizes {
  width: number;
  height: number;
  toWidth: number;
  toHeight: number;
}

/** One channel, straight from the definition: every pixel against every other, in double precision. */
function reference(pixels: (x: number, y: number) => number, sizes: Sizes, name: Kernel): number[][] {
  const { reach, at } = kernels[name];
  const axis = (from: number, to: number): number[][] =>
    Array.from({ length: to }, (_, position) => {
      const stretch = Math.max(from / to, 1);
      const weights = Array.from({ length: from }, (_, i) => {
        const distance = Math.abs(i + 0.5 - (position + 0.5) * (from / to)) / stretch;
        return distance < reach ? at(distance) : 0;
      });
      const sum = weights.reduce((a, b) => a + b);
      return weights.map((weight) => weight / sum);
    });
  const columns = axis(sizes.width, sizes.toWidth);
  return axis(sizes.height, sizes.toHeight).map((rowWeights) => {
    const row = columns[0].map((_, x) =>
      rowWeights.reduce((sum, weight, y) => sum + weight * pixels(x, y), 0),
    );
    return columns.map((weights) => weights.reduce((sum, weight, x) => sum + weight * row[x], 0));
  });
}

/** Puts pixels where `resample` reads them: a function of `seed`, noise where it is odd and stripes where it is even. */
function fill({ width, height }: Sizes, seed: number): Uint8Array {
  const pixels = sourcePixels(width * height * 3);
  let state = seed;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    pixels[i] = seed & 1 ? state >>> 24 : (i % 6 < 3 ? 250 : 3) + (i % 3);
  }
  return pixels.slice();
}

describe("resample", () => {
  const extent = fc.integer({ min: 1, max: 40 });
  const sizes = fc.record({ width: extent, height: extent, toWidth: extent, toHeight: extent });

  it("gives the definition's pixels within 1, for any sizes and kernel", () => {
    expect(canResample()).toBe(true);
    const names = Object.keys(kernels) as Kernel[];
    fc.assert(
      fc.property(sizes, fc.constantFrom(...names), fc.nat(), (size, kernel, seed) => {
        const pixels = fill(size, seed);
        const made = resample({ ...size, kernel });
        let worst = 0;
        for (const channel of [0, 1, 2]) {
          const exact = reference((x, y) => pixels[(y * size.width + x) * 3 + channel], size, kernel);
          for (const [i, value] of exact.flat().entries()) {
            const clipped = Math.min(255, Math.max(0, value));
            worst = Math.max(worst, Math.abs(made[3 * i + channel] - clipped));
          }
        }
        expect(worst).toBeLessThan(kernel === "linear" ? 0.7 : 1);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps an even area as it is, to the last pixel and no further", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 255 }), (size, value) => {
        sourcePixels(size.width * size.height * 3).fill(value);
        const made = resample({ ...size, kernel: "lanczos3" });
        expect(made.length).toBe(size.toWidth * size.toHeight * 3);
        expect(new Set(made)).toEqual(new Set([value]));
      }),
    );
  });

  it("keeps pixels whose number does not change", () => {
    const size = { width: 13, height: 9, toWidth: 13, toHeight: 9 };
    const pixels = fill(size, 7);
    expect(resample({ ...size, kernel: "linear" })).toEqual(pixels);
    expect(resample({ ...size, kernel: "lanczos3" })).toEqual(pixels);
  });

  it("leaves out padding that a decoder has added behind the last pixel", () => {
    // 0 to 4 in five pixels, of which the last is half padding: the picture ends at 4.5.
    const pixels = sourcePixels(15);
    for (let i = 0; i < 15; i++) pixels[i] = 50 * Math.trunc(i / 3);
    const size = { width: 5, height: 1, toWidth: 9, toHeight: 1, kernel: "linear" as const };
    const red = resample({ ...size, extentX: 4.5 }).filter((_, i) => i % 3 === 0);
    expect([...red]).toEqual([0, 13, 38, 63, 88, 113, 138, 163, 188]);
  });

  it("shrinks a picture of megapixels, and then a small one again", () => {
    sourcePixels(3000 * 2000 * 3).fill(200);
    const small = resample({ width: 3000, height: 2000, toWidth: 3, toHeight: 2, kernel: "linear" });
    expect([...small]).toEqual(Array.from({ length: 18 }, () => 200));
    const size = { width: 4, height: 4, toWidth: 4, toHeight: 4 };
    const pixels = fill(size, 3);
    expect(resample({ ...size, kernel: "linear" })).toEqual(pixels);
  });
});
