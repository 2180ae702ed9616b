/** The door to sharp: loads it once, and runs one pipeline per call, from a file or from pixels. */
import { access } from "node:fs/promises";
import { MillraceError, messageOf, type NdArray } from "@millrace/core";
import type { Sharp, SharpOptions } from "sharp";
import { isJpeg } from "./jpeg/header.js";

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
  readonly decoder?: "sharp" | "turbojpeg";
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
 * Decodes the file at `path`, or `content` if it has been read already, resizing in the same pipeline if `resize` is
 * given, to uint8 [height, width, 3], or [height, width, 4] in mode "rgba".
 * Errors: FILE_NOT_FOUND; FILE_FORMAT for anything sharp only warns of, too.
 */
export async function decodeWithSharp(
  path: string,
  content: Buffer | undefined,
  settings: DecodeSettings,
  resize?: ResizeSettings,
): Promise<NdArray> {
  const sharp = await loadSharp();
  try {
    const image = sharp(content ?? path, { failOn: "warning", autoOrient: settings.autoOrient });
    if (settings.mode === "rgba") image.ensureAlpha();
    // Where there is nothing to flatten, asking costs a tenth of the time.
    else if (content === undefined || !isJpeg(content)) image.flatten({ background: settings.background });
    return await run(image, resize);
  } catch (cause) {
    throw await decodeError(path, cause);
  }
}

/** Resizes uint8 pixels [height, width, 1, 3 or 4]. */
export async function resizePixels(pixels: NdArray, resize: ResizeSettings): Promise<NdArray> {
  const [height, width, channels] = pixels.shape;
  if (height === resize.height && width === resize.width) return pixels;
  const sharp = await loadSharp();
  const raw = { width, height, channels } as SharpOptions["raw"];
  const image = sharp(pixels.data as Uint8Array, { raw });
  if (channels === 1) image.toColourspace("b-w");
  return run(image, resize);
}

async function run(image: Sharp, resize: ResizeSettings | undefined): Promise<NdArray> {
  if (resize !== undefined) {
    const { width, height, fit, kernel } = resize;
    // The fast way would leave the whole reduction to the decoder, whatever the kernel asked for.
    image.resize({ width, height, fit, kernel, fastShrinkOnLoad: false });
  }
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return {
    dtype: "uint8",
    shape: [info.height, info.width, info.channels],
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

async function decodeError(path: string, cause: unknown): Promise<MillraceError> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    return new MillraceError("FILE_NOT_FOUND", "an image file is no longer there, or cannot be read", {
      where: [path],
      cause,
    });
  }
  const reason = messageOf(cause).split("\n")[0].replace(`${path}: `, "");
  return new MillraceError("FILE_FORMAT", `an image must decode without faults, but: ${reason}`, {
    where: [path],
    cause,
    hint: "Replace or remove the file.",
  });
}
