import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import type { NdArray } from "@millrace/core";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { failureOf, type Folder, gradient, temporaryFolder } from "../../../test/support.js";
import { decodeImage } from "../decode-image.js";
import type { DecodeSettings, ResizeSettings } from "../sharp-engine.js";
import { jpegHeader } from "./header.js";
import { decodeJpeg } from "./decode-jpeg.js";
import { findKoffi, type JpegLibrary } from "./library.js";
import { findLibvips } from "./libvips.js";
import { findTurboJpeg, loadTurboJpeg, packagedTurboJpeg } from "./turbojpeg.js";

const settings: DecodeSettings = { mode: "rgb", background: "#ffffff", autoOrient: false };
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

/** The largest and the mean difference between two pictures of one size. */
function between(one: NdArray, other: NdArray): { most: number; mean: number } {
  expect([one.shape, one.dtype]).toEqual([other.shape, other.dtype]);
  const differences = Array.from(one.data, (value, i) => Math.abs(value - other.data[i]));
  return {
    most: differences.reduce((a, b) => Math.max(a, b)),
    mean: differences.reduce((a, b) => a + b) / differences.length,
  };
}

const libraries = [
  { decoder: "turbojpeg", found: findTurboJpeg() },
  { decoder: "libvips", found: findLibvips() },
] as const;

for (const { decoder, found } of libraries) {
  const isMissing = "missing" in found;
  describe.skipIf(isMissing)(`${decoder}${isMissing ? ` (${found.missing})` : ""}`, () => {
    const fast: DecodeSettings = { ...settings, decoder };

    /** The difference between what this decoder and sharp make of the same file. */
    async function difference(content: Buffer, resize?: ResizeSettings) {
      const quick = await decodeJpeg(content, fast, resize);
      if (quick === undefined) throw new Error(`${decoder} left it to sharp`);
      const path = await folder.write("photo.jpg", content);
      return between(quick, await decodeImage({ name: path }, settings, resize));
    }

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
      for (let run = 0; run < 40; run++) {
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

    it("leaves nothing behind of files that it cannot decode", async () => {
      const content = await photo(300, 200).jpeg().toBuffer();
      const cut = content.subarray(0, content.length >> 1);
      const before = process.memoryUsage().rss;
      for (let run = 0; run < 400; run++) {
        const made = await decodeJpeg(run % 4 === 0 ? content : cut, fast, to(30, 20));
        expect(made === undefined).toBe(run % 4 !== 0);
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
    });
  });
}

/** JPEG files of all sorts: sizes that no scale divides, with and without colour, subsampled or not, in order or progressive. */
async function* varied(count: number): AsyncIterable<Buffer> {
  for (let i = 0; i < count; i++) {
    const [width, height, channels] = [
      1 + ((i * 37) % 210),
      1 + ((i * 53) % 190),
      i % 5 === 0 ? 1 : 3,
    ] as const;
    const image = sharp(gradient(width, height, channels), { raw: { width, height, channels } });
    if (channels === 1) image.toColourspace("b-w");
    const chromaSubsampling = i % 3 === 0 ? "4:4:4" : "4:2:0";
    yield image
      .jpeg({ quality: 30 + ((i * 7) % 70), progressive: i % 2 === 0, chromaSubsampling })
      .toBuffer();
  }
}

describe("libjpeg-turbo of the system, that of npm and sharp's libvips", () => {
  const [file] = packagedTurboJpeg();
  const koffi = findKoffi();
  const packaged = "load" in koffi && existsSync(file ?? "") ? loadTurboJpeg(koffi, file, "npm") : undefined;
  const there = [...libraries.map(({ found }) => found), packaged].filter(
    (each): each is JpegLibrary => each !== undefined && "library" in each,
  );

  it.skipIf(there.length < 2)("decode to the same pixels, bit for bit, at every scale", async () => {
    for await (const content of varied(60)) {
      const { width, height } = jpegHeader(content) ?? { width: 0, height: 0 };
      for (const scale of [1, 2, 4, 8] as const) {
        const size = { width: Math.ceil(width / scale), height: Math.ceil(height / scale), scale };
        const all = there.map((library) => {
          const target = new Uint8Array(size.width * size.height * 3);
          expect(library.decode(content, target, size)).toBe(true);
          return Buffer.from(target).toString("hex");
        });
        expect(new Set(all).size).toBe(1);
      }
    }
  });
});

describe('reduce "fast"', () => {
  const present = libraries.flatMap(({ decoder, found }) => ("library" in found ? [decoder] : []));
  const path = async () => folder.write("large.jpg", await photo(500, 400).jpeg({ quality: 95 }).toBuffer());
  const both = async (decoder: DecodeSettings["decoder"], width: number, height: number) => {
    const file = await path();
    const read = (reduce: "exact" | "fast") =>
      decodeImage({ name: file }, { ...settings, decoder, reduce }, to(width, height));
    return { exact: await read("exact"), quick: await read("fast") };
  };

  it.each(["sharp", ...present] as const)("is coarser, but the same picture (%s)", async (decoder) => {
    const { exact, quick } = await both(decoder, 64, 64);
    const { most, mean } = between(quick, exact);
    expect([most > 0, mean < 1.5]).toEqual([true, true]);
  });

  it.each(["sharp", ...present] as const)(
    "changes nothing where no scale is as small (%s)",
    async (decoder) => {
      const { exact, quick } = await both(decoder, 300, 240);
      expect(quick).toEqual(exact);
    },
  );

  it.each(present)(
    "leaves all to the decoder where a scale fits, as Pillow's draft does (%s)",
    async (decoder) => {
      const found = libraries.find((each) => each.decoder === decoder)?.found as JpegLibrary;
      const content = await readFile(await path());
      for (const scale of [2, 4] as const) {
        const size = { width: 500 / scale, height: 400 / scale, scale };
        const decoded = new Uint8Array(size.width * size.height * 3);
        found.decode(content, decoded, size);
        expect((await both(decoder, size.width, size.height)).quick.data).toEqual(decoded);
      }
    },
  );
});
