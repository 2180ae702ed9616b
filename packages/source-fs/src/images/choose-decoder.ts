/** Which decoder JPEG files get: the fastest that is there, and said aloud, for sharp's pixels differ a little. */
import { isMainThread } from "node:worker_threads";
import type { ImageOptions, Logger } from "@millrace/core";
import { findLibvips, libvips } from "./jpeg/libvips.js";
import { findTurboJpeg, turboJpeg } from "./jpeg/turbojpeg.js";
import { canResample } from "./resample/resample.js";
import type { DecodeSettings } from "./sharp-engine.js";

type Decoder = NonNullable<DecodeSettings["decoder"]>;

const told = new WeakSet<Logger>();

/**
 * What is asked for, or what "auto" comes to on this machine; nothing is looked for where none
 * of the `names` is that of a JPEG file.
 * Errors: PACKAGE_MISSING for a library that is asked for and not there.
 */
export function chooseDecoder(
  asked: ImageOptions["decoder"],
  names: readonly string[] | undefined,
  logger: Logger | undefined,
): Decoder {
  if (asked === "turbojpeg") turboJpeg();
  if (asked === "libvips") libvips();
  if (asked !== "auto") return asked;
  if (names?.some((name) => /\.jpe?g$/i.test(name)) === false) return "sharp";
  const { decoder, reason } = jpegDecoder();
  // Workers choose the same, and so does whoever asks next; one line is enough.
  if (isMainThread && logger !== undefined && !told.has(logger)) {
    told.add(logger);
    logger.info({ decoder }, `JPEG files are decoded by ${decoder}: ${reason}`);
  }
  return decoder;
}

export interface BestDecoder {
  readonly decoder: Decoder;
  readonly reason: string;
  /** The command that adds a faster one, where there is one. */
  readonly faster?: string;
}

/** What JPEG files are decoded by on this machine, where nobody asks for another decoder. */
export function jpegDecoder(): BestDecoder {
  if (!canResample()) return { decoder: "sharp", reason: "WebAssembly has no vectors here" };
  const turbo = findTurboJpeg();
  if ("library" in turbo) return { decoder: "turbojpeg", reason: turbo.from };
  const { command: faster } = turbo;
  const vips = findLibvips();
  if ("library" in vips) {
    const reason = `${vips.from}; ${turbo.missing}; faster still after \`${faster}\``;
    return { decoder: "libvips", reason, faster };
  }
  // Where koffi is missing, it is so for both.
  const missing = [...new Set([turbo.missing, vips.missing])].join(", and ");
  return { decoder: "sharp", reason: `${missing}; several times faster after \`${faster}\``, faster };
}
