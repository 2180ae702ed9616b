/** The `webgpu` device: any GPU with a Vulkan, Metal or Direct3D 12 driver, through Dawn; no CUDA is needed. */
import { createRequire } from "node:module";
import { messageOf, MillraceError } from "@millrace/core";
import type { Engine } from "../engine.js";
import { repairWebgpu } from "../repairs/webgpu.js";
import type { WebgpuBackend } from "../repairs/webgpu-backend.js";
import {
  type Adapter,
  adapterElsewhere,
  type AdapterInfo,
  type Dawn,
  type Gpu,
  type GpuDevice,
  isSoftware,
  nameOf,
  wanted,
} from "./dawn.js";
import type { Device, MissingDevice, ReadyDevice } from "./device.js";
import { importOptional } from "./optional-package.js";

const dawnPackage = "webgpu";
const backendPackage = "@tensorflow/tfjs-backend-webgpu";
const install = `${dawnPackage}@0.6.2 ${backendPackage}@4.22.0`;
const repair = `Install them again with \`npm install ${install}\`, or take another device.`;

const noAdapter: MissingDevice = {
  ready: false,
  reason: "no driver gives a WebGPU adapter",
  hint: "Install the GPU's driver with Vulkan (on Debian `apt-get install mesa-vulkan-drivers`, or NVIDIA's own).",
};

interface Backend extends WebgpuBackend {
  read(dataId: object): Promise<unknown>;
}

type BackendModule = {
  readonly WebGPUBackend: new (device: GpuDevice, info: AdapterInfo) => Backend;
};

/** What has to stay alive as long as the process: Dawn crashes when it is collected with work under way. */
let open: { readonly gpu: Gpu; readonly detail: string } | undefined;

export const webgpu: Device = {
  name: "webgpu",
  packageName: dawnPackage,
  async open(engine, { isNamed }) {
    const dawn = await importOptional(dawnPackage, install, repair);
    if ("ready" in dawn) return dawn;
    const backend = await importOptional(backendPackage, install, repair);
    if ("ready" in backend) return backend;
    if (open === undefined && !isNamed) {
      const passedOver = await passOver();
      if (passedOver !== undefined) return passedOver;
    }
    try {
      return await start(engine, dawn.module as Dawn, backend.module as BackendModule);
    } catch (cause) {
      return { ready: false, reason: `it did not start: ${messageOf(cause)}`, hint: repair, cause };
    }
  },
};

/** Why `auto` goes on to the next device: there is no GPU behind the adapter, or no adapter. */
async function passOver(): Promise<MissingDevice | undefined> {
  const info = await adapterElsewhere(createRequire(import.meta.url).resolve(dawnPackage));
  if (info === null) return noAdapter;
  if (!isSoftware(info)) return undefined;
  const reason = `the only adapter computes on the CPU (${nameOf(info)})`;
  return {
    ready: false,
    reason,
    hint: `${noAdapter.hint} Or name the device "webgpu" to use it all the same.`,
  };
}

async function start(
  engine: Engine,
  dawn: Dawn,
  { WebGPUBackend }: BackendModule,
): Promise<ReadyDevice | MissingDevice> {
  if (open === undefined) {
    const gpu = dawn.create([]);
    const adapter = await gpu.requestAdapter(wanted);
    if (adapter === null) return noAdapter;
    const device = await adapter.requestDevice(descriptorFor(adapter));
    defineGlobals(dawn.globals);
    const backend = withNavigator(gpu, () => new WebGPUBackend(device, adapter.info));
    repairWebgpu(engine, backend);
    raiseFailures(backend, device);
    engine.registerBackend("webgpu", () => backend as never);
    const kind = isSoftware(adapter.info) ? "a software adapter, slower than wasm" : "a GPU";
    open = { gpu, detail: `${kind} through WebGPU: ${nameOf(adapter.info)}` };
  }
  if (!(await engine.setBackend("webgpu"))) throw new Error("its backend did not start");
  return { ready: true, detail: open.detail };
}

/** What tfjs-backend-webgpu asks for itself, all the adapter has. */
function descriptorFor({ features, limits }: Adapter): object {
  const needed = [
    "maxComputeWorkgroupStorageSize",
    "maxComputeWorkgroupsPerDimension",
    "maxStorageBufferBindingSize",
    "maxBufferSize",
    "maxComputeWorkgroupSizeX",
    "maxComputeInvocationsPerWorkgroup",
  ];
  return {
    requiredFeatures: ["timestamp-query", "bgra8unorm-storage"].filter((feature) => features.has(feature)),
    requiredLimits: Object.fromEntries(needed.map((limit) => [limit, limits[limit]])),
  };
}

/** GPUBufferUsage and its kin, which the backend takes from a browser. */
function defineGlobals(globals: Dawn["globals"]): void {
  for (const [name, value] of Object.entries(globals)) {
    if (name in globalThis) continue;
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

/** The backend's constructor insists on `navigator.gpu`; other libraries take a navigator for a browser. */
function withNavigator<T>(gpu: Gpu, act: () => T): T {
  const own = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu, userAgent: "Node.js" },
    configurable: true,
  });
  try {
    return act();
  } finally {
    if (own === undefined) Reflect.deleteProperty(globalThis, "navigator");
    else Object.defineProperty(globalThis, "navigator", own);
  }
}

/** A GPU that fails gives zeros from then on: the next one who reads from it learns why instead. */
function raiseFailures(backend: Backend, device: GpuDevice): void {
  let failure: string | undefined;
  device.onuncapturederror = ({ error }) => {
    failure ??= error.message.split("\n")[0];
  };
  void device.lost.then(({ reason, message }) => {
    failure ??= message || reason;
  });
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const values = await read(dataId);
    if (failure === undefined) return values;
    throw new MillraceError("DEVICE_FAILED", `the GPU must go on computing, failed: ${failure}`, {
      hint: "Take smaller batches if its memory is full, or another device.",
    });
  };
}
