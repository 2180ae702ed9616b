/** Transposing integers and booleans on WebGPU. */
import type { WebgpuBackend } from "./webgpu-backend.js";

/**
 * The shader by which tfjs-backend-webgpu 4.22 transposes three or more axes hands on whatever lies in memory as a
 * float, and does not compile where that is integers or booleans: those of their own type, and those that were cast to
 * float32, which keep their memory. Here it hands them on as integers, and writes what the result's type asks for.
 */
export function repairTranspose(backend: WebgpuBackend): void {
  const run = backend.runWebGPUProgram.bind(backend);
  backend.runWebGPUProgram = (program, inputs, ...rest) => {
    if (
      program.shaderKey.startsWith("transpose_") &&
      backend.tensorMap.get(inputs[0].dataId).dtype !== "float32"
    ) {
      const code = program.getUserCode().replace("setOutputAtIndex(", "setOutputAtIndexI32(");
      program.getUserCode = () => code;
    }
    return run(program, inputs, ...rest);
  };
}
