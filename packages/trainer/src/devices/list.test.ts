import { describe, expect, it } from "vitest";
import { loadEngine } from "../engine.js";
import { chooseDevice } from "./choose.js";
import { cudaCache } from "./cuda.js";
import { deviceNames } from "./device.js";
import { listDevices } from "./list.js";

describe("listing devices", () => {
  it("says of each what it is, or why it is not there and the command that adds it", async () => {
    const reports = await listDevices();
    expect(reports.map(({ name }) => name)).toEqual([...deviceNames]);
    const said = reports.map((report) => (report.ready ? report.detail : `${report.reason}: ${report.hint}`));
    expect(said.filter((text) => text.length < 10)).toEqual([]);
    const absent = reports.filter(({ ready }) => !ready);
    expect(absent).toEqual(absent.map(() => expect.objectContaining({ hint: expect.stringMatching(/\.$/) })));
    expect(reports.find(({ name }) => name === "wasm")).toMatchObject({
      ready: true,
      detail: expect.stringContaining("WebAssembly with SIMD"),
    });
    expect(reports.find(({ name }) => name === "cpu")).toMatchObject({ ready: true });
  }, 120_000);

  it("leaves the current device as it is", async () => {
    const tf = await loadEngine();
    await chooseDevice(tf, "cpu");
    await listDevices({ names: ["wasm"] });
    expect(tf.getBackend()).toBe("cpu");
    expect(tf.findBackend("wasm")).toBeNull();
  }, 60_000);

  it("reports a process that cannot even start", async () => {
    const [report] = await listDevices({
      names: ["cpu"],
      environment: { ...process.env, NODE_OPTIONS: "--no-such-option" },
    });
    expect(report).toMatchObject({
      name: "cpu",
      ready: false,
      reason: expect.stringContaining("no-such-option"),
    });
  }, 60_000);
});

describe("CUDA's cache", () => {
  it("is a folder and enough room, as environment variables", () => {
    expect(cudaCache("/run/cuda")).toMatchObject({
      CUDA_CACHE_PATH: "/run/cuda",
      CUDA_CACHE_MAXSIZE: "4294967295",
    });
  });
});
