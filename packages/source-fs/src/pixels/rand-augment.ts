/** RandAugment's operations and their magnitudes, as torchvision has them. */
import { contrasted, saturated } from "./colour.js";
import { sharpened } from "./filters.js";
import { type Pixels, roundEven } from "./pixels.js";
import { autoContrasted, brightened, equalized, posterized, solarized } from "./tones.js";
import { affine, type Fill, rotated, type WarpInterpolation } from "./warp.js";

/** What an operation reads beside its magnitude. */
export interface AugmentSettings {
  readonly interpolation: WarpInterpolation;
  readonly fill: Fill;
}

interface Operation {
  readonly name: string;
  /** Its magnitude in a bin, for an image of this size; left out where it has none. */
  magnitude?(bin: number, bins: number, width: number, height: number): number;
  /** True if the magnitude is turned to its negative half of the time. */
  readonly signed: boolean;
  apply(pixels: Pixels, magnitude: number, settings: AugmentSettings): Pixels;
}

/** torch.linspace in float32: from both ends to the middle. */
function linspace(start: number, end: number, bin: number, bins: number): number {
  if (bins === 1) return Math.fround(start);
  const step = Math.fround(Math.fround(Math.fround(end) - Math.fround(start)) / (bins - 1));
  return bin < bins / 2
    ? Math.fround(start + step * bin)
    : Math.fround(Math.fround(end) - step * (bins - 1 - bin));
}

const upTo =
  (most: number) =>
  (bin: number, bins: number): number =>
    linspace(0, most, bin, bins);
const still = { angle: 0, translate: [0, 0], scale: 1, shear: [0, 0] } as const;
const degrees = (slope: number): number => (Math.atan(slope) * 180) / Math.PI;
/** From the centre to the first pixel's corner, about which images are sheared. */
const corner = ({ shape: [height, width] }: Pixels): [number, number] => [-width / 2, -height / 2];

/** In torchvision's order, by which they are drawn. */
export const operations: readonly Operation[] = [
  { name: "Identity", signed: false, apply: (pixels) => pixels },
  {
    name: "ShearX",
    signed: true,
    magnitude: upTo(0.3),
    apply: (pixels, slope, { interpolation, fill }) =>
      affine(pixels, { ...still, shear: [degrees(slope), 0] }, interpolation, fill, corner(pixels)),
  },
  {
    name: "ShearY",
    signed: true,
    magnitude: upTo(0.3),
    apply: (pixels, slope, { interpolation, fill }) =>
      affine(pixels, { ...still, shear: [0, degrees(slope)] }, interpolation, fill, corner(pixels)),
  },
  {
    name: "TranslateX",
    signed: true,
    magnitude: (bin, bins, width) => linspace(0, (150 / 331) * width, bin, bins),
    apply: (pixels, by, { interpolation, fill }) =>
      affine(pixels, { ...still, translate: [Math.trunc(by), 0] }, interpolation, fill),
  },
  {
    name: "TranslateY",
    signed: true,
    magnitude: (bin, bins, _, height) => linspace(0, (150 / 331) * height, bin, bins),
    apply: (pixels, by, { interpolation, fill }) =>
      affine(pixels, { ...still, translate: [0, Math.trunc(by)] }, interpolation, fill),
  },
  {
    name: "Rotate",
    signed: true,
    magnitude: upTo(30),
    apply: (pixels, angle, settings) => rotated(pixels, angle, { ...settings, expand: false }),
  },
  {
    name: "Brightness",
    signed: true,
    magnitude: upTo(0.9),
    apply: (pixels, by) => brightened(pixels, 1 + by),
  },
  { name: "Color", signed: true, magnitude: upTo(0.9), apply: (pixels, by) => saturated(pixels, 1 + by) },
  { name: "Contrast", signed: true, magnitude: upTo(0.9), apply: (pixels, by) => contrasted(pixels, 1 + by) },
  { name: "Sharpness", signed: true, magnitude: upTo(0.9), apply: (pixels, by) => sharpened(pixels, 1 + by) },
  {
    name: "Posterize",
    signed: false,
    magnitude: (bin, bins) => roundEven(8 - Math.fround(bin / Math.fround((bins - 1) / 4))),
    apply: (pixels, bits) => posterized(pixels, bits),
  },
  {
    name: "Solarize",
    signed: false,
    magnitude: (bin, bins) => linspace(1, 0, bin, bins),
    apply: (pixels, threshold) => solarized(pixels, 255 * threshold),
  },
  { name: "AutoContrast", signed: false, apply: (pixels) => autoContrasted(pixels) },
  { name: "Equalize", signed: false, apply: (pixels) => equalized(pixels) },
];
