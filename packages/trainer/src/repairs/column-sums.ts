/** Sums and means over all axes but the last ones, as of a batch's images for each channel, on WebGPU. */
import type { KernelFunc } from "@tensorflow/tfjs-core";
import { integers, partsFor, sumOfParts } from "./parts.js";
import type { Info, Program, WebgpuBackend } from "./webgpu-backend.js";

type Core = typeof import("@tensorflow/tfjs-core");

interface Attributes {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/** Columns of a workgroup, and the rows that its threads read at a time. */
const columns = 64;
const lanes = 4;

/**
 * tfjs-backend-webgpu 4.22 transposes first, all of it, and has one workgroup for each column then. Here neighbouring
 * threads read neighbouring columns where they lie, and the rows are summed in parts.
 */
export function repairColumnSums(core: Core): void {
  for (const name of ["Sum", "Mean"]) {
    const original = core.getKernel(name, "webgpu");
    const kernelFunc: KernelFunc = (call) => {
      const x = call.inputs.x as unknown as Info;
      const { axis, keepDims } = call.attrs as unknown as Attributes;
      const backend = call.backend as WebgpuBackend;
      const axes = core.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
      const rest = x.shape.slice(axes.length);
      const [height, width] = [x.shape.slice(0, axes.length), rest].map((extents) =>
        core.util.sizeFromShape(extents),
      );
      const isLeading = axes.length > 0 && rest.length > 0 && axes.every((each, i) => each === i);
      const isFloat = x.dtype === "float32" && backend.tensorMap.get(x.dataId).dtype === "float32";
      if (!isLeading || !isFloat || height < columns || width === 0) return original.kernelFunc(call);
      const shape = keepDims ? [...axes.map(() => 1), ...rest] : rest;
      const divisor = name === "Mean" ? height : 1;
      return sumsOf(backend, x, [height, width], divisor, shape) as ReturnType<KernelFunc>;
    };
    core.unregisterKernel(name, "webgpu");
    core.registerKernel({ ...original, kernelFunc });
  }
}

function sumsOf(
  backend: WebgpuBackend,
  x: Info,
  [height, width]: number[],
  divisor: number,
  shape: number[],
): Info {
  const tiles = Math.ceil(width / columns);
  const steps = Math.ceil(height / partsFor(height, tiles, columns) / lanes);
  const parts = Math.ceil(height / (steps * lanes));
  const flat = { ...x, shape: [height, width] };
  const partial = backend.runWebGPUProgram(program(parts, width, tiles), [flat], "float32", [
    integers(steps, divisor),
  ]);
  return sumOfParts(backend, partial, shape);
}

function program(parts: number, width: number, tiles: number): Program {
  return {
    variableNames: ["x"],
    outputShape: [parts, width],
    workgroupSize: [columns, lanes, 1],
    dispatch: [tiles, parts, 1],
    dispatchLayout: { x: [1], y: [0] },
    shaderKey: "millraceColumnSums",
    uniforms: "extent : vec2<i32>, ",
    getUserCode: () => code,
  };
}

const code = `
  var<workgroup> lanes : array<array<f32, ${columns}>, ${lanes}>;

  fn main() {
    let column = i32(workgroupId.x) * ${columns} + i32(localId.x);
    let height = uniforms.xShape[0];
    let width = uniforms.xShape[1];
    var row = i32(workgroupId.y) * uniforms.extent[0] * ${lanes} + i32(localId.y);
    var sum = 0.0;
    for (var step = 0; step < uniforms.extent[0]; step++) {
      if (row < height && column < width) { sum += x[row * width + column]; }
      row += ${lanes};
    }
    lanes[localId.y][localId.x] = sum;
    workgroupBarrier();
    if (localId.y == 0u && column < width) {
      for (var lane = 1; lane < ${lanes}; lane++) { sum += lanes[lane][localId.x]; }
      setOutputAtIndex(i32(workgroupId.y) * width + column, sum / f32(uniforms.extent[1]));
    }
  }
`;
