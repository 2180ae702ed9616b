/** Image file in, pixels out: by the short way for small PNG files, else through sharp. */
import { readFile } from "node:fs";
import { promisify } from "node:util";
import type { NdArray } from "@millrace/core";
import { type DecodeSettings, decodeWithSharp, type ResizeSettings } from "./sharp-engine.js";
import { decodeSmallPng, type PngPixels, smallPngHeader } from "./small-png.js";

// Half the cost of fs/promises, whose file handles are of no use here.
const read = promisify(readFile);

/**
 * The pixels of the file at `path`: uint8 [height, width, 3], or 4 in mode "rgba"; in mode "grayscale" 1 where the file
 * itself is gray. Errors: FILE_NOT_FOUND, FILE_FORMAT; both name the path.
 */
export async function decodeFile(
  path: string,
  settings: DecodeSettings,
  resize?: ResizeSettings,
): Promise<NdArray> {
  if (!/\.png$/i.test(path)) return decodeWithSharp(path, undefined, settings, resize);
  const content = await read(path).catch(() => undefined);
  const small = content && decodeQuickly(content, settings, resize);
  return small ?? decodeWithSharp(path, content, settings, resize);
}

function decodeQuickly(
  content: Buffer,
  { mode }: DecodeSettings,
  resize: ResizeSettings | undefined,
): NdArray | undefined {
  const header = smallPngHeader(content);
  if (header === undefined) return undefined;
  const keepsSize =
    resize === undefined || (resize.width === header.width && resize.height === header.height);
  const hasAlpha = header.channels === 2 || header.channels === 4;
  if (!keepsSize || (hasAlpha && !(mode === "rgba" && header.channels === 4))) return undefined;
  const png = decodeSmallPng(content, header);
  return png && withChannels(png, mode === "rgba" ? 4 : mode === "rgb" ? 3 : header.channels);
}

/** Gray becomes three equal channels, and what has no alpha opaque. */
function withChannels({ width, height, channels, data }: PngPixels, wanted: number): NdArray {
  const shape = [height, width, wanted];
  if (channels === wanted) return { dtype: "uint8", shape, data };
  const to = new Uint8Array(width * height * wanted).fill(255);
  for (let i = 0, j = 0; j < to.length; i += channels, j += wanted) {
    to[j] = data[i];
    to[j + 1] = data[channels === 1 ? i : i + 1];
    to[j + 2] = data[channels === 1 ? i : i + 2];
  }
  return { dtype: "uint8", shape, data: to };
}
