/** Pictures with faults: what decoders can live with is read and told, what they cannot is an error in plain words. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { decoders, encoded, failureOf, type Folder, gradient, temporaryFolder } from "../../test/support.js";
import { deferredImage } from "./deferred-image.js";
import type { DecodeSettings } from "./sharp-engine.js";
import { toldKinds, warnOnce } from "./warn-once.js";

const settings = { mode: "rgb", background: "#ffffff", autoOrient: false } as const;
const raw = { width: 24, height: 16, channels: 3 } as const;
const photo = () => sharp(gradient(24, 16, 3), { raw });
let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const read = (path: string, more: Partial<DecodeSettings> = {}) =>
  deferredImage(path, { ...settings, ...more }).materialize();

/** A baseline JPEG whose scan header says that its spectrum ends at 0, as phones write it. */
async function phonePhoto(): Promise<Buffer> {
  const file = Buffer.from(await photo().jpeg().toBuffer());
  const scan = file.indexOf(Buffer.from("ffda", "hex"));
  file[scan + 2 + file.readUInt16BE(scan + 2) - 2] = 0;
  return file;
}

/** A TIFF file whose first two tags have changed places. */
async function unsortedTiff(): Promise<Buffer> {
  const file = Buffer.from(await photo().tiff({ compression: "none" }).toBuffer());
  const at = file.readUInt32LE(4) + 2;
  const [first, second] = [file.subarray(at, at + 12), file.subarray(at + 12, at + 24)].map((part) =>
    Buffer.from(part),
  );
  file.set(second, at);
  file.set(first, at + 12);
  return file;
}

/** A TIFF file that says that it is compressed by Zstandard, as maps are. */
async function zstdTiff(): Promise<Buffer> {
  const file = Buffer.from(await photo().tiff({ compression: "none" }).toBuffer());
  const compression = file.indexOf(Buffer.from("03010300", "hex"), file.readUInt32LE(4));
  file.writeUInt16LE(50_000, compression + 8);
  return file;
}

describe("a file with a fault that its decoder can live with", () => {
  it.each([
    ["phone.jpg", phonePhoto, "scan header", () => photo().jpeg().toBuffer()],
    [
      "unsorted.tif",
      unsortedTiff,
      "tags are not sorted",
      () => photo().tiff({ compression: "none" }).toBuffer(),
    ],
  ] as const)("%s is read as without it, and told", async (name, make, words, sound) => {
    const path = await folder.write(name, await make());
    const whole = await folder.write(`sound ${name}`, await sound());
    for (const decoder of decoders) {
      const told: string[] = [];
      const warn = (_: string, reason: string) => told.push(reason);
      expect(await read(path, { decoder, warn })).toEqual(await read(whole, { decoder: "sharp" }));
      expect(told).toEqual([expect.stringContaining(words)]);
      const error = await failureOf(() => read(path, { decoder, onWarning: "error" }));
      expect([error.code, error.where]).toEqual(["FILE_FORMAT", [path]]);
      expect(error.message).toContain(words);
    }
  });

  it("is told once for each kind, by whichever thread meets it first", () => {
    const lines: string[] = [];
    const logger = { debug() {}, info() {}, warn: (_: object, text: string) => lines.push(text), error() {} };
    const told = toldKinds();
    const [one, other] = [warnOnce(logger, told), warnOnce(logger, structuredClone(told))];
    one("a.jpg", "row 3 is odd");
    other("b.jpg", "row 4 is odd");
    other("c.jpg", "all is odd");
    expect(lines).toEqual([
      expect.stringMatching(/a\.jpg.*row 3 is odd.*onWarning/),
      expect.stringMatching(/c\.jpg.*all is odd/),
    ]);
  });
});

describe("a file that cannot be decoded says why, in words of no library", () => {
  const withSize = (file: Buffer, width: number, height: number) => {
    const frame = file.indexOf(Buffer.from("ffc0", "hex"));
    file.writeUInt16BE(height, frame + 5);
    file.writeUInt16BE(width, frame + 7);
    return file;
  };
  const cut = (file: Buffer) => file.subarray(0, Math.floor(file.length * 0.6));
  const cases: readonly (readonly [string, () => Promise<Uint8Array> | Uint8Array, RegExp])[] = [
    ["cut.jpg", async () => cut(await photo().jpeg().toBuffer()), /ends too early/],
    ["cut.png", async () => cut(await encoded("png", 200, 150)), /ends too early/],
    ["cut.gif", async () => cut(await photo().gif().toBuffer()), /ends too early/],
    ["cut.webp", async () => cut(await photo().webp().toBuffer()), /ends too early/],
    ["cut.tif", async () => cut(await photo().tiff().toBuffer()), /ends too early/],
    [
      "liar.jpg",
      async () => withSize(await photo().jpeg().toBuffer(), 9000, 7000),
      /9000 × 7000 .* can hold/,
    ],
    ["empty.png", () => new Uint8Array(), /the file is empty/],
    ["page.jpg", () => Buffer.from("<html>404</html>"), /no image file/],
    ["old.bmp", () => Buffer.from(`BM${"\0".repeat(60)}`), /it is a BMP file, which cannot be read/],
    ["map.tif", zstdTiff, /its compression, ZSTD, cannot be read/],
    ["old.ppm", () => Buffer.from("P6 1 1 255\nabc"), /it is a PNM/],
  ];
  it.each(cases)("%s", async (name, make, words) => {
    const path = await folder.write(name, await make());
    for (const decoder of decoders) {
      const error = await failureOf(() => read(path, { decoder }));
      expect([error.code, error.where]).toEqual(["FILE_FORMAT", [path]]);
      expect(error.message).toMatch(words);
      expect(error.message).not.toMatch(/vips|failOn|Input|spng|heif/i);
    }
  });

  it("a folder where a file should be", async () => {
    await mkdir(join(folder.path, "folder.png"));
    const error = await failureOf(() => read(join(folder.path, "folder.png")));
    expect([error.code, error.message]).toEqual(["FILE_NOT_FOUND", "an image file is a folder"]);
  });
});
