/** The `wasm` device: WebAssembly with SIMD on one core, with the kernels that training needs added. */
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { messageOf } from "@millrace/core";
import { installWasmKernels } from "@millrace/tfjs-wasm-kernels";
import type { Device } from "./device.js";

const packageName = "@tensorflow/tfjs-backend-wasm";

export const wasm: Device = {
  name: "wasm",
  async open(engine) {
    try {
      const backend = await import("@tensorflow/tfjs-backend-wasm");
      if (engine.findBackend("wasm") === null) backend.setWasmPaths(binariesFolder());
      installWasmKernels(engine);
      if (!(await keepingListeners(() => engine.setBackend("wasm")))) throw new Error("it did not start");
      const simd = await engine.env().getAsync("WASM_HAS_SIMD_SUPPORT");
      const detail = `WebAssembly ${simd === true ? "with" : "without"} SIMD, one core, kernels for training added`;
      return { ready: true, detail };
    } catch (cause) {
      return {
        ready: false,
        reason: `${packageName} cannot be loaded: ${messageOf(cause)}`,
        hint: `Install it with \`npm install ${packageName}@4.22.0\`.`,
        cause,
      };
    }
  },
};

/** The package's own folder of .wasm files, so that nothing is fetched. */
function binariesFolder(): string {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  return join(dirname(manifest), "dist") + sep;
}

/** Emscripten makes every unhandled rejection of the process its own affair when it starts; this takes that back. */
async function keepingListeners<T>(start: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as "uncaughtException")));
  try {
    return await start();
  } finally {
    for (const [i, event] of events.entries()) {
      for (const listener of process.listeners(event as "uncaughtException")) {
        if (!before[i].has(listener)) process.removeListener(event, listener);
      }
    }
  }
}
