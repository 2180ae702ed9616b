import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { loadEngine } from "../engine.js";
import { chooseDevice, devices } from "./choose.js";
import { adapterElsewhere, isSoftware } from "./dawn.js";
import { type Device, deviceNames } from "./device.js";

/** Without loading it: one of these in a process keeps the other out. */
const isInstalled = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
};
const withoutNative = !isInstalled("@tensorflow/tfjs-node");
const withoutCuda = !isInstalled("@tensorflow/tfjs-node-gpu");
const hasGpu = await hasRealAdapter();

describe("choosing a device", () => {
  it.skipIf(!withoutNative || !withoutCuda || hasGpu)(
    "takes the best there is, and says why better ones were passed over",
    async () => {
      const tf = await loadEngine();
      const chosen = await chooseDevice(tf, "auto");
      expect(chosen.device).toBe("wasm");
      expect(chosen.reason).toMatch(/^the best one available: WebAssembly with SIMD/);
      expect(chosen.skipped).toEqual([
        "cuda: @tensorflow/tfjs-node-gpu is not installed",
        expect.stringMatching(/^webgpu: (no driver gives|the only adapter computes|webgpu is not installed)/),
        "native: @tensorflow/tfjs-node is not installed",
      ]);
      expect(tf.getBackend()).toBe("wasm");
    },
  );

  it.each([
    ["cuda", "@tensorflow/tfjs-node-gpu", withoutCuda],
    ["native", "@tensorflow/tfjs-node", withoutNative],
  ] as const)(
    "refuses %s where %s is absent, with the command that installs it",
    async (name, packageName, absent) => {
      if (!absent) return;
      await expect(chooseDevice(await loadEngine(), name)).rejects.toMatchObject({
        code: "DEVICE_UNAVAILABLE",
        message: `device "${name}" must be available: ${packageName} is not installed`,
        hint: expect.stringContaining(`npm install ${packageName}@4.22.0`),
      });
    },
  );

  it("switches between devices of one process", async () => {
    const tf = await loadEngine();
    for (const name of ["cpu", "wasm", "cpu"] as const) {
      expect((await chooseDevice(tf, name)).device).toBe(name);
      expect(tf.getBackend()).toBe(name);
      const sum = tf.tidy(() => tf.sum(tf.tensor1d([1, 2, 3])).dataSync()[0]);
      expect(sum).toBe(6);
    }
  });

  it("lists every reason where no device can be used", async () => {
    const broken: Device = {
      name: "wasm",
      open: () => Promise.resolve({ ready: false, reason: "it is out", hint: "Call it in." }),
    };
    await expect(chooseDevice(await loadEngine(), "auto", [broken])).rejects.toMatchObject({
      code: "DEVICE_UNAVAILABLE",
      details: ["wasm: it is out"],
    });
  });
});

describe("devices", () => {
  it("are one file each, best first", () => {
    expect(devices.map(({ name }) => name)).toEqual([...deviceNames]);
  });
});

async function hasRealAdapter(): Promise<boolean> {
  if (!isInstalled("webgpu")) return false;
  const info = await adapterElsewhere(createRequire(import.meta.url).resolve("webgpu"));
  return info !== null && !isSoftware(info);
}
