/** Encoded image in, pixels out: by a short way for small PNG files and, where libjpeg-turbo is, JPEG; else through sharp. */
import type { EncodedImage, NdArray } from "@millrace/core";
import { decodeJpeg } from "./jpeg/decode-jpeg.js";
import { canHold, isJpeg, jpegHeader } from "./jpeg/header.js";
import { readIfThere } from "../files/read-if-there.js";
import type { Pixels } from "../pixels/pixels.js";
import { windowOf } from "../pixels/window.js";
import { morePixelsThanBytes } from "./faults.js";
import { type DecodeSettings, decodeWithSharp } from "./sharp-engine.js";
import { decodeSmallPng, type PngPixels, smallPngHeader } from "./small-png.js";
import { wantedOf, type Wish } from "./wanted.js";

/** Kinds of which all is needed to decode them, and which fit into memory: sharp takes such files faster from there. */
const wholeKinds = /\.(?:png|jpe?g)$/i;

/**
 * The pixels of an image: uint8 [height, width, 3], or 4 in mode "rgba"; in mode "grayscale" 1 where the image itself is
 * gray; and of those what is wished. Errors: FILE_NOT_FOUND, FILE_FORMAT, which name the image, and what `wish` throws.
 */
export function decodeImage(
  image: EncodedImage,
  settings: DecodeSettings,
  wish?: Wish,
): NdArray | Promise<NdArray> {
  const content = contentOf(image);
  return content instanceof Promise
    ? content.then((bytes) => decodeContent(image.name, bytes, settings, wish))
    : decodeContent(image.name, content, settings, wish);
}

/** What has been read, or is to be; undefined where the decoder itself had better read the file. */
function contentOf({ name, bytes }: EncodedImage): Buffer | undefined | Promise<Buffer | undefined> {
  if (bytes === undefined) return wholeKinds.test(name) ? readIfThere(name) : undefined;
  const content = typeof bytes === "function" ? bytes() : bytes;
  return content instanceof Promise ? content.then(bufferOf) : bufferOf(content);
}

/** The same memory; a copy where threads share it, for decoders take none that may change. */
function bufferOf(bytes: Uint8Array): Buffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer ? Buffer.from(buffer, byteOffset, byteLength) : Buffer.from(bytes);
}

function decodeContent(
  name: string,
  content: Buffer | undefined,
  settings: DecodeSettings,
  wish: Wish,
): NdArray | Promise<NdArray> {
  const bySharp = (): Promise<NdArray> => decodeWithSharp(name, content, settings, wish);
  if (content === undefined) return bySharp();
  if (!isJpeg(content)) return decodeQuickly(content, settings, wish) ?? bySharp();
  const header = jpegHeader(content);
  if (header !== undefined && !canHold(content.length, header))
    return Promise.reject(morePixelsThanBytes(name, header, content.length));
  const pixels = (settings.decoder ?? "sharp") === "sharp" ? undefined : decodeJpeg(content, settings, wish);
  return pixels instanceof Promise ? pixels.then((made) => made ?? bySharp()) : (pixels ?? bySharp());
}

function decodeQuickly(
  content: Buffer,
  { mode, autoOrient, maxPixels = Number.POSITIVE_INFINITY }: DecodeSettings,
  wish: Wish,
): NdArray | undefined {
  const header = smallPngHeader(content);
  if (header === undefined || header.width * header.height > maxPixels) return undefined;
  const { window, resize, finish } = wantedOf(wish, header);
  const keepsSize =
    resize === undefined || (resize.width === header.width && resize.height === header.height);
  const hasAlpha = header.channels === 2 || header.channels === 4;
  if (!keepsSize || (hasAlpha && !(mode === "rgba" && header.channels === 4))) return undefined;
  const png = decodeSmallPng(content, header, autoOrient);
  if (png === undefined) return undefined;
  const pixels = withChannels(png, mode === "rgba" ? 4 : mode === "rgb" ? 3 : header.channels);
  const part = window === undefined ? pixels : windowOf(pixels as Pixels, window);
  return finish?.(part) ?? part;
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
