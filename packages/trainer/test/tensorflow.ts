/** Finds libtensorflow for tests: it comes with tfjs-node, which need not be installed. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";

/**
 * Whether tfjs-node can be loaded here. It is loaded in a process of its own, since it may take its process along; the
 * device itself is not asked, so that a device that no longer finds what is there fails its tests.
 */
export async function hasTensorflow(): Promise<boolean> {
  try {
    const path = createRequire(import.meta.url).resolve("@tensorflow/tfjs-node");
    // What Node 23 removed and tfjs-node 4.22 calls.
    const script = `require("node:util").isNullOrUndefined ??= () => false; require(${JSON.stringify(path)});`;
    await promisify(execFile)(process.execPath, ["-e", script], { timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}
