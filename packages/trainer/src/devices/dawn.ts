/** Dawn, the WebGPU implementation in the package `webgpu`: what is used of it, and what its adapters say of themselves. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The part of WebGPU that is used here; TypeScript knows it only along with the whole of a browser. */
export interface Dawn {
  /** While what it returns is alive, so is everything made with it. */
  create(options: readonly string[]): Gpu;
  /** What a browser has as globals. */
  readonly globals: Readonly<Record<string, unknown>>;
}

export interface Gpu {
  requestAdapter(options: { readonly powerPreference: "high-performance" }): Promise<Adapter | null>;
}

export interface Adapter {
  readonly info: AdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: object): Promise<GpuDevice>;
}

export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

export interface GpuDevice {
  /** Resolves when the device is gone, for a driver's fault or by `destroy`. */
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  onuncapturederror: ((event: { readonly error: { readonly message: string } }) => void) | null;
  destroy(): void;
}

export const wanted = { powerPreference: "high-performance" } as const;

/** Whether it computes on the CPU: correct, and slower than the wasm device. */
export function isSoftware({ vendor, architecture, device, description, isFallbackAdapter }: AdapterInfo) {
  const names = [vendor, architecture, device, description].join(" ");
  return (
    isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i.test(names)
  );
}

export function nameOf({ vendor, architecture, device, description }: AdapterInfo): string {
  return (
    description || device || [vendor, architecture].filter(Boolean).join(" ") || "an adapter without a name"
  );
}

const script = `
  const { pathToFileURL } = require("node:url");
  import(pathToFileURL(process.argv[1])).then(async ({ create }) => {
    const adapter = await create([]).requestAdapter({ powerPreference: "high-performance" });
    const keys = ["vendor", "architecture", "device", "description", "isFallbackAdapter"];
    const info = adapter && Object.fromEntries(keys.map((key) => [key, adapter.info[key]]));
    process.stdout.write(JSON.stringify(info), () => process.exit(0));
  });
`;

/**
 * Asks for the adapter in a process of its own: where there is no driver Dawn writes warnings, and a driver that fails
 * may take its process along. Null where there is none.
 */
export async function adapterElsewhere(modulePath: string): Promise<AdapterInfo | null> {
  const run = promisify(execFile);
  try {
    const { stdout } = await run(process.execPath, ["-e", script, modulePath], { timeout: 30_000 });
    return JSON.parse(stdout) as AdapterInfo | null;
  } catch {
    return null;
  }
}
