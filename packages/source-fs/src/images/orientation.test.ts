/** How pictures are turned, and how large they become: the same by every decoder. */
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { decoders, type Folder, gradient, temporaryFolder } from "../../test/support.js";
import { deferredImage } from "./deferred-image.js";
import { scaledSize } from "./fit.js";
import type { DecodeSettings } from "./sharp-engine.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const photo = (width: number, height: number) =>
  sharp(gradient(width, height, 3), { raw: { width, height, channels: 3 } });
const settings = { mode: "rgb", background: "#ffffff", autoOrient: false } as const;
const read = (path: string, more: Partial<DecodeSettings> = {}) =>
  deferredImage(path, { ...settings, ...more }).materialize();

describe("a picture that is to be turned", () => {
  it.each([
    [12, 8],
    [150, 120],
  ])("as PNG of %i x %i is turned with autoOrient only", async (width, height) => {
    const file = await photo(width, height).withMetadata({ orientation: 6 }).png().toBuffer();
    const path = await folder.write(`${width}.png`, file);
    const turned = await photo(width, height).rotate(90).raw().toBuffer();
    const made = await read(path, { autoOrient: true });
    expect(made).toEqual({ dtype: "uint8", shape: [width, height, 3], data: new Uint8Array(turned) });
    expect((await read(path)).shape).toEqual([height, width, 3]);
  });

  it("as TIFF is turned in any case, as Pillow does", async () => {
    const file = await photo(12, 8).withMetadata({ orientation: 6 }).tiff({ compression: "none" }).toBuffer();
    for (const name of ["turned.tif", "named wrongly.png"]) {
      const path = await folder.write(name, file);
      for (const autoOrient of [false, true]) {
        expect((await read(path, { autoOrient })).shape).toEqual([12, 8, 3]);
      }
      const resized = deferredImage(path, settings, [
        { type: "resize", settings: { width: 4, height: 4, fit: "inside", kernel: "linear" } },
      ]);
      expect((await resized.materialize()).shape).toEqual([4, 3, 3]);
    }
  });
});

it("a JPEG file on its side is fitted as it is turned", async () => {
  const file = await photo(40, 24).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const path = await folder.write("side.jpg", file);
  const resize = {
    type: "resize",
    settings: { width: 10, height: 10, fit: "inside", kernel: "linear" },
  } as const;
  for (const [autoOrient, shape] of [
    [true, [10, 6, 3]],
    [false, [6, 10, 3]],
  ] as const) {
    const image = deferredImage(path, { ...settings, autoOrient }, [resize]);
    expect((await image.materialize()).shape).toEqual(shape);
  }
});

describe("fit inside and outside", () => {
  it("round both sides to the nearest pixel, by every decoder and in every format", async () => {
    const side = fc.integer({ min: 1, max: 300 });
    const target = fc.integer({ min: 1, max: 90 });
    await fc.assert(
      fc.asyncProperty(side, side, target, target, async (width, height, toWidth, toHeight) => {
        const source = photo(width, height);
        const jpeg = await folder.write("fit.jpg", await source.clone().jpeg().toBuffer());
        const webp = await folder.write("fit.webp", await source.clone().webp().toBuffer());
        for (const fit of ["inside", "outside"] as const) {
          const resize = { width: toWidth, height: toHeight, fit, kernel: "linear" } as const;
          const wanted = scaledSize({ width, height }, resize);
          if (wanted.width * wanted.height > 1e6) continue;
          const operations = [{ type: "resize", settings: resize }] as const;
          for (const [path, decoder] of [
            [webp, "sharp"],
            ...decoders.map((name) => [jpeg, name] as const),
          ] as const) {
            const { shape } = await deferredImage(path, { ...settings, decoder }, operations).materialize();
            expect(shape).toEqual([wanted.height, wanted.width, 3]);
          }
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
