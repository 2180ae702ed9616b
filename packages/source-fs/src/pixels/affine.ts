/** Affine maps of images: the matrix as torchvision builds it, and bilinear sampling as Pillow does it. */
import type { NdArray } from "@millrace/core";

/** torchvision's parameters of `affine`. */
export interface AffineParameters {
  /** Degrees, clockwise as seen on the screen. */
  readonly angle: number;
  /** Pixels to the right and down. */
  readonly translate: readonly [number, number];
  readonly scale: number;
  /** Degrees along x and along y. */
  readonly shear: readonly [number, number];
}

/** Maps (x, y) of the output to the input: [a, b, c, d, e, f] means (ax + by + c, dx + ey + f). */
export type AffineMatrix = readonly [number, number, number, number, number, number];

/**
 * The inverse of T·C·RotateScaleShear·C⁻¹ about (centerX, centerY)
 * (torchvision.transforms.functional._get_inverse_affine_matrix).
 */
export function inverseAffineMatrix(
  { angle, translate, scale, shear }: AffineParameters,
  centerX: number,
  centerY: number,
): AffineMatrix {
  const rotation = (angle * Math.PI) / 180;
  const shearX = (shear[0] * Math.PI) / 180;
  const shearY = (shear[1] * Math.PI) / 180;
  const a = Math.cos(rotation - shearY) / Math.cos(shearY);
  const b = (-Math.cos(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(rotation);
  const c = Math.sin(rotation - shearY) / Math.cos(shearY);
  const d = (-Math.sin(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(rotation);
  const [m0, m1, m3, m4] = [d / scale, -b / scale, -c / scale, a / scale];
  const x = -centerX - translate[0];
  const y = -centerY - translate[1];
  return [m0, m1, m0 * x + m1 * y + centerX, m3, m4, m3 * x + m4 * y + centerY];
}

/**
 * The image seen through `matrix`, in the same shape: uint8 [height, width, channels], bilinear at pixel centres.
 * What lies outside the input becomes `fill`; within half a pixel of its border the border's own value holds.
 */
export function warpAffine(pixels: NdArray, matrix: AffineMatrix, fill: number): NdArray {
  const [height, width, channels] = pixels.shape;
  const from = pixels.data as Uint8Array;
  const to = new Uint8Array(from.length).fill(fill);
  const [a, b, c, d, e, f] = matrix;
  for (let y = 0, target = 0; y < height; y++) {
    for (let x = 0; x < width; x++, target += channels) {
      const sourceX = a * (x + 0.5) + b * (y + 0.5) + c;
      const sourceY = d * (x + 0.5) + e * (y + 0.5) + f;
      if (sourceX < 0 || sourceX >= width || sourceY < 0 || sourceY >= height) continue;
      const left = Math.floor(sourceX - 0.5);
      const top = Math.floor(sourceY - 0.5);
      const right = left + 1 < width ? left + 1 : left;
      const bottom = top + 1 < height ? top + 1 : top;
      const upper = (top < 0 ? 0 : top) * width;
      const lower = bottom * width;
      const first = left < 0 ? 0 : left;
      const weightX = sourceX - 0.5 - left;
      const weightY = sourceY - 0.5 - top;
      for (let k = 0; k < channels; k++) {
        const p = from[(upper + first) * channels + k];
        const q = from[(lower + first) * channels + k];
        const above = p + (from[(upper + right) * channels + k] - p) * weightX;
        const below = q + (from[(lower + right) * channels + k] - q) * weightX;
        to[target + k] = above + (below - above) * weightY + 0.5;
      }
    }
  }
  return { dtype: "uint8", shape: pixels.shape, data: to };
}
