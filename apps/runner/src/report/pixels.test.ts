import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { isImage, pngOf } from "./pixels.js";

const decode = (uri: string) =>
  sharp(Buffer.from(uri.replace("data:image/png;base64,", ""), "base64"))
    .raw()
    .toBuffer({ resolveWithObject: true });

describe("pictures of samples", () => {
  it("keep the bytes of a colour image", async () => {
    const data = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => i * 10);
    const { data: pixels, info } = await decode(await pngOf({ dtype: "uint8", shape: [2, 3, 3], data }));
    expect(info).toMatchObject({ width: 3, height: 2, channels: 3 });
    expect([...pixels]).toEqual([...data]);
  });

  it("stretch floats from the least to the greatest value", async () => {
    const data = Float32Array.of(-1, 0, 1, 0);
    const { data: pixels } = await decode(await pngOf({ dtype: "float32", shape: [2, 2, 1], data }));
    expect(pixels[0]).toBe(0);
    expect(pixels[pixels.length / 2]).toBe(255);
  });

  it("show one value everywhere as black rather than fail", async () => {
    const data = new Float32Array(4).fill(7);
    const { data: pixels } = await decode(await pngOf({ dtype: "float32", shape: [2, 2, 1], data }));
    expect(new Set(pixels)).toEqual(new Set([0]));
  });

  it("are at most 96 pixels wide or high", async () => {
    const data = new Uint8Array(400 * 100);
    const { info } = await decode(await pngOf({ dtype: "uint8", shape: [100, 400, 1], data }));
    expect(info).toMatchObject({ width: 96, height: 24 });
  });

  it("are for what has a height, a width and 1, 3 or 4 channels", () => {
    const shaped = (...shape: number[]) => isImage({ dtype: "uint8", shape, data: [] });
    expect(shaped(28, 28, 1) && shaped(8, 8, 3) && shaped(8, 8, 4)).toBe(true);
    expect(shaped(28, 28) || shaped(8, 8, 2) || shaped(1, 8, 1) || shaped(5) || shaped()).toBe(false);
  });
});
