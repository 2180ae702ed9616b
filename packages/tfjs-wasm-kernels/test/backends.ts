/** tfjs-core with its gradients and the two backends that are compared, as a program would open them. */
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
// In Node, this is what registers the gradients.
import "@tensorflow/tfjs-layers";
import { installWasmKernels, repairGradients } from "../src/index.js";

export type Engine = typeof core;
export type BackendName = "cpu" | "wasm";

const manifest = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
setWasmPaths(join(dirname(manifest), "dist") + sep);

export async function openBackend(name: BackendName): Promise<Engine> {
  if (name === "wasm") installWasmKernels(core);
  if (!(await core.setBackend(name))) throw new Error(`the ${name} backend did not start`);
  // The cpu backend prints an advertisement for tfjs-node with its first tensor; this is its own switch.
  if (name === "cpu") (core.backend() as unknown as { firstUse: boolean }).firstUse = false;
  repairGradients(core);
  return core;
}
