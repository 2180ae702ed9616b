/** Options that transforms of images share, in torchvision's words. */
import { MillraceError } from "@millrace/core";
import { z } from "zod";
import { interpolations } from "../pixels/interpolate.js";
import type { Pixels } from "../pixels/pixels.js";
import { paddingModes } from "../pixels/window.js";

const extent = z.int().min(1).max(16_384);

/** Height and width in pixels. */
export const sizeOption = z.union([extent, z.tuple([extent, extent])]);

export function sizeOf(size: z.output<typeof sizeOption>): {
  readonly width: number;
  readonly height: number;
} {
  const [height, width] = typeof size === "number" ? [size, size] : size;
  return { width, height };
}

/** A share of the samples. */
export const probabilityOption = z.number().min(0).max(1).default(0.5);

/** [low, high] of numbers between two bounds. */
export function rangeOption(least: number, most = Number.POSITIVE_INFINITY) {
  const number = z.number().min(least).max(Math.min(most, Number.MAX_VALUE));
  return z.tuple([number, number]).refine(([low, high]) => low <= high, { error: "must be [low, high]" });
}

const value = z.number().min(0).max(255);

/** A value of pixels, or one for each channel. */
export const fillOption = z.union([value, z.array(value).min(1).max(4)]);

/** The value for each channel of these pixels, or one for all. Errors: TRANSFORM_INPUT, where their numbers differ. */
export function fillOf(
  fill: number | readonly number[],
  { shape }: Pixels,
  transform: string,
  option = "fill",
): readonly number[] {
  const values = typeof fill === "number" ? [fill] : fill;
  if (values.length === 1 || values.length === shape[2]) return values;
  throw new MillraceError(
    "TRANSFORM_INPUT",
    `${transform} needs one value in \`${option}\`, or one for each channel, was ${values.length} for an image of ${shape[2]}`,
    { hint: `Write \`${option}\` as one number, or as ${shape[2]}.` },
  );
}

export const paddingModeOption = z
  .enum(paddingModes)
  .default("constant")
  .describe(
    "what lies beyond the borders: constant, the value of fill; edge, the border's own pixels; reflect and symmetric mirror the image, without its border pixels or with them",
  );

const border = z.int().min(0).max(65_535);

/** Pixels on all sides, [left and right, top and bottom], or [left, top, right, bottom]. */
export const paddingOption = z.union([
  border,
  z.tuple([border, border]),
  z.tuple([border, border, border, border]),
]);

export function paddingOf(padding: z.output<typeof paddingOption>): [number, number, number, number] {
  if (typeof padding === "number") return [padding, padding, padding, padding];
  if (padding.length === 4) return padding;
  const [across, down] = padding;
  return [across, down, across, down];
}

export const warpOption = z.enum(["nearest", "bilinear"]).default("nearest");

export const interpolationOption = z
  .enum(interpolations)
  .default("bilinear")
  .describe("how pixels of the new size are made; nearest is torch's, nearest-exact Pillow's");

export const antialiasOption = z
  .boolean()
  .default(true)
  .describe(
    "give all pixels that become one their share when shrinking, as Pillow does; false takes the nearest few. Nearest ones have none",
  );
