/** Samples as pictures: the pixels a model saw, as PNG data URIs. */
import type { Prediction } from "@millrace/core/spec";

type Input = Prediction["input"];

/** No side of a picture in the report is larger, in pixels. */
const largestSide = 96;

/** Whether this is one picture: [height, width, channels], with 1, 3 or 4 channels. */
export function isImage({ shape }: Input): boolean {
  return shape.length === 3 && [1, 3, 4].includes(shape[2]) && shape[0] > 1 && shape[1] > 1;
}

/** A `data:image/png` URI. Values other than uint8 are stretched from their least to their greatest. */
export async function pngOf(input: Input): Promise<string> {
  const { default: sharp } = await import("sharp");
  const [height, width, channels] = input.shape;
  const raw = { width, height, channels: channels as 1 | 3 | 4 };
  const image = sharp(bytesOf(input), { raw }).resize({
    width: largestSide,
    height: largestSide,
    fit: "inside",
    withoutEnlargement: true,
  });
  const png = await image.png({ compressionLevel: 9 }).toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}

function bytesOf({ dtype, data }: Input): Uint8Array {
  if (dtype === "uint8") return Uint8Array.from(data);
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < data.length; i++) {
    low = Math.min(low, data[i]);
    high = Math.max(high, data[i]);
  }
  const scale = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(data, (value) => Math.round((value - low) * scale));
}
