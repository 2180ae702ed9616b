/** Finds a Vulkan driver for tests: the machine's own, or the software one that is part of Chromium. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { adapterElsewhere } from "../src/devices/dawn.js";

const folders = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"];
const driver = "vk_swiftshader_icd.json";
const library = "libvulkan.so.1";

interface Koffi {
  load(path: string, options: { readonly global: boolean }): unknown;
}

/** The driver's loader, which stays loaded as long as this refers to it. */
export let loader: unknown;

export interface Vulkan {
  /** What a child process needs in its environment to find it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Makes a driver ready for this process; undefined where there is none. */
export async function findVulkan(): Promise<Vulkan | undefined> {
  const { resolve } = createRequire(import.meta.url);
  try {
    if ((await adapterElsewhere(resolve("webgpu"))) !== null) return { environment: {} };
    const { default: koffi } = (await import("koffi")) as unknown as { default: Koffi };
    const folder = folders.find((each) => existsSync(join(each, driver)) && existsSync(join(each, library)));
    if (folder === undefined) return undefined;
    process.env.VK_ICD_FILENAMES = join(folder, driver);
    // It is not on the loader's path; Dawn finds what is loaded already.
    loader = koffi.load(join(folder, library), { global: true });
    return { environment: { VK_ICD_FILENAMES: join(folder, driver), LD_LIBRARY_PATH: folder } };
  } catch {
    return undefined;
  }
}
