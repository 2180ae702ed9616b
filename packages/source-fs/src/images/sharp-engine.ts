/** The door to sharp: loads it once, and runs one pipeline per call, from a file or from pixels. */
import { MillraceError, messageOf, type NdArray } from "@millrace/core";
import type { Sharp, SharpOptions } from "sharp";
import { decodeFault, reasonOf, tooManyPixels } from "./faults.js";
import { keepsRatio, scaledSize, type Size } from "./fit.js";
import { isJpeg, type JpegHeader, jpegHeader } from "./jpeg/header.js";
import { wantedOf, type Wish } from "./wanted.js";

/** How a resize fills its target; the words are those of sharp and of CSS `object-fit`. */
export interface ResizeSettings {
  readonly width: number;
  readonly height: number;
  readonly fit: "fill" | "cover" | "contain" | "inside" | "outside";
  readonly kernel: "nearest" | "linear" | "cubic" | "mitchell" | "lanczos2" | "lanczos3";
}

/** What an image file is read as. */
export interface DecodeSettings {
  /** Channels of the pixels: 3, 1 (luma of the colours, as Pillow's "L") or 4. */
  readonly mode: "rgb" | "grayscale" | "rgba";
  /** Colour under transparent pixels, `#rrggbb`, where the mode has no alpha channel. */
  readonly background: string;
  /** Turn the picture as its EXIF orientation says. */
  readonly autoOrient: boolean;
  /** What decodes JPEG files; sharp if left out, and all else by sharp in any case. */
  readonly decoder?: "sharp" | "turbojpeg" | "libvips";
  /** How far a JPEG decoder may reduce the picture before the kernel does: exact if left out. */
  readonly reduce?: "exact" | "fast";
  /** Most pixels of an image, before and after it is resized; sharp's own limit if left out. */
  readonly maxPixels?: number;
  /** What becomes of a picture that a decoder warns of, and reads all the same: it is taken, unless this is "error". */
  readonly onWarning?: "log" | "error";
  /** Told of each such picture that is taken. */
  readonly warn?: (path: string, reason: string) => void;
}

type SharpModule = typeof import("sharp").default;
let loading: Promise<SharpModule> | undefined;

/** sharp, loaded at the first call. */
function loadSharp(): Promise<SharpModule> {
  loading ??= import("sharp").then(
    ({ default: sharp }) => {
      // Samples are decoded side by side: one thread for each, and no cache, which would only hold what is never re-read.
      sharp.concurrency(1);
      sharp.cache(false);
      return sharp;
    },
    (cause: unknown) => {
      throw new MillraceError("PACKAGE_MISSING", `sharp cannot be loaded: ${messageOf(cause)}`, {
        cause,
        hint: "Install it for this platform: npm install --include=optional sharp.",
      });
    },
  );
  return loading;
}

/**
 * Decodes the file at `path`, or `content` if it has been read already, resizing or cropping in the same pipeline as is
 * wished, to uint8 [height, width, 3], or [height, width, 4] in mode "rgba". What sharp only warns of is told to
 * `settings.warn`, or an error too, as `settings.onWarning` says.
 * Errors: FILE_NOT_FOUND, FILE_FORMAT.
 */
export async function decodeWithSharp(
  path: string,
  content: Buffer | undefined,
  settings: DecodeSettings,
  wish?: Wish,
): Promise<NdArray> {
  try {
    return await decodedAt("warning", path, content, settings, wish);
  } catch (warning) {
    if (warning instanceof MillraceError) throw warning;
    if (/pixel limit/i.test(messageOf(warning))) throw tooManyPixels(path, limitOf(settings));
    if (settings.onWarning === "error") throw await decodeFault(path, content, warning);
    try {
      const pixels = await decodedAt("error", path, content, settings, wish);
      settings.warn?.(path, reasonOf(path, warning));
      return pixels;
    } catch {
      throw await decodeFault(path, content, warning);
    }
  }
}

async function decodedAt(
  failOn: "warning" | "error",
  path: string,
  content: Buffer | undefined,
  settings: DecodeSettings,
  wish: Wish,
): Promise<NdArray> {
  const sharp = await loadSharp();
  const autoOrient = settings.autoOrient || isTiff(path, content);
  const limitInputPixels = limitOf(settings);
  const needsSize = typeof wish === "function" || (wish !== undefined && keepsRatio(wish));
  const header = needsSize && content ? jpegHeader(content) : undefined;
  const own =
    needsSize && header === undefined
      ? await sizeOf(sharp(content ?? path, { failOn, limitInputPixels }), autoOrient)
      : header && turnedSize(header, autoOrient);
  const { window, resize, finish } = wantedOf(wish, own);
  const make = (): Sharp => {
    const image = sharp(content ?? path, { failOn, autoOrient, limitInputPixels });
    if (settings.mode === "rgba") image.ensureAlpha();
    // Where there is nothing to flatten, asking costs a tenth of the time.
    else if (content === undefined || !isJpeg(content)) image.flatten({ background: settings.background });
    return window === undefined ? image : image.extract(window);
  };
  if (own !== undefined && resize !== undefined) {
    const wanted = keepsRatio(resize) ? scaledSize(own, resize) : resize;
    if (wanted.width * wanted.height > limitInputPixels) throw tooManyPixels(path, limitInputPixels, wanted);
  }
  const made = await run(make(), resize, settings.reduce);
  const isFitted = own !== undefined && resize !== undefined && keepsRatio(resize);
  const pixels = isFitted ? await fitted(made, own, resize, make) : made;
  return finish?.(pixels) ?? pixels;
}

/** What sharp itself takes at most. */
const sharpsLimit = 0x3fff ** 2;

function limitOf({ maxPixels = sharpsLimit }: DecodeSettings): number {
  return maxPixels;
}

async function sizeOf(image: Sharp, autoOrient: boolean): Promise<Size> {
  const { autoOrient: turned, width, height } = await image.metadata();
  return autoOrient ? turned : { width, height };
}

/** EXIF's orientations from 5 on lie on their side. */
function turnedSize({ width, height, orientation }: JpegHeader, autoOrient: boolean): Size {
  return autoOrient && orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** Of all formats, TIFF alone is turned as it says by whoever reads it: Pillow does, so torchvision does. */
function isTiff(path: string, content: Buffer | undefined): boolean {
  const start = content?.toString("latin1", 0, 4);
  return start === undefined ? /\.tiff?$/i.test(path) : start === "II*\0" || start === "MM\0*";
}

/** Resizes uint8 pixels [height, width, 1, 3 or 4]. */
export async function resizePixels(pixels: NdArray, resize: ResizeSettings): Promise<NdArray> {
  const [height, width, channels] = pixels.shape;
  if (height === resize.height && width === resize.width) return pixels;
  const sharp = await loadSharp();
  const raw = { width, height, channels } as SharpOptions["raw"];
  const make = (): Sharp => {
    const image = sharp(pixels.data as Uint8Array, { raw });
    if (channels === 1) image.toColourspace("b-w");
    return image;
  };
  if (!keepsRatio(resize)) return run(make(), resize);
  const wanted = scaledSize({ width, height }, resize);
  if (wanted.width * wanted.height > sharpsLimit)
    throw tooManyPixels(`resize of ${width} × ${height} pixels`, sharpsLimit, wanted);
  return fitted(await run(make(), resize), { width, height }, resize, make);
}

/** sharp reduces in steps and rounds after each, so a side may be a pixel off the nearest: then it is told the size. */
function fitted(
  pixels: NdArray,
  own: Size,
  resize: ResizeSettings,
  make: () => Sharp,
): NdArray | Promise<NdArray> {
  const wanted = scaledSize(own, resize);
  const [height, width] = pixels.shape;
  if (height === wanted.height && width === wanted.width) return pixels;
  return run(make(), { ...resize, ...wanted, fit: "fill" });
}

async function run(
  image: Sharp,
  resize: ResizeSettings | undefined,
  reduce?: DecodeSettings["reduce"],
): Promise<NdArray> {
  if (resize !== undefined) {
    const { width, height, fit, kernel } = resize;
    // The fast way may leave the whole reduction to the decoder, whatever the kernel asked for.
    image.resize({ width, height, fit, kernel, fastShrinkOnLoad: reduce === "fast" });
  }
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return {
    dtype: "uint8",
    shape: [info.height, info.width, info.channels],
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}
