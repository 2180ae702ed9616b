/** Reads a convolution kernel's attributes, and refuses the layouts that these kernels do not compute. */
import type { Core } from "../core.js";
import type { Conv2dInfo } from "./windows.js";

type Pair = [number, number] | number;
type Padding = Parameters<Core["backend_util"]["computeConv2DInfo"]>[4];
type Rounding = "floor" | "round" | "ceil";

/** Extents of a convolution from its attributes; throws for `NCHW`, as the backend's own kernels do. */
export function conv2dInfo(
  tf: Core,
  attrs: Record<string, unknown>,
  inputShape: readonly number[],
  filterShape: readonly number[],
  depthwise = false,
): Conv2dInfo {
  if (attrs.dataFormat !== undefined && attrs.dataFormat !== "NHWC") {
    throw new Error(
      `the wasm backend computes convolutions in NHWC only, was ${JSON.stringify(attrs.dataFormat)}`,
    );
  }
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides as Pair,
    (attrs.dilations as Pair | undefined) ?? 1,
    attrs.pad as Padding,
    attrs.dimRoundingMode as Rounding | undefined,
    depthwise,
  );
}
