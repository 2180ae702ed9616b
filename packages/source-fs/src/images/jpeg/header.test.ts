import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encoded, gradient } from "../../../test/support.js";
import { jpegHeader } from "./header.js";

const raw = { width: 30, height: 20, channels: 3 } as const;
const photo = () => sharp(gradient(30, 20, 3), { raw });

describe("the header of a JPEG file", () => {
  it("has its size and channels, baseline or progressive", async () => {
    const plain = { width: 30, height: 20, channels: 3, hasProfile: false, orientation: 1 };
    for (const progressive of [false, true]) {
      const file = await photo().jpeg({ progressive }).toBuffer();
      const { sizeAt = 0, ...header } = jpegHeader(file) ?? {};
      expect(header).toEqual(plain);
      expect([file.readUInt16BE(sizeAt), file.readUInt16BE(sizeAt + 2)]).toEqual([20, 30]);
    }
    expect(jpegHeader(await encoded("jpeg", 9, 7, 1))).toMatchObject({ width: 9, height: 7, channels: 1 });
    const cmyk = await photo().toColourspace("cmyk").jpeg().toBuffer();
    expect(jpegHeader(cmyk)?.channels).toBe(4);
  });

  it("has its colour profile, unless it is sRGB, and its orientation, in either byte order", async () => {
    const profiled = await photo().withIccProfile("p3").jpeg().toBuffer();
    expect(jpegHeader(profiled)?.hasProfile).toBe(true);
    expect(jpegHeader(await photo().withIccProfile("srgb").jpeg().toBuffer())?.hasProfile).toBe(false);
    const turned = await photo().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(jpegHeader(turned)?.orientation).toBe(6);
    const plain = await photo().jpeg().toBuffer();
    // Big-endian; one directory of two entries, the second of which is the orientation.
    const tiff = "4d4d002a000000080002010000030000000100640000011200030000000100030000" + "0".repeat(8);
    const exif = Buffer.concat([
      Buffer.from("ffe10000", "hex"),
      Buffer.from("Exif\0\0"),
      Buffer.from(tiff, "hex"),
    ]);
    exif.writeUInt16BE(exif.length - 2, 2);
    const bigEndian = Buffer.concat([plain.subarray(0, 2), exif, plain.subarray(2)]);
    expect(jpegHeader(bigEndian)).toMatchObject({ width: 30, orientation: 3 });
  });

  it("has a profile that is called sRGB and is not, one that is not called so and is", async () => {
    const srgb = await photo().withIccProfile("srgb").jpeg().toBuffer();
    const linear = Buffer.from(srgb);
    const curve = linear.indexOf("para");
    expect(linear.includes("sRGB") || linear.includes("s\0R\0G\0B")).toBe(true);
    // The exponent of the curve, 1 instead of 2.4.
    linear.writeInt32BE(65_536, curve + 12);
    expect(jpegHeader(linear)?.hasProfile).toBe(true);
    const nameless = Buffer.from(srgb);
    for (const name of ["sRGB", "s\0R\0G\0B"]) {
      for (let at = nameless.indexOf(name); at >= 0; at = nameless.indexOf(name))
        nameless.fill("x", at, at + 1);
    }
    expect(jpegHeader(nameless)?.hasProfile).toBe(false);
  });

  it("may be preceded by filling, which says nothing", async () => {
    const plain = await photo().jpeg().toBuffer();
    const filled = Buffer.concat([plain.subarray(0, 2), Buffer.from("ffffff", "hex"), plain.subarray(2)]);
    const header = jpegHeader(plain);
    expect(jpegHeader(filled)).toEqual({ ...header, sizeAt: (header?.sizeAt ?? 0) + 3 });
  });

  it("is none in a file of another kind, or one that ends too early", async () => {
    const plain = await photo().jpeg().toBuffer();
    expect(jpegHeader(await encoded("png", 9, 7))).toBeUndefined();
    expect(jpegHeader(Buffer.alloc(0))).toBeUndefined();
    const scan = plain.indexOf(Buffer.from("ffda", "hex"));
    for (let length = 0; length < scan + 4; length++)
      expect(jpegHeader(plain.subarray(0, length))).toBeUndefined();
  });

  it("never throws, whatever the bytes", async () => {
    const turned = await photo().withMetadata({ orientation: 6 }).withIccProfile("p3").jpeg().toBuffer();
    const change = fc.tuple(fc.nat({ max: 700 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.nat({ max: 900 }), (changes, length) => {
        const bytes = Buffer.from(turned);
        for (const [at, value] of changes) bytes[at] = value;
        for (const file of [bytes, bytes.subarray(0, length)]) {
          expect(jpegHeader(file)?.width ?? 0).toBeLessThan(65_536);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
