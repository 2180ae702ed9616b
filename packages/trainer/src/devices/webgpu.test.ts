import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { distanceFromCpu } from "../../test/against-cpu.js";
import { memorySource } from "../../test/batches.js";
import { agreeing } from "../../test/gradient-cases.js";
import { largest } from "../../test/tasks.js";
import { barsRun, type Run, withRun } from "../../test/train.js";
import { findVulkan } from "../../test/vulkan.js";
import { loadEngine } from "../engine.js";
import { chooseDevice } from "./choose.js";
import { isSoftware, nameOf } from "./dawn.js";
import { listDevices } from "./list.js";

const vulkan = await findVulkan();
const minute = 60_000;
const environment = { ...process.env, ...vulkan?.environment };

describe.skipIf(vulkan === undefined)("the webgpu device", () => {
  it.each(Object.keys(agreeing))(
    "has the gradients of the cpu device: %s",
    async (name) => {
      expect(await distanceFromCpu(agreeing[name], "webgpu")).toBeLessThan(1e-4);
    },
    minute,
  );

  const dense: Partial<Run> = {
    layers: [
      { type: "dense", units: 16, activation: "relu" },
      { type: "dense", units: 3, activation: "softmax" },
    ],
    data: { train: memorySource(largest(90), 30, { inputKey: "features" }) },
    labels: ["first", "second", "third"],
  };

  it.each([
    ["an image model", { count: 48 }],
    ["a dense model", dense],
  ])(
    "trains %s to the results of wasm, and leaves no tensor behind",
    async (_, overrides) => {
      const tf = await loadEngine();
      const run = (device: "webgpu" | "wasm") =>
        withRun(
          barsRun({
            ...overrides,
            options: { device, epochs: 1, optimizer: { type: "adam", learningRate: 0.01 } },
          }),
          ({ result }) => ({
            loss: result.metrics.loss,
            device: result.device,
            tensors: tf.memory().numTensors,
          }),
        );
      const expected = await run("wasm");
      const actual = await run("webgpu");
      expect(actual.device).toBe("webgpu");
      expect(actual.loss).toBeCloseTo(expected.loss, 3);
      expect(actual.tensors).toBe(expected.tensors);
    },
    minute,
  );

  it.each([
    ["at its natural end", "", 0],
    ["with its exit code", "process.exitCode = 4;", 4],
    ["by process.exit", "process.exit(3);", 3],
    ["with work under way", "y.data();", 0],
    ["by an error", "throw new Error();", 1],
  ])("lets the process end %s", async (_, ending, code) => {
    const script = `
      import { chooseDevice, loadEngine } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      const tf = await loadEngine();
      await chooseDevice(tf, "webgpu");
      const x = tf.ones([64, 64]);
      const y = tf.matMul(x, x);
      await y.data();
      ${ending}
    `;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      env: environment,
      timeout: 20_000,
    });
    const ended = await run.then(
      () => ({ code: 0, signal: null }),
      (error: { code: number | null; signal: string | null }) => error,
    );
    expect([ended.code, ended.signal ?? null]).toEqual([code, null]);
  });

  it("is listed with what it is, and `auto` takes it for a GPU only", async () => {
    const [listed] = await listDevices({ names: ["webgpu"], environment });
    expect(listed).toMatchObject({ name: "webgpu", ready: true });
    const isReal = "detail" in listed && listed.detail.startsWith("a GPU");
    const script = `
      import { chooseDevice, loadEngine } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      process.stdout.write(JSON.stringify(await chooseDevice(await loadEngine(), "auto")));
    `;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", script],
      { env: environment },
    );
    expect(stderr).toBe("");
    const { device, skipped } = JSON.parse(stdout) as { device: string; skipped: string[] };
    const reason = skipped.find((each) => each.startsWith("webgpu: the only adapter computes on the CPU"));
    expect([device === "webgpu", reason === undefined]).toEqual([isReal, isReal]);
  });

  it("raises a GPU's failure at the next reading, where it would give zeros", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, "webgpu");
    const { device } = tf.backend() as unknown as { device: { createBuffer(of: object): unknown } };
    device.createBuffer({ size: 16, usage: 0 });
    const sum = tf.tidy(() => tf.sum(tf.add(tf.ones([3]), 1)));
    await expect(sum.data()).rejects.toMatchObject({ code: "DEVICE_FAILED" });
    sum.dispose();
  });
});

describe("an adapter of WebGPU", () => {
  const real = {
    vendor: "nvidia",
    architecture: "hopper",
    device: "0x2335",
    description: "NVIDIA H200",
    isFallbackAdapter: false,
  };
  it.each([
    [real, false],
    [{ ...real, isFallbackAdapter: true }, true],
    [{ ...real, description: "llvmpipe (LLVM 15.0.6, 256 bits)" }, true],
    [{ ...real, architecture: "swiftshader" }, true],
    [{ ...real, description: "Microsoft Basic Render Driver" }, true],
  ])("is known for software by what it says of itself: %j", (info, expected) => {
    expect(isSoftware(info)).toBe(expected);
  });

  it("is called by what describes it best", () => {
    expect(nameOf(real)).toBe("NVIDIA H200");
    expect(nameOf({ ...real, description: "", device: "" })).toBe("nvidia hopper");
  });
});
