import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hasTensorflow } from "../../test/tensorflow.js";

const entry = JSON.stringify(new URL("../../dist/index.js", import.meta.url).href);

function inProcess(script: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
}

const scriptFor = (devices: readonly string[]): string => `
  import { chooseDevice, loadEngine } from ${entry};
  const handlers = () => ["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event));
  process.on("unhandledRejection", () => {});
  const before = handlers();
  const tf = await loadEngine();
  for (const device of ${JSON.stringify(devices)}) {
    await chooseDevice(tf, device);
    tf.tidy(() => tf.sum(tf.tensor1d([1])).dataSync());
  }
  process.stdout.write(JSON.stringify({ before, after: handlers() }));
`;

it("opens devices without printing, without touching the process's error handlers, and lets it end", async () => {
  const { stdout, stderr } = await inProcess(scriptFor(["wasm", "cpu"]));
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ before: [0, 1], after: [0, 1] });
});

describe.skipIf(!(await hasTensorflow()))("libtensorflow, which needs @tensorflow/tfjs-node", () => {
  it("opens as quietly, and lets the process end", async () => {
    const { stdout, stderr } = await inProcess(scriptFor(["native", "wasm", "native"]));
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ before: [0, 1], after: [0, 1] });
  });

  it("opens after tfjs-node-gpu was tried in vain, with no word on kernels registered twice", async () => {
    const { stdout, stderr } = await inProcess(`
      import { chooseDevice, loadEngine } from ${entry};
      const tf = await loadEngine();
      await chooseDevice(tf, "cuda").catch(() => chooseDevice(tf, "native"));
      process.stdout.write(tf.getBackend());
    `);
    expect(stdout).toContain("tensorflow");
    expect(stderr).not.toContain("already registered");
  });
});
