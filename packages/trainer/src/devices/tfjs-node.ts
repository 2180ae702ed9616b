/** What `cuda` and `native` share: both are libtensorflow behind tfjs-node's backend named "tensorflow". */
import { createRequire } from "node:module";
import type { Core, Engine } from "../engine.js";
import type { MissingDevice } from "./device.js";
import { cannotLoad } from "./optional-package.js";

const version = "4.22.0";

/** The backend that tfjs-node and tfjs-node-gpu register. */
export interface TensorflowBackend {
  /** True if libtensorflow found a GPU when the addon was loaded. */
  readonly isUsingGpuDevice: boolean;
  /** True if it is tfjs-node-gpu's. */
  readonly isGPUPackage: boolean;
}

/**
 * Imports `packageName` and makes its backend the current one. Whichever of the two packages is imported first in a
 * process provides the backend for both.
 */
export async function openTensorflow(
  engine: Engine,
  packageName: string,
): Promise<TensorflowBackend | MissingDevice> {
  try {
    if (engine.findBackend("tensorflow") === null) {
      prepareProcess();
      const loaded = await importOrForget(engine, packageName);
      const core = loaded.Tensor === undefined ? (loaded.default ?? {}) : loaded;
      // tfjs-node brings tfjs, and that its own tfjs-core: tensors of another copy would not be ours.
      if (core.Tensor !== engine.Tensor) {
        forget(engine);
        return secondCopy(packageName, core.version_core);
      }
    }
    if (!(await engine.setBackend("tensorflow"))) throw new Error("its backend did not start");
    return engine.backend() as unknown as TensorflowBackend;
  } catch (cause) {
    const repair = `Build its native part again with \`npm rebuild ${packageName} --build-addon-from-source\`.`;
    return cannotLoad(packageName, `${packageName}@${version}`, repair, cause);
  }
}

export function isMissing(opened: TensorflowBackend | MissingDevice): opened is MissingDevice {
  return "ready" in opened;
}

function secondCopy(packageName: string, found: string | undefined): MissingDevice {
  return {
    ready: false,
    reason: `${packageName} uses another copy of @tensorflow/tfjs-core (version ${found ?? "unknown"})`,
    hint: `Install version ${version} of it and run \`npm dedupe\`, so that there is one @tensorflow/tfjs-core.`,
  };
}

async function importOrForget(engine: Engine, packageName: string) {
  try {
    return (await import(packageName)) as Partial<Core> & { default?: Partial<Core> };
  } catch (error) {
    forget(engine);
    throw error;
  }
}

/**
 * Both packages register their kernels before they look for their native part, and each kernel that the next one finds
 * registered already it warns of.
 */
function forget(engine: Engine): void {
  if (engine.findBackend("tensorflow") !== null) engine.removeBackend("tensorflow");
  for (const { kernelName } of engine.getKernelsForBackend("tensorflow")) {
    engine.unregisterKernel(kernelName, "tensorflow");
  }
}

/** libtensorflow reads from the environment what it is to print: warnings and errors, unless the user wants more. */
function prepareProcess(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "1";
  restoreRemovedUtilities();
}

/** tfjs-node 4.22 calls two functions of `node:util` that Node 23 removed (tfjs #8425); no other is touched. */
function restoreRemovedUtilities(): void {
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
