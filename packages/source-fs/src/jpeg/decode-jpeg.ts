/** JPEG file in, pixels out, through libjpeg-turbo and our own resizing: several times faster than sharp. */
import { isMainThread } from "node:worker_threads";
import type { NdArray } from "@millrace/core";
import { type Resize, resample, sourcePixels } from "../resample/resample.js";
import type { DecodeSettings, ResizeSettings } from "../sharp-engine.js";
import { type JpegHeader, jpegHeader } from "./header.js";
import { turboJpeg } from "./turbojpeg.js";

/** More than this is decoded by sharp, which need not hold it all: 48 MB. */
const mostPixels = 2 ** 24;

/** How one file is decoded and resized. */
interface Plan {
  /** Size as decoded. */
  readonly width: number;
  readonly height: number;
  readonly resize?: Resize;
}

/**
 * The pixels of a JPEG file: uint8 [height, width, 3]. Undefined where sharp has to do it: colour profiles, CMYK,
 * orientation to be applied, alpha to be added, other fits than fill, and any file that the decoder so much as warns of,
 * for which sharp has the words.
 *
 * In a worker, the result is there at once. The main thread has others to serve: there it is a promise, and decoding
 * runs on libuv's threads.
 */
export function decodeJpeg(
  file: Buffer,
  settings: DecodeSettings,
  resize: ResizeSettings | undefined,
): NdArray | undefined | Promise<NdArray | undefined> {
  const header = jpegHeader(file);
  const plan = header && planOf(header, settings, resize);
  if (plan === undefined) return undefined;
  return isMainThread ? decodeAside(file, plan) : decodeNow(file, plan);
}

function planOf(
  header: JpegHeader,
  { mode, autoOrient }: DecodeSettings,
  resize: ResizeSettings | undefined,
): Plan | undefined {
  const { width, height, channels, hasProfile, orientation } = header;
  if ((channels !== 1 && channels !== 3) || hasProfile || mode === "rgba") return undefined;
  if (autoOrient && orientation !== 1) return undefined;
  if (resize === undefined || (resize.width === width && resize.height === height)) {
    return checked({ width, height });
  }
  if (resize.fit !== "fill" || resize.kernel === "nearest") return undefined;
  const scale = scaleOf(width / resize.width, height / resize.height);
  const decoded = { width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
  const extent = { extentX: width / scale, extentY: height / scale };
  const wanted = { toWidth: resize.width, toHeight: resize.height, kernel: resize.kernel };
  return checked({ ...decoded, resize: { ...decoded, ...extent, ...wanted } });
}

/**
 * The decoder halves, quarters or makes an eighth at less cost than resizing does. It is left to reduce as long as the result is
 * at least twice the size wanted (libvips's rule), so that the kernel asked for decides what the pixels become.
 */
function scaleOf(shrinkX: number, shrinkY: number): number {
  const shrink = Math.min(shrinkX, shrinkY);
  return [8, 4, 2].find((scale) => shrink >= 2 * scale) ?? 1;
}

function checked(plan: Plan): Plan | undefined {
  const pixels = plan.width * plan.height;
  return pixels > 0 && pixels <= mostPixels ? plan : undefined;
}

function decodeNow(file: Buffer, plan: Plan): NdArray | undefined {
  const { width, height, resize } = plan;
  const bytes = width * height * 3;
  const pixels = resize === undefined ? new Uint8Array(bytes) : sourcePixels(bytes);
  if (!turboJpeg().decode(file, pixels, width, height)) return undefined;
  return finished(plan, pixels);
}

async function decodeAside(file: Buffer, plan: Plan): Promise<NdArray | undefined> {
  const { width, height, resize } = plan;
  const pixels = new Uint8Array(width * height * 3);
  if (!(await turboJpeg().decodeAsync(file, pixels, width, height))) return undefined;
  if (resize !== undefined) sourcePixels(pixels.length).set(pixels);
  return finished(plan, pixels);
}

function finished({ width, height, resize }: Plan, pixels: Uint8Array): NdArray {
  if (resize === undefined) return { dtype: "uint8", shape: [height, width, 3], data: pixels };
  return { dtype: "uint8", shape: [resize.toHeight, resize.toWidth, 3], data: resample(resize) };
}
