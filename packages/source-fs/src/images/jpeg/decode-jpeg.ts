/** JPEG file in, pixels out, through a native library and our own resizing: several times faster than sharp. */
import { isMainThread } from "node:worker_threads";
import type { NdArray } from "@millrace/core";
import { scaledSize, type Size } from "../fit.js";
import { type Resize, resample, sourcePixels } from "../resample/resample.js";
import type { Interpolate } from "../../pixels/interpolate.js";
import type { Pixels } from "../../pixels/pixels.js";
import { type Window, windowOf } from "../../pixels/window.js";
import { isFast } from "../resized-crop.js";
import type { DecodeSettings, ResizeSettings } from "../sharp-engine.js";
import { wantedOf, type Wish } from "../wanted.js";
import { type JpegHeader, jpegHeader } from "./header.js";
import type { DecodedSize, JpegLibrary } from "./library.js";
import { libvips } from "./libvips.js";
import { withScratch } from "./scratch.js";
import { turboJpeg } from "./turbojpeg.js";

/** More than this is decoded by sharp, which need not hold it all: 48 MB. */
const mostPixels = 2 ** 24;

/** How one file is decoded, and what is made of its pixels. */
interface Plan extends DecodedSize {
  readonly resize?: Resize;
  /** The part that is kept where nothing is resized; all, if left out. */
  readonly window?: Window | undefined;
  readonly finish?: (pixels: NdArray) => NdArray;
}

/**
 * The pixels of a JPEG file: uint8 [height, width, 3]. Undefined where sharp has to do it: colour profiles, CMYK,
 * orientation to be applied, alpha or a border to be added, kernel nearest, more pixels than are allowed, and any file that the decoder so much as warns of,
 * for which sharp has the words.
 *
 * In a worker, the result is there at once. The main thread has others to serve: there it is a promise, and decoding
 * runs on libuv's threads.
 */
export function decodeJpeg(
  file: Buffer,
  settings: DecodeSettings,
  wish: Wish,
): NdArray | undefined | Promise<NdArray | undefined> {
  const header = jpegHeader(file);
  const plan = header && planOf(header, settings, wish);
  if (plan === undefined) return undefined;
  const library = settings.decoder === "libvips" ? libvips() : turboJpeg();
  return isMainThread ? decodeAside(library, file, plan) : decodeNow(library, file, plan);
}

function planOf(
  header: JpegHeader,
  { mode, autoOrient, reduce, maxPixels = Number.POSITIVE_INFINITY }: DecodeSettings,
  wish: Wish,
): Plan | undefined {
  const { width, height, channels, hasProfile, orientation } = header;
  if ((channels !== 1 && channels !== 3) || hasProfile || mode === "rgba") return undefined;
  if (autoOrient && orientation !== 1) return undefined;
  if (width * height > maxPixels) return undefined;
  const { window, resize, to, finish } = wantedOf(wish, header);
  const whole = { width, height, scale: 1 } as const;
  if (window !== undefined && to !== undefined) {
    const isResized = isFast(to) && !(to.width === window.width && to.height === window.height);
    if (isResized) return checked(windowPlan(header, window, to, reduce));
  }
  if (resize === undefined) return checked({ ...whole, window, ...(finish && { finish }) });
  const { fit, kernel } = resize;
  if (fit === "contain" || kernel === "nearest") return undefined;
  const wanted = resizedTo(width, height, resize);
  const { toWidth, toHeight } = wanted;
  if (toWidth === width && toHeight === height && wanted.window === undefined) return checked(whole);
  // A line of pixels that is to cover a square would be resized to a picture of no end.
  if (toWidth * toHeight > mostPixels) return undefined;
  const scale = scaleOf(width / toWidth, height / toHeight, reduce);
  const decoded = { width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
  const extent = { extentX: width / scale, extentY: height / scale };
  return checked({ ...decoded, scale, resize: { ...decoded, ...extent, ...wanted, kernel } });
}

/** A window of the picture, resized. Where the decoder reduces, it may begin and end within a pixel. */
function windowPlan(
  { width, height }: Size,
  window: Window,
  to: Interpolate,
  reduce: DecodeSettings["reduce"],
): Plan {
  const scale = scaleOf(window.width / to.width, window.height / to.height, reduce);
  const decoded = { width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
  const resize = {
    ...decoded,
    left: window.left / scale,
    top: window.top / scale,
    extentX: window.width / scale,
    extentY: window.height / scale,
    toWidth: to.width,
    toHeight: to.height,
    kernel: "linear",
  } as const;
  return { ...decoded, scale, resize };
}

/** The size that the whole picture gets, and the window that is left of it, by sharp's arithmetic. */
function resizedTo(
  width: number,
  height: number,
  resize: ResizeSettings,
): Pick<Resize, "toWidth" | "toHeight" | "window"> {
  if (resize.fit === "fill") return { toWidth: resize.width, toHeight: resize.height };
  const { width: toWidth, height: toHeight } = scaledSize({ width, height }, resize);
  if (resize.fit !== "cover") return { toWidth, toHeight };
  const [left, top] = [(toWidth - resize.width + 1) >> 1, (toHeight - resize.height + 1) >> 1];
  return { toWidth, toHeight, window: { left, top, width: resize.width, height: resize.height } };
}

/**
 * The decoder halves, quarters or makes an eighth at less cost than resizing does. It is left to reduce as long as the result is
 * at least twice the size wanted (libvips's rule), so that the kernel asked for decides what the pixels become; where they are to
 * be had fast, as long as it is no smaller than the size wanted (the rule of Pillow's `draft`).
 */
function scaleOf(shrinkX: number, shrinkY: number, reduce: DecodeSettings["reduce"]): Plan["scale"] {
  const shrink = Math.min(shrinkX, shrinkY) / (reduce === "fast" ? 1 : 2);
  return ([8, 4, 2] as const).find((scale) => shrink >= scale) ?? 1;
}

function checked(plan: Plan): Plan | undefined {
  const pixels = plan.width * plan.height;
  return pixels > 0 && pixels <= mostPixels ? plan : undefined;
}

function decodeNow(library: JpegLibrary, file: Buffer, plan: Plan): NdArray | undefined {
  const { width, height } = plan;
  const bytes = width * height * 3;
  const pixels = isKept(plan) ? new Uint8Array(bytes) : sourcePixels(bytes);
  if (!library.decode(file, pixels, plan)) return undefined;
  return finished(plan, pixels);
}

/** True where what is decoded is also what is given out, and so needs memory of its own. */
function isKept({ resize, window }: Plan): boolean {
  return resize === undefined && window === undefined;
}

function decodeAside(library: JpegLibrary, file: Buffer, plan: Plan): Promise<NdArray | undefined> {
  const { width, height, resize } = plan;
  const decodeTo = async (pixels: Uint8Array): Promise<NdArray | undefined> => {
    if (!(await library.decodeAsync(file, pixels, plan))) return undefined;
    if (resize !== undefined) sourcePixels(pixels.length).set(pixels);
    return finished(plan, pixels);
  };
  const bytes = width * height * 3;
  return isKept(plan) ? decodeTo(new Uint8Array(bytes)) : withScratch(bytes, decodeTo);
}

function finished({ width, height, resize, window, finish }: Plan, data: Uint8Array): NdArray {
  if (resize !== undefined) {
    const made = resize.window ?? { width: resize.toWidth, height: resize.toHeight };
    return { dtype: "uint8", shape: [made.height, made.width, 3], data: resample(resize) };
  }
  const whole: Pixels = { dtype: "uint8", shape: [height, width, 3], data };
  const pixels = window === undefined ? whole : ownWindow(whole, window);
  return finish?.(pixels) ?? pixels;
}

/** Also of the whole picture a copy, since the memory is used again. */
function ownWindow(whole: Pixels, window: Window): Pixels {
  const part = windowOf(whole, window);
  return part === whole ? { ...whole, data: whole.data.slice() } : part;
}
