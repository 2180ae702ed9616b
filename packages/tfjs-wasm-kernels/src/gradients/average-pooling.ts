/** The gradient of average pooling with padding, as the forward pass implies it. */
import type { KernelFunc, Tensor } from "@tensorflow/tfjs-core";
import type { Core } from "../core.js";

type Extents = [number, number, number];
type Padding = "valid" | "same" | number;
type Rounding = "floor" | "round" | "ceil";

interface Attributes {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: Padding;
  readonly dimRoundingMode?: Rounding;
}

/** Along one axis: how many elements go in, windows come out, and where those lie. */
interface Axis {
  readonly size: number;
  readonly windows: number;
  readonly filter: number;
  readonly stride: number;
  readonly padding: number;
}

const repaired = Symbol.for("millrace.averagePooling");

/**
 * Corrects the current backend's AvgPoolGrad and AvgPool3DGrad. Forward, every backend of tfjs 4.22 divides by the
 * elements that a window has inside the input; backward, those of cpu, wasm and webgpu divide by the whole window, so
 * that padded edges learn too little. libtensorflow's do not, and stay as they are.
 */
export function repairAveragePooling(core: Core): void {
  if (core.getBackend() === "tensorflow") return;
  repair(core, "AvgPoolGrad", planeAxes);
  repair(core, "AvgPool3DGrad", spaceAxes);
}

function repair(core: Core, kernelName: string, axesOf: typeof planeAxes): void {
  const backendName = core.getBackend();
  const original = core.getKernel(kernelName, backendName);
  if (original === undefined || repaired in original.kernelFunc) return;
  const kernelFunc: KernelFunc = (call) => {
    const { dy, input } = call.inputs as Record<"dy" | "input", Tensor>;
    const axes = axesOf(core, input.shape, call.attrs as unknown as Attributes);
    const engine = core.engine();
    engine.startScope();
    try {
      return original.kernelFunc({ ...call, inputs: { dy: corrected(core, dy, axes), input } });
    } finally {
      engine.endScope();
    }
  };
  core.unregisterKernel(kernelName, backendName);
  core.registerKernel({ ...original, kernelFunc: Object.assign(kernelFunc, { [repaired]: true }) });
}

/** Multiplies by elements of a whole window / elements inside, for each window. */
function corrected(core: Core, dy: Tensor, axes: readonly Axis[]): Tensor {
  return axes.reduce((scaled, axis, i) => {
    const factors = factorsOf(axis);
    if (factors.every((factor) => factor === 1)) return scaled;
    const shape = Array.from({ length: dy.shape.length }, (_, at) => (at === i + 1 ? axis.windows : 1));
    return core.mul(scaled, core.tensor(factors, shape));
  }, dy);
}

function factorsOf({ size, windows, filter, stride, padding }: Axis): Float32Array {
  return Float32Array.from({ length: windows }, (_, window) => {
    const start = window * stride - padding;
    const inside = Math.min(start + filter, size) - Math.max(start, 0);
    return inside > 0 ? filter / inside : 1;
  });
}

function planeAxes(core: Core, shape: readonly number[], attributes: Attributes): Axis[] {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const pool = core.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize as number,
    strides as number,
    1,
    pad,
    dimRoundingMode,
  );
  return [
    {
      size: pool.inHeight,
      windows: pool.outHeight,
      filter: pool.filterHeight,
      stride: pool.strideHeight,
      padding: pool.padInfo.top,
    },
    {
      size: pool.inWidth,
      windows: pool.outWidth,
      filter: pool.filterWidth,
      stride: pool.strideWidth,
      padding: pool.padInfo.left,
    },
  ];
}

function spaceAxes(core: Core, shape: readonly number[], attributes: Attributes): Axis[] {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const pool = core.backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize as number | Extents,
    strides as number | Extents,
    1,
    pad,
    dimRoundingMode,
  );
  return [
    {
      size: pool.inDepth,
      windows: pool.outDepth,
      filter: pool.filterDepth,
      stride: pool.strideDepth,
      padding: pool.padInfo.front,
    },
    {
      size: pool.inHeight,
      windows: pool.outHeight,
      filter: pool.filterHeight,
      stride: pool.strideHeight,
      padding: pool.padInfo.top,
    },
    {
      size: pool.inWidth,
      windows: pool.outWidth,
      filter: pool.filterWidth,
      stride: pool.strideWidth,
      padding: pool.padInfo.left,
    },
  ];
}
