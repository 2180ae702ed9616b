import type { NdArray } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeTransform, pixels, transformContext } from "../../test/support.js";
import { type AffineParameters, inverseAffineMatrix, warpAffine } from "../pixels/affine.js";
import { drawAffine } from "./random-affine.js";
import { flipHorizontally } from "../pixels/mirror.js";
import type { Pixels } from "../pixels/pixels.js";

const still: AffineParameters = { angle: 0, translate: [0, 0], scale: 1, shear: [0, 0] };

function warped(image: NdArray, parameters: Partial<AffineParameters>, fill = 0): NdArray {
  const [height, width] = image.shape;
  return warpAffine(image, inverseAffineMatrix({ ...still, ...parameters }, width / 2, height / 2), fill);
}

function pixelAt({ shape, data }: NdArray, x: number, y: number): number[] {
  return Array.from(data.subarray((y * shape[1] + x) * shape[2], (y * shape[1] + x + 1) * shape[2]));
}

type Matrix = readonly (readonly number[])[];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));

describe("warpAffine", () => {
  const image = pixels(9, 9, 3);

  it("leaves the image alone without angle, translation, scale or shear", () => {
    expect(warped(pixels(7, 4, 1), {})).toEqual(pixels(7, 4, 1));
  });

  it("moves by whole pixels exactly, and fills what comes in", () => {
    const moved = warped(image, { translate: [2, -1] }, 77);
    expect(pixelAt(moved, 5, 3)).toEqual(pixelAt(image, 3, 4));
    expect([pixelAt(moved, 1, 3), pixelAt(moved, 5, 8)]).toEqual([
      [77, 77, 77],
      [77, 77, 77],
    ]);
  });

  it("turns clockwise for positive angles, as torchvision does", () => {
    const turned = warped(image, { angle: 90 });
    for (const [x, y] of [
      [0, 0],
      [3, 5],
      [8, 2],
    ]) {
      expect(pixelAt(turned, 8 - y, x)).toEqual(pixelAt(image, x, y));
    }
  });

  it("averages the four neighbours half a pixel off", () => {
    const data = Uint8Array.of(10, 20, 30, 40);
    const middle = warpAffine({ dtype: "uint8", shape: [2, 2, 1], data }, [1, 0, 0.5, 0, 1, 0.5], 0);
    expect(middle.data[0]).toBe(25);
  });

  it("uses the inverse of translation, centring, rotation, shear and scale, multiplied one by one", () => {
    const angle = fc.integer({ min: -180, max: 180 });
    const shear = fc.tuple(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -60, max: 60 }));
    const translate = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }));
    const scale = fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10);
    fc.assert(
      fc.property(angle, translate, scale, shear, (angle, translate, scale, shear) => {
        const [a, x, y] = [angle, ...shear].map((degrees) => (degrees * Math.PI) / 180);
        const shift = (dx: number, dy: number): Matrix => [
          [1, 0, dx],
          [0, 1, dy],
          [0, 0, 1],
        ];
        // R · Shear y · Shear x, as torchvision's docstring factors RotateScaleShear.
        const forward = [
          shift(translate[0], translate[1]),
          shift(5, 3),
          [
            [Math.cos(a) * scale, -Math.sin(a) * scale, 0],
            [Math.sin(a) * scale, Math.cos(a) * scale, 0],
            [0, 0, 1],
          ],
          [
            [1, 0, 0],
            [-Math.tan(y), 1, 0],
            [0, 0, 1],
          ],
          [
            [1, -Math.tan(x), 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          shift(-5, -3),
        ].reduce(product);
        const [m0, m1, m2, m3, m4, m5] = inverseAffineMatrix({ angle, translate, scale, shear }, 5, 3);
        const identity = product(forward, [
          [m0, m1, m2],
          [m3, m4, m5],
          [0, 0, 1],
        ]);
        identity.flat().forEach((value, i) => expect(value).toBeCloseTo(i % 4 === 0 ? 1 : 0, 6));
      }),
    );
  });
});

describe("random-affine", () => {
  it("draws every parameter from torchvision's ranges", () => {
    const options = {
      degrees: [10, 20],
      translate: [0.1, 0.3],
      scale: [0.5, 2],
      shear: [-5, 5, 1, 2],
      fill: 0,
      key: "image",
    } as unknown as Parameters<typeof drawAffine>[0];
    for (let seed = 0; seed < 300; seed++) {
      const drawn = drawAffine(options, 20, 10, transformContext(seed).random);
      const [right, down] = drawn.translate;
      const within = (value: number, low: number, high: number) => value >= low && value <= high;
      expect([Number.isInteger(right), Number.isInteger(down)]).toEqual([true, true]);
      expect([
        within(drawn.angle, 10, 20),
        within(right, -2, 2),
        within(down, -3, 3),
        within(drawn.scale, 0.5, 2),
        within(drawn.shear[0], -5, 5),
        within(drawn.shear[1], 1, 2),
      ]).toEqual(new Array(6).fill(true));
    }
  });

  it("does nothing by default, and the same for the same random numbers", async () => {
    const image = pixels(12, 10, 3);
    const idle = await makeTransform("random-affine");
    expect(await idle({ image }, transformContext())).toEqual({ image });
    const lively = await makeTransform("random-affine", {
      degrees: 30,
      translate: [0.1, 0.1],
      scale: [0.8, 1.2],
      shear: 10,
    });
    const first = await lively({ image, label: 1 }, transformContext(5));
    expect(await lively({ image, label: 1 }, transformContext(5))).toEqual(first);
    expect(await lively({ image, label: 1 }, transformContext(6))).not.toEqual(first);
    expect(image).toEqual(pixels(12, 10, 3));
  });

  it.each([
    { degrees: -1 },
    { degrees: [5, 1] },
    { translate: [2, 0] },
    { scale: [0, 1] },
    { fill: 256 },
    { shear: [1] },
  ])("refuses %j", async (options) => {
    await expect(makeTransform("random-affine", options)).rejects.toThrow(Object.keys(options)[0]);
  });
});

describe("random-horizontal-flip", () => {
  it("mirrors rows, and twice is the image itself", () => {
    const image = pixels(5, 4, 3) as Pixels;
    const mirrored = flipHorizontally(image);
    expect(pixelAt(mirrored, 0, 2)).toEqual(pixelAt(image, 4, 2));
    expect(flipHorizontally(mirrored)).toEqual(image);
  });

  it("mirrors the stated share of samples", async () => {
    const image = pixels(3, 2, 1);
    for (const [probability, low, high] of [
      [0, 0, 0],
      [1, 400, 400],
      [0.25, 70, 130],
    ]) {
      const transform = await makeTransform("random-horizontal-flip", { probability });
      let mirrored = 0;
      for (let seed = 0; seed < 400; seed++) {
        const result = (await transform({ image }, transformContext(seed))) as { image: NdArray };
        if (result.image !== image) mirrored++;
      }
      expect(mirrored).toBeGreaterThanOrEqual(low);
      expect(mirrored).toBeLessThanOrEqual(high);
    }
  });
});
