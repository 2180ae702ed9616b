/** The gradient of a convolution's filter on WebGPU, as a product of matrices. */
import type { KernelFunc } from "@tensorflow/tfjs-core";
import { integers, partsFor, sumOfParts } from "./parts.js";
import type { Info, Program, WebgpuBackend } from "./webgpu-backend.js";

type Core = typeof import("@tensorflow/tfjs-core");
type ConvInfo = ReturnType<Core["backend_util"]["computeConv2DInfo"]>;

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dataFormat: string;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape: [number, number, number, number];
}

const name = "Conv2DBackpropFilter";
/** Rows and columns of a tile of the result, and how much of both factors is in a workgroup's memory at a time. */
const tile = 64;
const depth = 16;

/**
 * tfjs-backend-webgpu 4.22 has one thread for each number of the gradient, which walks over all images: 64 filters of
 * 3 × 3 × 64 over 32 images of 64 × 64 took an H100 55 ms. Here patches of the input, transposed, times `dy` are summed
 * tile by tile, each tile's sum in parts that run beside each other. For images whose channels come last.
 */
export function repairFilterGradient(core: Core): void {
  const original = core.getKernel(name, "webgpu");
  const kernelFunc: KernelFunc = (call) => {
    const { x, dy } = call.inputs as unknown as Record<"x" | "dy", Info>;
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = call.attrs as unknown as Attributes;
    if (dataFormat !== "NHWC") return original.kernelFunc(call);
    const shape = x.shape as [number, number, number, number];
    const info = core.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
    return gradientOf(call.backend as WebgpuBackend, x, dy, info) as ReturnType<KernelFunc>;
  };
  core.unregisterKernel(name, "webgpu");
  core.registerKernel({ ...original, kernelFunc });
}

function gradientOf(backend: WebgpuBackend, x: Info, dy: Info, info: ConvInfo): Info {
  const rows = info.filterHeight * info.filterWidth * info.inChannels;
  const inner = info.batchSize * info.outHeight * info.outWidth;
  const tiles = Math.ceil(rows / tile) * Math.ceil(info.outChannels / tile);
  const steps = Math.ceil(inner / partsFor(inner, tiles, 4 * depth) / depth);
  const parts = Math.ceil(inner / (steps * depth));
  const partial = backend.runWebGPUProgram(products(parts, rows, info.outChannels), [x, dy], "float32", [
    integers(steps, inner),
    integers(info.outHeight, info.outWidth),
    integers(info.padInfo.top, info.padInfo.left),
    integers(info.strideHeight, info.strideWidth),
    integers(info.filterWidth, info.inChannels),
  ]);
  return sumOfParts(backend, partial, [...info.filterShape]);
}

/** The parts of every tile's sum, [parts, rows, columns]. */
function products(parts: number, rows: number, columns: number): Program {
  return {
    variableNames: ["x", "dy"],
    outputShape: [parts, rows, columns],
    workgroupSize: [16, 16, 1],
    dispatch: [Math.ceil(columns / tile), Math.ceil(rows / tile), parts],
    dispatchLayout: { x: [2], y: [1], z: [0] },
    shaderKey: "millraceFilterGradient",
    uniforms:
      "extent : vec2<i32>, out : vec2<i32>, pads : vec2<i32>, strides : vec2<i32>, window : vec2<i32>, ",
    getUserCode: () => productsCode,
  };
}

// Each thread loads one row of the tile (a place in the patch and a channel) and one column of dy at four of the
// sixteen positions, and sums a square of 4 × 4. Of each position it knows image, row and column, and counts them on.
const productsCode = `
  var<workgroup> patches : array<array<f32, ${tile}>, ${depth}>;
  var<workgroup> gradients : array<array<f32, ${tile}>, ${depth}>;

  fn main() {
    let rows = uniforms.outShape[1];
    let columns = uniforms.outShape[2];
    let lane = i32(localIndex) % ${tile};
    let first = i32(localIndex) / ${tile};
    let row = i32(workgroupId.y) * ${tile} + lane;
    let column = i32(workgroupId.x) * ${tile} + lane;
    let channel = row % uniforms.window[1];
    let place = row / uniforms.window[1];
    let shift = vec2<i32>(place / uniforms.window[0], place % uniforms.window[0]) - uniforms.pads;
    let start = i32(workgroupId.z) * uniforms.extent[0] * ${depth};

    var image : array<i32, 4>;
    var line : array<i32, 4>;
    var spot : array<i32, 4>;
    for (var i = 0; i < 4; i++) {
      let position = start + first + i * 4;
      spot[i] = position % uniforms.out[1];
      line[i] = (position / uniforms.out[1]) % uniforms.out[0];
      image[i] = position / (uniforms.out[1] * uniforms.out[0]);
    }

    var sums : array<vec4<f32>, 4>;
    for (var step = 0; step < uniforms.extent[0]; step++) {
      for (var i = 0; i < 4; i++) {
        let within = first + i * 4;
        let position = start + step * ${depth} + within;
        let at = vec2<i32>(line[i], spot[i]) * uniforms.strides + shift;
        var value = 0.0;
        if (position < uniforms.extent[1] && row < rows && at.x >= 0 && at.x < uniforms.xShape[1] &&
            at.y >= 0 && at.y < uniforms.xShape[2]) {
          value = x[((image[i] * uniforms.xShape[1] + at.x) * uniforms.xShape[2] + at.y) * uniforms.xShape[3] + channel];
        }
        patches[within][lane] = value;
        var gradient = 0.0;
        if (position < uniforms.extent[1] && column < columns) {
          gradient = dy[position * columns + column];
        }
        gradients[within][lane] = gradient;
        spot[i] += ${depth};
        while (spot[i] >= uniforms.out[1]) {
          spot[i] -= uniforms.out[1];
          line[i]++;
        }
        while (line[i] >= uniforms.out[0]) {
          line[i] -= uniforms.out[0];
          image[i]++;
        }
      }
      workgroupBarrier();
      let left = i32(localId.x) * 4;
      let top = i32(localId.y) * 4;
      for (var k = 0; k < ${depth}; k++) {
        let factors = vec4<f32>(
          gradients[k][left], gradients[k][left + 1], gradients[k][left + 2], gradients[k][left + 3]);
        sums[0] += patches[k][top] * factors;
        sums[1] += patches[k][top + 1] * factors;
        sums[2] += patches[k][top + 2] * factors;
        sums[3] += patches[k][top + 3] * factors;
      }
      workgroupBarrier();
    }

    for (var i = 0; i < 4; i++) {
      let r = i32(workgroupId.y) * ${tile} + i32(localId.y) * 4 + i;
      for (var j = 0; j < 4; j++) {
        let c = i32(workgroupId.x) * ${tile} + i32(localId.x) * 4 + j;
        if (r < rows && c < columns) {
          setOutputAtIndex((i32(workgroupId.z) * rows + r) * columns + c, sums[i][j]);
        }
      }
    }
  }
`;
