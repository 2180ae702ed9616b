/** Sums that many workgroups of a GPU make in parts, beside each other. */
import type { Info, Program, Uniforms, WebgpuBackend } from "./webgpu-backend.js";

/** About as many workgroups as fill a large GPU. */
const enough = 512;

/** In how many parts a sum over `length` is made, each of `atLeast`, where it has `tiles` workgroups side by side. */
export function partsFor(length: number, tiles: number, atLeast: number): number {
  return Math.max(1, Math.min(Math.ceil(length / atLeast), Math.ceil(enough / tiles)));
}

/** The sum over the first axis of `partial`, [parts, …], in a given shape; `partial` is disposed of. */
export function sumOfParts(backend: WebgpuBackend, partial: Info, shape: number[]): Info {
  const [parts] = partial.shape;
  if (parts === 1) return { ...partial, shape };
  const size = shape.reduce((a, b) => a * b, 1);
  const sum = backend.runWebGPUProgram(sums(size), [partial], "float32", [integers(parts, size)]);
  backend.disposeData(partial.dataId);
  return { ...sum, shape };
}

export function integers(...data: number[]): Uniforms[number] {
  return { type: "int32", data };
}

function sums(size: number): Program {
  return {
    variableNames: ["parts"],
    outputShape: [size],
    workgroupSize: [64, 1, 1],
    dispatch: [Math.ceil(size / 64), 1, 1],
    dispatchLayout: { x: [0] },
    shaderKey: "millraceSumOfParts",
    uniforms: "extent : vec2<i32>, ",
    getUserCode: () => `
      fn main(index : i32) {
        if (index >= uniforms.extent[1]) { return; }
        var sum = 0.0;
        for (var part = 0; part < uniforms.extent[0]; part++) {
          sum += parts[part * uniforms.extent[1] + index];
        }
        setOutputAtIndex(index, sum);
      }
    `,
  };
}
