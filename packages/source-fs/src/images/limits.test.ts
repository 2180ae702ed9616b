/** Files that say they are enormous, and pictures that would become so: refused before their pixels are there. */
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { decoders, encoded, failureOf, type Folder, gradient, temporaryFolder } from "../../test/support.js";
import { deferredImage } from "./deferred-image.js";

const settings = { mode: "rgb", background: "#ffffff", autoOrient: false } as const;
const raw = { width: 20, height: 15, channels: 3 } as const;
const photo = () => sharp(gradient(20, 15, 3), { raw });
let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

/** A PNG file with another size in its header, and the checksum that goes with it. */
async function png(): Promise<Buffer> {
  const file = await photo().png().toBuffer();
  file.writeUInt32BE(60_000, 16);
  file.writeUInt32BE(60_000, 20);
  file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
  return file;
}

async function jpeg(): Promise<Buffer> {
  const file = await photo().jpeg().toBuffer();
  const frame = file.indexOf(Buffer.from("ffc0", "hex"));
  file.writeUInt16BE(65_000, frame + 5);
  file.writeUInt16BE(65_000, frame + 7);
  return file;
}

async function gif(): Promise<Buffer> {
  const file = await photo().gif().toBuffer();
  const frame = file.indexOf(Buffer.from("2c0000000014000f00", "hex"));
  for (const at of [6, 8, frame + 5, frame + 7]) file.writeUInt16LE(65_000, at);
  return file;
}

async function tiff(): Promise<Buffer> {
  const file = await photo().tiff({ compression: "none" }).toBuffer();
  const at = file.readUInt32LE(4);
  for (let tag = 0; tag < file.readUInt16LE(at); tag++) {
    const entry = at + 2 + 12 * tag;
    const isSize = [256, 257].includes(file.readUInt16LE(entry));
    if (isSize) file.writeUInt32LE(60_000, entry + 8);
    if (isSize) file.writeUInt16LE(4, entry + 2);
  }
  return file;
}

describe.each(decoders)("by %s", (decoder) => {
  it.each([
    ["png", png],
    ["jpg", jpeg],
    ["gif", gif],
    ["tif", tiff],
  ] as const)(
    "a .%s file that says it is enormous is an error before any of it is there",
    async (ending, make) => {
      const content = await make();
      const path = await folder.write(`large.${ending}`, content);
      const resize = {
        type: "resize",
        settings: { width: 8, height: 8, fit: "fill", kernel: "linear" },
      } as const;
      const before = process.memoryUsage().rss;
      for (const image of [path, { name: "large in a database", bytes: content }]) {
        for (const operations of [[], [resize]]) {
          const asked = { ...settings, decoder, maxPixels: 178_956_970 };
          const error = await failureOf(() => deferredImage(image, asked, operations).materialize());
          expect([error.code, error.where]).toEqual([
            "FILE_FORMAT",
            [typeof image === "string" ? path : image.name],
          ]);
          expect(error.message).toMatch(
            /must have at most 178,956,970 pixels, but has more|claims \d+ × \d+ pixels, more than its \d+ bytes can hold/,
          );
        }
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    },
  );

  it("the limit is the one that is asked for, exactly", async () => {
    for (const format of ["png", "jpeg", "webp"] as const) {
      const bytes = await encoded(format, 20, 15);
      const read = (maxPixels: number) =>
        deferredImage({ name: format, bytes }, { ...settings, decoder, maxPixels }).materialize();
      expect((await read(300)).shape).toEqual([15, 20, 3]);
      expect((await failureOf(() => read(299))).message).toMatch(/at most 299 pixels/);
    }
  });
});

it("a line that is to cover a square on all sides is refused, from a file and as pixels", async () => {
  const bytes = await sharp(new Uint8Array(3 * 4000), { raw: { width: 4000, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  const outside = {
    type: "resize",
    settings: { width: 300, height: 300, fit: "outside", kernel: "linear" },
  } as const;
  const gray = { type: "grayscale", channels: 3 } as const;
  for (const operations of [[outside], [gray, outside]]) {
    const image = deferredImage(
      { name: "line.png", bytes },
      { ...settings, maxPixels: 1_000_000 },
      operations,
    );
    const error = await failureOf(() => image.materialize());
    expect(error.message).toMatch(/at most [\d,]+ pixels, but would have 1200000 × 300/);
  }
});
