import type { NdArray } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { failureOf, makeTransform, pixels, transformContext } from "../../test/support.js";

type Sample = Record<string, NdArray>;

async function made(name: string, options: object, sample: object, seed = 1): Promise<Sample> {
  const transform = await makeTransform(name, options);
  return (await transform(sample, transformContext(seed))) as Sample;
}

/** What a transform makes of the image at so many addresses. */
async function many(name: string, options: object, image: NdArray, count = 200): Promise<NdArray[]> {
  const transform = await makeTransform(name, options);
  const results: NdArray[] = [];
  for (let seed = 0; seed < count; seed++)
    results.push(((await transform({ image }, transformContext(seed))) as Sample).image);
  return results;
}

/** An image whose values say where they stand: column, row, and 7. */
function places(width: number, height: number): NdArray {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    return [at % width, Math.floor(at / width), 7][i % 3];
  });
  return { dtype: "uint8", shape: [height, width, 3], data };
}

/** Columns and rows of the corner pixels, as `places` has them. */
function corners({ shape: [height, width], data }: NdArray) {
  const last = (height * width - 1) * 3;
  return { left: data[0], top: data[1], right: data[last], bottom: data[last + 1] };
}

const image = places(20, 12);

describe("crops", () => {
  it("random-crop takes every window that fits, in one piece", async () => {
    const seen = new Set<string>();
    for (const crop of await many("random-crop", { size: [10, 18] }, image)) {
      const { left, top, right, bottom } = corners(crop);
      expect([crop.shape, right - left, bottom - top]).toEqual([[10, 18, 3], 17, 9]);
      seen.add(`${left} ${top}`);
    }
    expect(seen.size).toBe(9);
  });

  it("random-crop pads an image that is too small where it may, and names both sizes where it may not", async () => {
    const fill = [1, 2, 3];
    const { shape, data } = (await made("random-crop", { size: 30, padIfNeeded: true, fill }, { image }))
      .image;
    expect([shape, data.includes(19), data.includes(11)]).toEqual([[30, 30, 3], true, true]);
    const refused = await failureOf(() => made("random-crop", { size: 30, padding: 1 }, { image }));
    expect([refused.code, refused.message]).toEqual([
      "TRANSFORM_INPUT",
      "random-crop needs an image of at least 30 × 30 pixels, was 22 × 14 with its padding",
    ]);
  });

  it.each(["random-crop", "pad"])("%s mirrors no further than the image reaches", async (name) => {
    const options = { size: 10, padding: 12, paddingMode: "reflect" };
    const { size: _, ...padding } = options;
    const refused = await failureOf(() => made(name, name === "pad" ? padding : options, { image }));
    expect(refused.message).toContain("an image that is larger than its reflect padding, was 20 × 12");
    const symmetric = { ...(name === "pad" ? padding : options), paddingMode: "symmetric" };
    expect((await made(name, symmetric, { image })).image.shape[2]).toBe(3);
  });

  it("random-resized-crop draws area and ratio from their ranges", async () => {
    const options = { size: 300, scale: [0.25, 0.5], ratio: [0.8, 1.25], interpolation: "nearest" };
    for (const crop of await many("random-resized-crop", options, places(200, 160), 30)) {
      const { left, top, right, bottom } = corners(crop);
      const [width, height] = [right - left + 1, bottom - top + 1];
      expect(width * height).toBeGreaterThan(0.24 * 32_000);
      expect(width * height).toBeLessThan(0.51 * 32_000);
      expect(width / height).toBeGreaterThan(0.78);
      expect(width / height).toBeLessThan(1.28);
    }
  });

  it("random-resized-crop takes the largest window in the middle where none of the drawn ones fits", async () => {
    const wide = places(250, 4);
    const options = { size: [4, 8], ratio: [0.5, 2], scale: [1, 1], interpolation: "nearest" };
    const crop = (await made("random-resized-crop", options, { image: wide })).image;
    expect(corners(crop)).toEqual({ left: 121, top: 0, right: 128, bottom: 3 });
  });

  it("five-crop stacks the corners and the middle", async () => {
    const { shape, data } = (await made("five-crop", { size: [6, 8] }, { image })).image;
    expect(shape).toEqual([5, 6, 8, 3]);
    const crops = [0, 1, 2, 3, 4].map((i) => data.subarray(i * 144, i * 144 + 2));
    expect(crops.map((crop) => [...crop])).toEqual([
      [0, 0],
      [12, 0],
      [0, 6],
      [12, 6],
      [6, 3],
    ]);
    const refused = await failureOf(() => made("five-crop", { size: 13 }, { image }));
    expect(refused.message).toContain("at least 13 × 13 pixels, was 20 × 12");
  });
});

describe("masks", () => {
  const geometric: readonly [string, object][] = [
    ["center-crop", { size: 8 }],
    ["random-crop", { size: 8 }],
    ["random-resized-crop", { size: 9, interpolation: "nearest" }],
    ["random-horizontal-flip", {}],
    ["random-vertical-flip", {}],
    ["random-rotation", { degrees: 180 }],
    ["pad", { padding: 3 }],
  ];

  it.each(geometric)("%s changes them as it changes the image", async (name, options) => {
    const transform = await makeTransform(name, { ...options, masks: ["mask", "depth"] });
    const sample = { image, mask: image, depth: image };
    for (let seed = 0; seed < 20; seed++) {
      const result = (await transform(sample, transformContext(seed))) as Sample;
      expect(result.mask).toEqual(result.image);
      expect(result.depth).toEqual(result.image);
    }
  });

  it("keep the values that they have where the image is mixed and filled", async () => {
    const mask = { ...image, data: image.data.map((value) => (value > 5 ? 200 : 100)) };
    for (const [name, options] of [
      ["random-resized-crop", { size: 33 }],
      ["random-rotation", { degrees: [30, 30], interpolation: "bilinear", fill: 50 }],
    ] as const) {
      const result = await made(name, { ...options, masks: "mask" }, { image, mask });
      expect([0, 100, 200]).toEqual(expect.arrayContaining([...new Set(result.mask.data)]));
    }
  });

  it("are refused where they are not as large as the image", async () => {
    const sample = { image, mask: places(19, 12) };
    const refused = await failureOf(() => made("random-crop", { size: 4, masks: "mask" }, sample));
    expect(refused.message).toBe(
      'random-crop needs masks as large as the image, 20 × 12, but "mask" is 19 × 12',
    );
  });
});

describe("probabilities", () => {
  it.each([
    ["random-vertical-flip", {}],
    ["random-horizontal-flip", {}],
    ["random-invert", {}],
    ["random-grayscale", {}],
    ["random-erasing", {}],
    ["random-solarize", { threshold: 100 }],
    ["random-posterize", { bits: 1 }],
    ["random-autocontrast", {}],
    ["random-equalize", {}],
    ["random-adjust-sharpness", { sharpnessFactor: 3 }],
  ])("%s changes the stated share of samples", async (name, options) => {
    const photo = pixels(24, 24, 3);
    const changed = async (p: number) =>
      (await many(name, { ...options, p }, photo, 300)).filter((result) => result !== photo).length;
    expect([await changed(0), await changed(1)]).toEqual([0, 300]);
    const some = await changed(0.3);
    expect(some).toBeGreaterThan(60);
    expect(some).toBeLessThan(120);
  });

  it("random-horizontal-flip knows its former option", async () => {
    expect((await made("random-horizontal-flip", { probability: 0 }, { image })).image).toBe(image);
  });
});

describe("color-jitter", () => {
  it("leaves out what is 0, and the image as it is where all are", async () => {
    expect((await made("color-jitter", {}, { image })).image).toBe(image);
    const gray = pixels(8, 8, 1);
    expect((await made("color-jitter", { hue: 0.5, saturation: 0.9 }, { image: gray })).image).toEqual(gray);
  });

  it("draws factors about 1, and none below 0", async () => {
    const white = { dtype: "uint8", shape: [1, 1, 1], data: Uint8Array.of(100) } as const;
    const seen = (await many("color-jitter", { brightness: 1.5 }, white)).map(({ data }) => data[0]);
    expect(Math.min(...seen)).toBeLessThan(10);
    expect(Math.max(...seen)).toBeGreaterThan(230);
    const few = (await many("color-jitter", { brightness: [0.5, 0.6] }, white)).map(({ data }) => data[0]);
    expect(few.every((value) => value >= 50 && value < 60)).toBe(true);
  });

  it.each([{ hue: 0.6 }, { brightness: -1 }, { contrast: [2, 1] }, { saturation: [-1, 1] }])(
    "refuses %j",
    async (options) => {
      await expect(makeTransform("color-jitter", options)).rejects.toThrow(Object.keys(options)[0]);
    },
  );
});

describe("random-erasing", () => {
  it("paints over a rectangle of the stated share and shape", async () => {
    const black = { dtype: "uint8", shape: [60, 80, 1], data: new Uint8Array(4800) } as const;
    for (const { data } of await many("random-erasing", { p: 1, value: 9, scale: [0.1, 0.2] }, black, 50)) {
      const share = Array.from(data).reduce((a, b) => a + b, 0) / 9 / 4800;
      expect(share).toBeGreaterThan(0.09);
      expect(share).toBeLessThan(0.21);
    }
  });

  it("paints with normal numbers, or any bytes", async () => {
    const options = { p: 1, value: "random", scale: [0.5, 0.5], ratio: [1, 1] };
    const floats = { dtype: "float32", shape: [100, 100, 1], data: new Float32Array(10_000) } as const;
    const drawn = [...(await made("random-erasing", options, { image: floats })).image.data].filter(Boolean);
    const mean = drawn.reduce((a, b) => a + b) / drawn.length;
    const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length;
    expect([Math.abs(mean) < 0.1, Math.abs(variance - 1) < 0.1]).toEqual([true, true]);
    const bytes = { dtype: "uint8", shape: [100, 100, 1], data: new Uint8Array(10_000) } as const;
    expect(new Set((await made("random-erasing", options, { image: bytes })).image.data).size).toBe(256);
  });

  it("names values that are not one for each channel", async () => {
    const refused = await failureOf(() => made("random-erasing", { p: 1, value: [1, 2] }, { image }));
    expect(refused.message).toContain(
      "needs one value in `value`, or one for each channel, was 2 for an image of 3",
    );
  });
});

describe("normalize", () => {
  it("can be led back, channel by channel, to values from 0 to 1", async () => {
    const { default: normalize } = await import("./normalize.js");
    const options = normalize.options.parse({ mean: [0.5, 0.25, 0.125], std: 0.5 });
    const inverse = normalize.inverse?.("image", options, undefined);
    expect(inverse?.field).toBe("image");
    expect([...(inverse?.apply([-1, 1.5, 0, 1, -0.5, 1.75]) ?? [])]).toEqual([0, 1, 0.125, 1, 0, 1]);
    expect(normalize.inverse?.("label", options, undefined)).toBeUndefined();
  });

  it("learns the mean and deviation of each channel, of values from 0 to 1", async () => {
    const { default: normalize } = await import("./normalize.js");
    const place = { baseUrl: new URL("file:///"), seed: 1, facts: {}, fields: {} };
    const fitter = normalize.fit?.(normalize.options.parse({}), place);
    const bytes = { dtype: "uint8", shape: [1, 2, 2], data: Uint8Array.of(0, 255, 51, 255) } as const;
    const floats = { dtype: "float32", shape: [1, 1, 2], data: Float32Array.of(0.4, 0) } as const;
    for (const image of [bytes, floats]) fitter?.add({ image } as never);
    const state = fitter?.state();
    expect(state).toMatchObject({ mean: [expect.any(Number), expect.any(Number)] });
    const { mean, std } = state as { mean: number[]; std: number[] };
    for (const [values, c] of [
      [[0, 0.2, Math.fround(0.4)], 0],
      [[1, 1, 0], 1],
    ] as const) {
      const exact = values.reduce<number>((a, b) => a + b, 0) / 3;
      expect(mean[c]).toBeCloseTo(exact, 12);
      expect(std[c]).toBeCloseTo(Math.sqrt(values.reduce((a, b) => a + (b - exact) ** 2, 0) / 3), 12);
    }
  });

  it("learns nothing where both are stated, and says what it cannot learn from", async () => {
    const { default: normalize } = await import("./normalize.js");
    const place = { baseUrl: new URL("file:///"), seed: 1, facts: {}, fields: {} };
    expect(normalize.fit?.(normalize.options.parse({ mean: 0, std: 1 }), place)).toBeUndefined();
    const fitter = normalize.fit?.(normalize.options.parse({ mean: 0 }), place);
    fitter?.add({ image: { dtype: "uint8", shape: [1, 1, 1], data: Uint8Array.of(51) } } as never);
    const refused = await failureOf(() => fitter?.state());
    expect(refused.message).toBe(
      "normalize needs training images that differ to learn from, but channel 0 is 0.2 in all",
    );
  });

  it("takes the five images of five-crop", async () => {
    const five = await made("five-crop", { size: 4 }, { image });
    const result = await made("normalize", { mean: 0, std: 1 }, five);
    expect([result.image.dtype, result.image.shape]).toEqual(["float32", [5, 4, 4, 3]]);
    expect(result.image.data[0]).toBe(0);
  });
});

it("rand-augment leaves the image as it is with no operation, and refuses a magnitude without a bin", async () => {
  expect((await made("rand-augment", { numOps: 0 }, { image })).image).toBe(image);
  await expect(makeTransform("rand-augment", { magnitude: 31 })).rejects.toThrow("numMagnitudeBins");
});

it("gaussian-blur refuses an image that is smaller than half its kernel", async () => {
  const refused = await failureOf(() => made("gaussian-blur", { kernelSize: [5, 25] }, { image }));
  expect(refused.message).toBe(
    "gaussian-blur needs an image of more than half its kernel, 5 × 25, was 20 × 12",
  );
});
