/** Image file in, pixels out: by a short way for small PNG files and, where libjpeg-turbo is, JPEG; else through sharp. */
import type { NdArray } from "@millrace/core";
import { decodeJpeg } from "./jpeg/decode-jpeg.js";
import { isJpeg } from "./jpeg/header.js";
import { readIfThere } from "../files/read-if-there.js";
import { type DecodeSettings, decodeWithSharp, type ResizeSettings } from "./sharp-engine.js";
import { decodeSmallPng, type PngPixels, smallPngHeader } from "./small-png.js";

/** Kinds of which all is needed to decode them, and which fit into memory: sharp takes such files faster from there. */
const wholeKinds = /\.(?:png|jpe?g)$/i;

/**
 * The pixels of the file at `path`: uint8 [height, width, 3], or 4 in mode "rgba"; in mode "grayscale" 1 where the file
 * itself is gray. Errors: FILE_NOT_FOUND, FILE_FORMAT; both name the path.
 */
export function decodeFile(
  path: string,
  settings: DecodeSettings,
  resize?: ResizeSettings,
): NdArray | Promise<NdArray> {
  const content = wholeKinds.test(path) ? readIfThere(path) : undefined;
  return content instanceof Promise
    ? content.then((bytes) => decodeContent(path, bytes, settings, resize))
    : decodeContent(path, content, settings, resize);
}

function decodeContent(
  path: string,
  content: Buffer | undefined,
  settings: DecodeSettings,
  resize: ResizeSettings | undefined,
): NdArray | Promise<NdArray> {
  const bySharp = (): Promise<NdArray> => decodeWithSharp(path, content, settings, resize);
  if (content === undefined) return bySharp();
  if (!isJpeg(content)) return decodeQuickly(content, settings, resize) ?? bySharp();
  const pixels = settings.decoder === "turbojpeg" ? decodeJpeg(content, settings, resize) : undefined;
  return pixels instanceof Promise ? pixels.then((made) => made ?? bySharp()) : (pixels ?? bySharp());
}

function decodeQuickly(
  content: Buffer,
  { mode, autoOrient }: DecodeSettings,
  resize: ResizeSettings | undefined,
): NdArray | undefined {
  const header = smallPngHeader(content);
  if (header === undefined) return undefined;
  const keepsSize =
    resize === undefined || (resize.width === header.width && resize.height === header.height);
  const hasAlpha = header.channels === 2 || header.channels === 4;
  if (!keepsSize || (hasAlpha && !(mode === "rgba" && header.channels === 4))) return undefined;
  const png = decodeSmallPng(content, header, autoOrient);
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
