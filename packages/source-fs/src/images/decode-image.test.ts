import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import type { MillraceError } from "@millrace/core";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { encoded, type Folder, temporaryFolder } from "../../test/support.js";
import { decodeImage } from "./decode-image.js";
import type { DecodeSettings } from "./sharp-engine.js";
import { smallPngHeader } from "./small-png.js";

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const settings = (mode: DecodeSettings["mode"]): DecodeSettings => ({
  mode,
  background: "#ffffff",
  autoOrient: false,
});

/** The same bytes by both ways: sharp alone sees what is not called .png. */
async function bothWays(content: Uint8Array, mode: DecodeSettings["mode"]) {
  const [short, long] = [join(folder.path, "image.png"), join(folder.path, "image.any")];
  await Promise.all([writeFile(short, content), writeFile(long, content)]);
  return [
    await decodeImage({ name: short }, settings(mode)),
    await decodeImage({ name: long }, settings(mode)),
  ];
}

describe("small PNG files decode to the same pixels as through sharp", () => {
  it("for any size, channels, filter, compression and mode", async () => {
    const size = fc.integer({ min: 1, max: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ width: size, height: size, channels: fc.constantFrom(1, 3, 4), seed: fc.nat() }),
        fc.record({ adaptiveFiltering: fc.boolean(), compressionLevel: fc.integer({ min: 0, max: 9 }) }),
        fc.constantFrom("rgb", "rgba"),
        async ({ width, height, channels, seed }, options, mode) => {
          const data = new Uint8Array(width * height * channels);
          for (let i = 0; i < data.length; i++) data[i] = (i * i * 31 + seed * (i % 7) + (seed >> 3)) & 255;
          const image = sharp(data, { raw: { width, height, channels } });
          if (channels === 1) image.toColourspace("b-w");
          const content = await image.png(options).toBuffer();
          expect(smallPngHeader(content)).toEqual({ width, height, channels });
          const [short, long] = await bothWays(content, mode);
          expect(short).toEqual(long);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("in one channel where the file is gray and the mode too", async () => {
    const [short] = await bothWays(await encoded("png", 9, 5, 1), "grayscale");
    expect(short.shape).toEqual([5, 9, 1]);
  });

  it("where the file is of a kind that only sharp reads", async () => {
    const image = sharp(await encoded("png", 10, 10));
    for (const content of [
      await image.clone().png({ palette: true }).toBuffer(),
      await image.clone().png({ progressive: true }).toBuffer(),
      await image.clone().toColourspace("rgb16").png().toBuffer(),
      await image.clone().withIccProfile("p3").png().toBuffer(),
      await encoded("png", 200, 200),
    ]) {
      const [short, long] = await bothWays(content, "rgb");
      expect(short).toEqual(long);
    }
  });
});

it("decodes no faulty file to other pixels, wherever it is cut or a bit is flipped", async () => {
  const content = await encoded("png", 8, 8, 1);
  const path = await folder.write("faulty.png", content);
  const { data } = await decodeImage({ name: path }, settings("rgb"));
  const outcomes = new Set<string>();
  for (let at = 0; at < content.length; at++) {
    const flipped = content.map((byte, i) => (i === at ? byte ^ 4 : byte));
    for (const faulty of [content.subarray(0, at), flipped]) {
      await writeFile(path, faulty);
      const outcome = await Promise.resolve(decodeImage({ name: path }, settings("rgb"))).then(
        (image) =>
          Buffer.from(image.data).equals(Buffer.from(data)) ? "same pixels" : `other pixels for ${at}`,
        (error: MillraceError) => `${error.code} ${error.where[0]}`,
      );
      outcomes.add(outcome);
    }
  }
  // libpng does without the end of a file after the last row.
  expect([...outcomes].sort()).toEqual([`FILE_FORMAT ${path}`, "same pixels"]);
});

it("does not inflate a PNG beyond what its header says", async () => {
  const { deflateSync, crc32 } = await import("node:zlib");
  const content = await encoded("png", 4, 4, 1);
  const body = Buffer.concat([Buffer.from("IDAT"), deflateSync(Buffer.alloc(50_000_000))]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  const path = await folder.write(
    "bomb.png",
    Buffer.concat([content.subarray(0, 33), chunk, content.subarray(-12)]),
  );
  const before = process.memoryUsage().arrayBuffers;
  const outcome = await Promise.resolve(decodeImage({ name: path }, settings("rgb"))).then(
    ({ shape }) => shape.join(" "),
    (error: MillraceError) => error.code,
  );
  expect(["4 4 3", "FILE_FORMAT"]).toContain(outcome);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
});
