/** Which decoder JPEG files get: the fast one where it is there, and said aloud, for its pixels differ a little. */
import { isMainThread } from "node:worker_threads";
import type { Logger } from "@millrace/core";
import { z } from "zod";
import { findTurboJpeg, turboJpeg } from "./jpeg/turbojpeg.js";
import { canResample } from "./resample/resample.js";
import type { DecodeSettings } from "./sharp-engine.js";

export const decoderOption = z
  .enum(["auto", "sharp", "turbojpeg"])
  .default("auto")
  .describe(
    "what decodes and resizes JPEG files: turbojpeg is the system's libjpeg-turbo, several times faster than sharp; auto takes it where it is installed, and logs its choice; their pixels differ by a level here and there, so name one where runs on several machines must agree to the bit",
  );

/**
 * What is asked for, or what "auto" comes to on this machine; nothing is looked for where no path is that of a JPEG file.
 * Errors: PACKAGE_MISSING for a turbojpeg that is asked for and not there.
 */
export function chooseDecoder(
  asked: z.output<typeof decoderOption>,
  paths: readonly string[],
  logger: Logger | undefined,
): NonNullable<DecodeSettings["decoder"]> {
  if (asked === "turbojpeg") turboJpeg();
  if (asked !== "auto") return asked;
  if (!paths.some((path) => /\.jpe?g$/i.test(path))) return "sharp";
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
