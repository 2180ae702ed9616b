/** Affine maps of images with torchvision's arithmetic on tensors: a grid of places, read by nearest neighbour or bilinearly. */
import { type AffineMatrix, type AffineParameters, inverseAffineMatrix } from "./affine.js";
import { turned } from "./mirror.js";
import { blank, type Pixels, roundEven } from "./pixels.js";

/** How a place between pixels is read. */
export type WarpInterpolation = "nearest" | "bilinear";

/** What comes in from outside: a value, or one for each channel; undefined is 0 (torchvision's `fill=None`). */
export type Fill = readonly number[] | undefined;

/**
 * The image seen through `matrix`, which maps places of the output to places of the input, both counted from the centre:
 * torch's `grid_sample` with zeros around the image. Between the outermost pixels and the outside it mixes both; where
 * `fill` is stated, as torchvision does, the pixels' share twice.
 */
export function warped(
  pixels: Pixels,
  matrix: AffineMatrix,
  size: { readonly width: number; readonly height: number },
  interpolation: WarpInterpolation,
  fill: Fill,
): Pixels {
  const made = blank(pixels, size.height, size.width);
  if (interpolation === "nearest") warpNearest(pixels, made, matrix, fill);
  else warpBilinear(pixels, made, matrix, fill);
  return made;
}

function warpNearest(pixels: Pixels, made: Pixels, matrix: AffineMatrix, fill: Fill = [0]): void {
  const [height, width, channels] = pixels.shape;
  const [down, across] = made.shape;
  const { data: from } = pixels;
  const { data: to } = made;
  const [a, b, c, d, e, f] = matrix;
  for (let y = 0, target = 0; y < down; y++) {
    const fromCenterY = y - (down - 1) / 2;
    for (let x = 0; x < across; x++) {
      const fromCenterX = x - (across - 1) / 2;
      const column = roundEven(a * fromCenterX + b * fromCenterY + c + (width - 1) / 2);
      const row = roundEven(d * fromCenterX + e * fromCenterY + f + (height - 1) / 2);
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      const source = (row * width + column) * channels;
      for (let k = 0; k < channels; k++, target++)
        to[target] = inside ? from[source + k] : fill[fill.length === 1 ? 0 : k];
    }
  }
}

function warpBilinear(pixels: Pixels, made: Pixels, matrix: AffineMatrix, fill: Fill): void {
  const [height, width, channels] = pixels.shape;
  const [down, across] = made.shape;
  const { data: from } = pixels;
  const { data: to } = made;
  const half = pixels.dtype === "uint8" ? 0.5 : 0;
  const [a, b, c, d, e, f] = matrix;
  for (let y = 0, target = 0; y < down; y++) {
    const fromCenterY = y - (down - 1) / 2;
    for (let x = 0; x < across; x++) {
      const fromCenterX = x - (across - 1) / 2;
      const placeX = a * fromCenterX + b * fromCenterY + c + (width - 1) / 2;
      const placeY = d * fromCenterX + e * fromCenterY + f + (height - 1) / 2;
      const left = Math.floor(placeX);
      const top = Math.floor(placeY);
      const shareX = placeX - left;
      const shareY = placeY - top;
      const leftInside = left >= 0 && left < width;
      const rightInside = left >= -1 && left < width - 1;
      const topInside = top >= 0 && top < height;
      const bottomInside = top >= -1 && top < height - 1;
      const w00 = leftInside && topInside ? (1 - shareX) * (1 - shareY) : 0;
      const w01 = rightInside && topInside ? shareX * (1 - shareY) : 0;
      const w10 = leftInside && bottomInside ? (1 - shareX) * shareY : 0;
      const w11 = rightInside && bottomInside ? shareX * shareY : 0;
      const share = w00 + w01 + w10 + w11;
      const source = (top * width + left) * channels;
      for (let k = 0; k < channels; k++, target++) {
        let value = 0;
        if (w00 > 0) value += w00 * from[source + k];
        if (w01 > 0) value += w01 * from[source + channels + k];
        if (w10 > 0) value += w10 * from[source + width * channels + k];
        if (w11 > 0) value += w11 * from[source + (width + 1) * channels + k];
        if (fill !== undefined) {
          const outside = fill[fill.length === 1 ? 0 : k];
          value = (value - outside) * share + outside;
        }
        to[target] = value + half;
      }
    }
  }
}

/** torchvision's `affine`, about the centre of the image, or `fromCenter` pixels off it. */
export function affine(
  pixels: Pixels,
  parameters: AffineParameters,
  interpolation: WarpInterpolation,
  fill: Fill,
  fromCenter: readonly [x: number, y: number] = [0, 0],
): Pixels {
  const [height, width] = pixels.shape;
  const matrix = inverseAffineMatrix(parameters, fromCenter[0], fromCenter[1]);
  return warped(pixels, matrix, { width, height }, interpolation, fill);
}

/** torchvision's `rotate`: by `angle` degrees counter-clockwise about the centre; quarter turns are exact where they fit. */
export function rotated(
  pixels: Pixels,
  angle: number,
  { interpolation, expand, fill }: { interpolation: WarpInterpolation; expand: boolean; fill: Fill },
): Pixels {
  const [height, width] = pixels.shape;
  const degrees = angle - Math.floor(angle / 360) * 360;
  if (degrees === 0) return pixels;
  const quarters = degrees / 90;
  if (quarters === 2 || (Number.isInteger(quarters) && (expand || width === height)))
    return turned(pixels, quarters);
  const still = { translate: [0, 0], scale: 1, shear: [0, 0] } as const;
  const matrix = inverseAffineMatrix({ ...still, angle: -degrees }, 0, 0);
  const size = expand ? expandedSize(matrix, width, height) : { width, height };
  return warped(pixels, matrix, size, interpolation, fill);
}

/** The size that holds the whole image (torchvision's `_compute_affine_output_size`), with its rounding in float32. */
function expandedSize([a, b, , d, e]: AffineMatrix, width: number, height: number) {
  const [halfX, halfY] = [width / 2, height / 2];
  const corners = [
    [-halfX, -halfY],
    [-halfX, halfY],
    [halfX, halfY],
    [halfX, -halfY],
  ];
  const extent = (first: number, second: number, half: number): number => {
    const places = corners.map(([x, y]) => Math.fround(first * x + second * y + half));
    const cut = (place: number) => Math.fround(Math.trunc(place * 1e4) * 1e-4);
    return Math.ceil(cut(Math.max(...places))) - Math.floor(cut(Math.min(...places)));
  };
  return { width: extent(a, b, halfX), height: extent(d, e, halfY) };
}
