import { type DeferredImage, isDeferredImage, type NdArray } from "@millrace/core";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import {
  encoded,
  failureOf,
  type Folder,
  makeTransform,
  pixels,
  temporaryFolder,
  transformContext,
} from "../../test/support.js";
import { deferredImage } from "./deferred-image.js";
import type { DecodeSettings } from "./sharp-engine.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const settings: DecodeSettings = { mode: "rgb", background: "#ffffff", autoOrient: false };
const resize = (width: number, height: number, rest: object = {}) =>
  ["resize", { width, height, ...rest }] as const;
const gray = (channels: 1 | 3 = 1) => ["grayscale", { channels }] as const;

/** Sends `image` through the named transforms, in order. */
async function through(image: unknown, steps: readonly (readonly [string, object])[]): Promise<unknown> {
  let sample = { image, label: 3 };
  for (const [name, options] of steps) {
    const transform = await makeTransform(name, options);
    const before = sample;
    sample = (await transform(sample, transformContext())) as typeof sample;
    expect([sample.label, before.image === image || before !== sample]).toEqual([3, true]);
  }
  return sample.image;
}

async function materialized(image: unknown): Promise<NdArray> {
  expect(isDeferredImage(image)).toBe(true);
  return (image as DeferredImage).materialize();
}

const chains = [
  [resize(9, 7)],
  [gray()],
  [resize(9, 7), gray()],
  [gray(), resize(9, 7)],
  [resize(40, 30), resize(9, 7)],
  [resize(9, 7), resize(40, 30, { kernel: "cubic" }), gray(3)],
  [resize(20, 9, { fit: "cover" }), gray(), resize(8, 8, { fit: "contain" })],
  [gray(3), resize(12, 5, { fit: "inside", kernel: "lanczos3" }), gray()],
  [resize(5, 5, { kernel: "nearest" }), resize(11, 3, { fit: "outside", kernel: "mitchell" })],
  [["resize", { size: 11, maxSize: 15 }], gray()],
  [resize(30, 20), ["resize", { size: [9, 8] }]],
  [["center-crop", { size: 12 }], resize(5, 5)],
  [["center-crop", { size: [30, 12] }]],
  [["random-crop", { size: [20, 21] }], gray(3)],
  [["random-crop", { size: 30, padding: 5, paddingMode: "reflect", fill: 9 }]],
  [
    ["random-resized-crop", { size: [14, 15] }],
    ["random-horizontal-flip", { p: 1 }],
  ],
  [["random-resized-crop", { size: 50, interpolation: "bicubic" }]],
  [["random-vertical-flip", { p: 1 }], ["random-resized-crop", { size: 7, antialias: false }], gray()],
] as const satisfies readonly (readonly (readonly [string, object])[])[];

describe("operations put off until decoding give the pixels of the operations one by one", () => {
  it.each(
    chains.map(
      (chain) =>
        [chain.map(([name, o]) => `${name} ${Object.values(o).join(" ")}`).join(", "), chain] as const,
    ),
  )("%s", async (_, chain) => {
    for (const [format, channels] of [
      ["png", 3],
      ["png", 1],
      ["png", 4],
      ["webp", 3],
    ] as const) {
      const path = await folder.write(`chain.${format}`, await encoded(format, 37, 23, channels));
      for (const mode of ["rgb", "rgba"] as const) {
        const image = deferredImage(path, { ...settings, mode });
        const fused = await materialized(await through(image, chain));
        const stepwise = await through(await image.materialize(), chain);
        expect(fused).toEqual(stepwise);
      }
    }
  });

  it("with a crop of a file that is turned as its EXIF orientation says", async () => {
    const turned = sharp(await encoded("jpeg", 37, 23)).withMetadata({ orientation: 6 });
    const path = await folder.write("turned.jpg", await turned.jpeg().toBuffer());
    const image = deferredImage(path, { ...settings, autoOrient: true });
    const chain = [["random-crop", { size: [30, 20] }]] as const;
    const fused = await materialized(await through(image, chain));
    expect(fused.shape).toEqual([30, 20, 3]);
    expect(fused).toEqual(await through(await image.materialize(), chain));
  });

  it("a JPEG decoded at reduced scale is close to one decoded whole", async () => {
    const path = await folder.write("photo.jpg", await encoded("jpeg", 400, 300));
    const image = deferredImage(path, settings);
    const fused = await materialized(await through(image, [resize(64, 48)]));
    const stepwise = (await through(await image.materialize(), [resize(64, 48)])) as NdArray;
    expect(fused.data).not.toEqual(stepwise.data);
    expect(meanDifference(fused, stepwise)).toBeLessThan(2);
  });
});

describe.each(["sharp", "turbojpeg", "libvips"] as const)("of a JPEG file by %s", (decoder) => {
  const image = async () =>
    deferredImage(await folder.write("crops.jpg", await encoded("jpeg", 401, 299)), { ...settings, decoder });

  it.each([
    ["center-crop", { size: 100 }],
    ["random-crop", { size: [299, 390] }],
    ["random-crop", { size: 310, padIfNeeded: true }],
    ["random-resized-crop", { size: 224, ratio: [1, 1] }],
    ["random-resized-crop", { size: 224, interpolation: "bicubic" }],
    ["random-resized-crop", { size: [64, 80], interpolation: "nearest" }],
  ] as const)("%s %j gives the pixels of the whole picture's crop", async (name, options) => {
    const fused = await materialized(await through(await image(), [[name, options]]));
    expect(fused).toEqual(await through(await (await image()).materialize(), [[name, options]]));
  });

  it("random-resized-crop of a reduced picture is close to that of the whole one", async () => {
    const chain = [["random-resized-crop", { size: 24, scale: [0.6, 0.9] }]] as const;
    const fused = await materialized(await through(await image(), chain));
    const stepwise = (await through(await (await image()).materialize(), chain)) as NdArray;
    expect(meanDifference(fused, stepwise)).toBeLessThan(1);
  });

  it("a crop that is larger than the picture is refused with both sizes", async () => {
    const late = await through(await image(), [["random-crop", { size: 300 }]]);
    const refused = await failureOf(() => materialized(late));
    expect([refused.code, refused.message]).toEqual([
      "TRANSFORM_INPUT",
      "random-crop needs an image of at least 300 × 300 pixels, was 401 × 299 with its padding",
    ]);
  });
});

function meanDifference(a: NdArray, b: NdArray): number {
  expect([a.shape, a.dtype]).toEqual([b.shape, b.dtype]);
  return (
    Array.from(a.data, (value, i) => Math.abs(value - b.data[i])).reduce((x, y) => x + y) / a.data.length
  );
}

describe("a deferred image", () => {
  it("is left as it was by transforms, which make new ones", async () => {
    const image = deferredImage(await folder.write("one.png", await encoded("png", 8, 8)), settings);
    const smaller = (await through(image, [resize(4, 2)])) as DeferredImage;
    expect([image.operations.length, smaller.operations.length]).toEqual([0, 1]);
    expect((await image.materialize()).shape).toEqual([8, 8, 3]);
    expect((await smaller.materialize()).shape).toEqual([2, 4, 3]);
  });

  it("in mode grayscale ends with one channel after any chain, unless the chain says three", async () => {
    const path = await folder.write("mode.png", await encoded("png", 8, 8));
    const image = deferredImage(path, { ...settings, mode: "grayscale" });
    const asked = await materialized(await through(deferredImage(path, settings), [resize(4, 4), gray()]));
    expect(await materialized(await through(image, [resize(4, 4)]))).toEqual(asked);
    expect((await materialized(await through(image, [gray(3)]))).shape).toEqual([8, 8, 3]);
  });
});

describe("resize and grayscale on pixels", () => {
  it("weigh colours as Pillow does", async () => {
    const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30, 1, 1, 1);
    const image = { dtype: "uint8", shape: [1, 6, 3], data: colours };
    // PIL.Image.fromarray(colours).convert("L")
    expect(await through(image, [gray()])).toEqual({
      dtype: "uint8",
      shape: [1, 6, 1],
      data: Uint8Array.of(76, 150, 29, 255, 18, 1),
    });
  });

  it("take a deferred image of another kind by materializing it", async () => {
    const image = { materialize: () => Promise.resolve(pixels(8, 6, 3)) };
    expect(await through(image, [resize(4, 3)])).toMatchObject({ shape: [3, 4, 3] });
  });

  it("work on views of shared memory", async () => {
    const data = new Uint8Array(new SharedArrayBuffer(100), 4, 48);
    data.set(pixels(4, 4, 3).data);
    const shared = await through({ dtype: "uint8", shape: [4, 4, 3], data }, [resize(2, 2)]);
    expect(shared).toEqual(await through(pixels(4, 4, 3), [resize(2, 2)]));
  });

  it.each(["resize", "grayscale", "random-affine"])(
    "%s names the key and what was there instead of an image",
    async (name) => {
      const options = name === "resize" ? { width: 2, height: 2 } : {};
      const transform = await makeTransform(name, options);
      const failure = (sample: unknown) => failureOf(() => transform(sample, transformContext()));
      const missing = await failure({ picture: pixels(2, 2, 1), label: 0 });
      expect([missing.code, missing.message]).toEqual([
        "TRANSFORM_INPUT",
        `${name} needs an image, uint8 [height, width, channels], under "image", was nothing`,
      ]);
      expect(missing.hint).toContain("the sample has: picture, label");
      const float = { dtype: "float32", shape: [1, 2, 2], data: new Float32Array(4) };
      expect((await failure({ image: float })).message).toContain("was float32 [1, 2, 2]");
      expect((await failure({ image: "cat.png" })).message).toContain("was string");
      expect((await failure(null)).message).toContain("was null");
      const other = await makeTransform(name, { ...options, key: "picture" });
      const result = await other({ picture: pixels(2, 2, 1) }, transformContext());
      expect(result).toMatchObject({ picture: { shape: [2, 2, 1] } });
    },
  );
});
