/** Index arithmetic that the gradients of convolutions over volumes share. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";

export type Extents = [number, number, number];
export type Volumes = [number, number, number, number, number];

export interface Convolution3d {
  readonly strides: number | Extents;
  readonly pad: "valid" | "same";
}

/** Extents along depth, height or width. */
export interface VolumeAxis {
  readonly input: number;
  readonly output: number;
  readonly window: number;
  readonly stride: number;
  /** Padding before the input. */
  readonly before: number;
}

/** Depth, height and width of a convolution without dilation. */
export function volumeAxes(
  tf: Core,
  input: readonly number[],
  filter: readonly number[],
  { strides, pad }: Convolution3d,
): VolumeAxis[] {
  const info = tf.backend_util.computeConv3DInfo(input as Volumes, filter as Volumes, strides, 1, pad);
  const { front, top, left } = info.padInfo;
  const axis = (extents: [number, number, number, number, number]): VolumeAxis => {
    const [size, output, window, stride, before] = extents;
    return { input: size, output, window, stride, before };
  };
  return [
    axis([info.inDepth, info.outDepth, info.filterDepth, info.strideDepth, front]),
    axis([info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, top]),
    axis([info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, left]),
  ];
}

/** dy of shape [batch, depth, height, width, channels] with `stride` − 1 zeros between neighbours. */
export function spreadApart(tf: Core, dy: Tensor, axes: readonly VolumeAxis[]): Tensor {
  return axes.reduce((spread, { stride }, i) => apart(tf, spread, i + 1, stride), dy);
}

/** Volumes with `edges` elements more, or fewer where negative, before and after along depth, height and width. */
export function withEdges(tf: Core, x: Tensor, edges: readonly (readonly [number, number])[]): Tensor {
  const pads = edges.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  const padded = tf.pad(x, [[0, 0], ...pads, [0, 0]]);
  const begin = [0, ...edges.map(([before]) => Math.max(-before, 0)), 0];
  const size = padded.shape.map((extent, axis) => {
    const after = edges[axis - 1]?.[1] ?? 0;
    return extent - begin[axis] - Math.max(-after, 0);
  });
  return tf.slice(padded, begin, size);
}

function apart(tf: Core, x: Tensor, axis: number, stride: number): Tensor {
  if (stride === 1) return x;
  const { shape } = x;
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)].map((part) =>
    part.reduce((size, extent) => size * extent, 1),
  );
  const extent = shape[axis];
  const spread = tf.pad(tf.reshape(x, [outer, extent, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  const length = (extent - 1) * stride + 1;
  const whole = tf.reshape(spread, [outer, extent * stride, inner]);
  const trimmed = tf.slice(whole, [0, 0, 0], [outer, length, inner]);
  return tf.reshape(trimmed, [...shape.slice(0, axis), length, ...shape.slice(axis + 1)]);
}
