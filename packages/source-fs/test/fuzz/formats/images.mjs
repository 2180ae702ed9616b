/** Pictures of every kind, by every decoder that this machine has. */
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

const [width, height] = [75, 60];
const noise = Uint8Array.from(
  { length: width * height * 3 },
  (_, i) => 127 + 100 * Math.sin(i / 17) + (i % 13),
);
const photo = () => sharp(noise, { raw: { width, height, channels: 3 } });
const at = (name, content, options) => ({
  files: { [`class/${name}`]: content },
  options: { root: ".", ...options },
});
const decoders = ["auto", "libvips", "sharp"];

export const jpeg = {
  name: "jpeg",
  source: "image-folder",
  seeds: async () => {
    const contents = [
      await photo().jpeg().toBuffer(),
      await photo().jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer(),
      await photo().grayscale().jpeg().toBuffer(),
      await photo().toColourspace("cmyk").jpeg().toBuffer(),
      await photo().withMetadata({ orientation: 6 }).withIccProfile("p3").jpeg().toBuffer(),
    ];
    return contents.flatMap((content) =>
      decoders.map((decoder) => at("a.jpg", content, { decoder, autoOrient: true, reduce: "fast" })),
    );
  },
};

export const png = {
  name: "png",
  source: "image-folder",
  seeds: async () => {
    const contents = [
      await photo().png().toBuffer(),
      await photo().resize(200, 150).png().toBuffer(),
      await photo().png({ palette: true }).toBuffer(),
      await photo().grayscale().png().toBuffer(),
      await photo().ensureAlpha(0.5).png().toBuffer(),
    ];
    return [
      ...contents.map((content) => at("a.png", content, { autoOrient: true })),
      // Mutated before it is compressed and summed, so that what is inside is looked at too.
      ...[0, 2, 6].map((colour) => ({
        ...at("a.png", scanlines(colour), { mode: "rgba" }),
        packed: { "class/a.png": (raw) => pngOf(colour, raw) },
      })),
    ];
  },
};

/** Other kinds, which sharp alone decodes. */
export const pictures = {
  name: "pictures",
  source: "image-folder",
  seeds: async () => [
    at("a.gif", await photo().gif().toBuffer()),
    at("a.webp", await photo().webp().toBuffer()),
    at("a.webp", await photo().webp({ lossless: true }).toBuffer(), { mode: "rgba" }),
    at("a.tif", await photo().tiff().toBuffer()),
    at("a.tif", await photo().tiff({ compression: "none" }).toBuffer()),
    at("a.avif", await photo().resize(20, 16).avif({ effort: 0 }).toBuffer()),
  ],
};

const depths = { 0: 1, 2: 3, 6: 4 };
const [across, down] = [20, 15];

/** Rows of a picture, each behind its filter. */
function scanlines(colour) {
  const row = across * depths[colour] + 1;
  return Buffer.from(Array.from({ length: down * row }, (_, i) => (i % row === 0 ? (i / row) % 5 : i * 31)));
}

function pngOf(colour, raw) {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(across, 0);
  size.writeUInt32BE(down, 4);
  size.set([8, colour, 0, 0, 0], 8);
  const chunk = (type, content) => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(content.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    signature,
    chunk("IHDR", size),
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
