/** Which decoder JPEG files get: the fast one where it is there, and said aloud, for its pixels differ a little. */
import { isMainThread } from "node:worker_threads";
import type { ImageOptions, Logger } from "@millrace/core";
import { findTurboJpeg, turboJpeg } from "./jpeg/turbojpeg.js";
import { canResample } from "./resample/resample.js";
import type { DecodeSettings } from "./sharp-engine.js";

/**
 * What is asked for, or what "auto" comes to on this machine; nothing is looked for where none
 * of the `names` is that of a JPEG file.
 * Errors: PACKAGE_MISSING for a turbojpeg that is asked for and not there.
 */
export function chooseDecoder(
  asked: ImageOptions["decoder"],
  names: readonly string[] | undefined,
  logger: Logger | undefined,
): NonNullable<DecodeSettings["decoder"]> {
  if (asked === "turbojpeg") turboJpeg();
  if (asked !== "auto") return asked;
  if (names?.some((name) => /\.jpe?g$/i.test(name)) === false) return "sharp";
  const { decoder, reason } = bestDecoder();
  // Workers choose the same; one line is enough.
  if (isMainThread) logger?.info({ decoder }, `JPEG files are decoded by ${decoder}: ${reason}`);
  return decoder;
}

function bestDecoder(): { decoder: "sharp" | "turbojpeg"; reason: string } {
  const turbo = findTurboJpeg();
  if ("missing" in turbo) {
    const reason = `${turbo.missing}; several times faster after \`${turbo.command}\``;
    return { decoder: "sharp", reason };
  }
  if (!canResample()) return { decoder: "sharp", reason: "WebAssembly has no vectors here" };
  return { decoder: "turbojpeg", reason: `the system has it (${turbo.library})` };
}
