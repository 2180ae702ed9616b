/** Index arithmetic that the convolution gradients share: padding to what the windows read, and spreading by stride. */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";

/** Extents along one spatial axis. */
export interface Axis {
  /** Length of the input. */
  readonly input: number;
  /** Length of the output. */
  readonly output: number;
  /** Length of the window, dilation included. */
  readonly window: number;
  readonly stride: number;
  /** Padding before the input. */
  readonly before: number;
}

export interface Window2d {
  readonly height: Axis;
  readonly width: Axis;
}

export type Conv2dInfo = ReturnType<Core["backend_util"]["computeConv2DInfo"]>;

export function window2dOf(info: Conv2dInfo): Window2d {
  return {
    height: {
      input: info.inHeight,
      output: info.outHeight,
      window: info.effectiveFilterHeight,
      stride: info.strideHeight,
      before: info.padInfo.top,
    },
    width: {
      input: info.inWidth,
      output: info.outWidth,
      window: info.effectiveFilterWidth,
      stride: info.strideWidth,
      before: info.padInfo.left,
    },
  };
}

/** `x` of shape [batch, height, width, channels], padded and cut to exactly the rows and columns that windows read. */
export function fitToWindows(tf: Core, x: Tensor4D, { height, width }: Window2d): Tensor4D {
  return resizeEdges(tf, x, edgesRead(height), edgesRead(width));
}

function edgesRead({ input, output, window, stride, before }: Axis): Edges {
  return { before, after: (output - 1) * stride + window - input - before };
}

/**
 * The gradient `dy` laid out so that a stride-1 convolution with the flipped filter gives the gradient of the input:
 * stride − 1 zeros between the elements, and edges such that the result has the input's extent.
 */
export function spreadForInput(tf: Core, dy: Tensor4D, { height, width }: Window2d): Tensor4D {
  const spread = insertZeros(tf, dy, height.stride, width.stride);
  return resizeEdges(tf, spread, edgesSpread(height), edgesSpread(width));
}

function edgesSpread({ input, output, window, stride, before }: Axis): Edges {
  return { before: window - 1 - before, after: input - 1 + before - (output - 1) * stride };
}

/** Elements to add at the two ends of an axis; negative numbers cut. */
interface Edges {
  readonly before: number;
  readonly after: number;
}

function resizeEdges(tf: Core, x: Tensor4D, height: Edges, width: Edges): Tensor4D {
  const grown = [height, width].some((edges) => edges.before > 0 || edges.after > 0)
    ? tf.pad(x, [[0, 0], grow(height), grow(width), [0, 0]])
    : x;
  if (![height, width].some((edges) => edges.before < 0 || edges.after < 0)) return grown;
  const [batch, rows, columns, channels] = x.shape;
  return tf.slice(
    grown,
    [0, Math.max(0, -height.before), Math.max(0, -width.before), 0],
    [batch, rows + height.before + height.after, columns + width.before + width.after, channels],
  );
}

function grow({ before, after }: Edges): [number, number] {
  return [Math.max(0, before), Math.max(0, after)];
}

function insertZeros(tf: Core, x: Tensor4D, strideHeight: number, strideWidth: number): Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return x;
  const [batch, rows, columns, channels] = x.shape;
  const tall = padAfter(tf, x, batch * rows, columns * channels, strideHeight);
  const wide = padAfter(tf, tall, batch * rows * strideHeight * columns, channels, strideWidth);
  const spread = tf.reshape(wide, [batch, rows * strideHeight, columns * strideWidth, channels]);
  const height = (rows - 1) * strideHeight + 1;
  const width = (columns - 1) * strideWidth + 1;
  return tf.slice(spread as Tensor4D, [0, 0, 0, 0], [batch, height, width, channels]);
}

/** Each of `count` runs of `length` elements, followed by stride − 1 runs of zeros. */
function padAfter(tf: Core, x: Tensor4D, count: number, length: number, stride: number): Tensor4D {
  const padded = tf.pad(tf.reshape(x, [count, 1, length]), [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  return padded as unknown as Tensor4D;
}
