import { rm } from "node:fs/promises";
import type { NdArray } from "@millrace/core";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { failureOf, type Folder, gradient, temporaryFolder } from "../../../test/support.js";
import { decodeImage } from "../decode-image.js";
import type { DecodeSettings, ResizeSettings } from "../sharp-engine.js";
import { jpegHeader } from "./header.js";
import { decodeJpeg } from "./decode-jpeg.js";
import { findTurboJpeg } from "./turbojpeg.js";

const settings: DecodeSettings = { mode: "rgb", background: "#ffffff", autoOrient: false };
const fast: DecodeSettings = { ...settings, decoder: "turbojpeg" };
const to = (width: number, height: number, rest: Partial<ResizeSettings> = {}): ResizeSettings => ({
  width,
  height,
  fit: "fill",
  kernel: "linear",
  ...rest,
});

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const photo = (width: number, height: number) =>
  sharp(gradient(width, height, 3), { raw: { width, height, channels: 3 } });

/** The largest and the mean difference between what both decoders make of the same file. */
async function difference(content: Buffer, resize?: ResizeSettings): Promise<{ most: number; mean: number }> {
  const quick = await decodeJpeg(content, fast, resize);
  if (quick === undefined) throw new Error("libjpeg-turbo left it to sharp");
  const path = await folder.write("photo.jpg", content);
  const slow = await decodeImage({ name: path }, settings, resize);
  expect([quick.shape, quick.dtype]).toEqual([slow.shape, slow.dtype]);
  const differences = Array.from(quick.data, (value, i) => Math.abs(value - slow.data[i]));
  return {
    most: differences.reduce((a, b) => Math.max(a, b)),
    mean: differences.reduce((a, b) => a + b) / differences.length,
  };
}

const reason = findTurboJpeg();

describe.skipIf("missing" in reason)(
  `libjpeg-turbo${"missing" in reason ? ` (${reason.missing})` : ""}`,
  () => {
    it("decodes to the pixels that sharp decodes to", async () => {
      for (const content of [
        await photo(61, 47).jpeg().toBuffer(),
        await photo(61, 47).jpeg({ progressive: true }).toBuffer(),
        await photo(61, 47).jpeg({ chromaSubsampling: "4:4:4", quality: 95 }).toBuffer(),
        await photo(61, 47).grayscale().jpeg().toBuffer(),
        await photo(1, 1).jpeg().toBuffer(),
      ]) {
        expect(await difference(content)).toEqual({ most: 0, mean: 0 });
        const { width, height } = jpegHeader(content) ?? { width: 0, height: 0 };
        expect(await difference(content, to(width, height))).toEqual({ most: 0, mean: 0 });
      }
    });

    it("reduces to nearly the pixels that sharp reduces to, whole or at reduced scale", async () => {
      const content = await photo(500, 400).jpeg({ quality: 90 }).toBuffer();
      for (const [width, height] of [
        [224, 224],
        [64, 64],
        [125, 99],
        [40, 30],
        [500, 100],
      ]) {
        const { most, mean } = await difference(content, to(width, height));
        expect([width, height, most <= 10, mean < 0.8]).toEqual([width, height, true, true]);
      }
    });

    it.each(["cover", "inside", "outside"] as const)(
      "gives the size that sharp gives with fit %s",
      async (fit) => {
        for (const [width, height] of [
          [300, 211],
          [150, 200],
          [97, 97],
        ]) {
          const content = await photo(width, height).jpeg().toBuffer();
          for (const [across, down] of [
            [64, 64],
            [50, 33],
            [20, 61],
            [97, 97],
            [400, 3],
          ]) {
            // The shapes are compared there; sharp's own reduction is up to half a pixel beside the picture's place.
            expect((await difference(content, to(across, down, { fit }))).mean).toBeLessThan(8);
          }
        }
      },
    );

    it("covers with the middle of the picture, resized whole", async () => {
      const content = await photo(300, 211).jpeg().toBuffer();
      const covered = await decodeJpeg(content, fast, to(64, 40, { fit: "cover" }));
      const whole = (await decodeJpeg(content, fast, to(64, 45))) as NdArray;
      expect(covered?.data).toEqual(whole.data.slice(3 * 64 * 3, 3 * 64 * 43));
      const narrow = await decodeJpeg(content, fast, to(30, 45, { fit: "cover" }));
      const row = (image: NdArray | undefined, y: number, from: number, width: number) =>
        image?.data.slice((y * image.shape[1] + from) * 3, (y * image.shape[1] + from + width) * 3);
      for (const y of [0, 17, 44]) expect(row(narrow, y, 0, 30)).toEqual(row(whole, y, 17, 30));
    });

    it.each([2, 4, 8])(
      "at 1/%d, shows the same place of the picture as when decoded whole",
      async (scale) => {
        // Sizes that the scale does not divide: the decoder rounds up, and pads.
        const [width, height] = [201, 171];
        const content = await photo(width, height).jpeg({ quality: 95 }).toBuffer();
        const [across, down] = [Math.floor(width / (2 * scale)), Math.floor(height / (2 * scale))];
        const reduced = await decodeJpeg(content, fast, to(across, down));
        const { data: whole } = (await decodeJpeg(content, fast, undefined)) as NdArray;
        const exact = await sharp(whole as Uint8Array, { raw: { width, height, channels: 3 } })
          .resize({ width: across, height: down, fit: "fill", kernel: "linear" })
          .raw()
          .toBuffer();
        const sum = exact.reduce((total, value, i) => total + Math.abs(value - (reduced?.data[i] ?? 999)), 0);
        expect(sum / exact.length).toBeLessThan(3);
      },
    );

    it("leaves to sharp what it cannot do as sharp does", async () => {
      const [plain, turned] = [photo(40, 30), photo(40, 30).withMetadata({ orientation: 6 })];
      const [bytes, profiled] = [
        await plain.jpeg().toBuffer(),
        await photo(40, 30).withIccProfile("p3").jpeg().toBuffer(),
      ];
      const cmyk = await photo(40, 30).toColourspace("cmyk").jpeg().toBuffer();
      const upright = { ...fast, autoOrient: true };
      expect(decodeJpeg(profiled, fast, undefined)).toBeUndefined();
      const srgb = await photo(40, 30).withIccProfile("srgb").jpeg().toBuffer();
      expect(await difference(srgb)).toEqual({ most: 0, mean: 0 });
      expect(decodeJpeg(cmyk, fast, undefined)).toBeUndefined();
      expect(decodeJpeg(await turned.jpeg().toBuffer(), upright, undefined)).toBeUndefined();
      expect(decodeJpeg(bytes, { ...fast, mode: "rgba" }, undefined)).toBeUndefined();
      expect(decodeJpeg(bytes, fast, to(8, 8, { fit: "contain" }))).toBeUndefined();
      expect(decodeJpeg(bytes, fast, to(8, 8, { kernel: "nearest" }))).toBeUndefined();
      expect(await decodeJpeg(bytes, upright, undefined)).toMatchObject({ shape: [30, 40, 3] });
      for (const [content, channels] of [
        [profiled, 3],
        [cmyk, 3],
      ] as const) {
        const path = await folder.write("special.jpg", content);
        expect(await decodeImage({ name: path }, fast)).toEqual(await decodeImage({ name: path }, settings));
        expect((await decodeImage({ name: path }, fast)).shape).toEqual([30, 40, channels]);
      }
    });

    it("says of a faulty file what sharp says of it, and of every other the same pixels", async () => {
      const seeds = [
        await photo(61, 47).jpeg().toBuffer(),
        await photo(61, 47).jpeg({ progressive: true }).toBuffer(),
        await photo(61, 47).toColourspace("cmyk").jpeg().toBuffer(),
      ];
      let state = 5;
      const below = (limit: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * limit);
      };
      const outcomeOf = (path: string, decoding: DecodeSettings) =>
        Promise.resolve(decodeImage({ name: path }, decoding)).then(
          ({ data }) => Buffer.from(data).toString("base64"),
          (error: Error) => error.message,
        );
      const seen = new Set<boolean>();
      for (let run = 0; run < 60; run++) {
        let content = Buffer.from(seeds[below(seeds.length)]);
        if (below(3) === 0) content = content.subarray(0, below(content.length));
        else for (let i = below(6); i >= 0; i--) content[below(content.length)] = below(256);
        const path = await folder.write(`faulty${run}.jpg`, content);
        const outcome = await outcomeOf(path, fast);
        expect([run, outcome]).toEqual([run, await outcomeOf(path, settings)]);
        seen.add(outcome.startsWith("an image must decode without faults"));
      }
      expect(seen).toEqual(new Set([true, false]));
    });

    it("leaves a picture of more than 2^24 pixels to sharp, and one that only claims to be so large", async () => {
      const content = await photo(40, 30).jpeg().toBuffer();
      const frame = content.indexOf(Buffer.from("ffc0", "hex"));
      content.writeUInt16BE(65_500, frame + 5);
      content.writeUInt16BE(65_500, frame + 7);
      expect(decodeJpeg(content, fast, undefined)).toBeUndefined();
      const path = await folder.write("claims.jpg", content);
      expect((await failureOf(() => decodeImage({ name: path }, fast))).code).toBe("FILE_FORMAT");
    });

    it("leaves to sharp what would become more than 2^24 pixels on the way", async () => {
      const line = await photo(1, 2000).jpeg().toBuffer();
      expect(decodeJpeg(line, fast, to(224, 224, { fit: "cover" }))).toBeUndefined();
      expect(await decodeJpeg(line, fast, to(20, 20, { fit: "cover" }))).toMatchObject({
        shape: [20, 20, 3],
      });
    });

    it("names a file that is gone", async () => {
      const path = await folder.write("gone.jpg", await photo(4, 4).jpeg().toBuffer());
      await rm(path);
      const error = await failureOf(() => decodeImage({ name: path }, fast));
      expect([error.code, error.where]).toEqual(["FILE_NOT_FOUND", [path]]);
    });

    it("decodes many at once, each into its own pixels", async () => {
      const contents = await Promise.all(
        Array.from({ length: 24 }, (_, i) =>
          sharp({
            create: { width: 200, height: 100, channels: 3, background: { r: 10 * i, g: i, b: 255 - i } },
          })
            .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
            .toBuffer(),
        ),
      );
      const images = await Promise.all(
        contents.map(async (content) => decodeJpeg(content, fast, to(20, 10))),
      );
      for (const [i, image] of images.entries()) {
        expect(new Set(image?.data).size).toBeLessThanOrEqual(3);
        expect(Math.abs((image?.data[0] ?? 999) - 10 * i)).toBeLessThanOrEqual(2);
      }
    });
  },
);
