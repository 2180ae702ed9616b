import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = `
  import { chooseDevice, loadEngine } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
  const handlers = () => ["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event));
  process.on("unhandledRejection", () => {});
  const before = handlers();
  const tf = await loadEngine();
  for (const device of ["wasm", "cpu"]) {
    await chooseDevice(tf, device);
    tf.tidy(() => tf.sum(tf.tensor1d([1])).dataSync());
  }
  process.stdout.write(JSON.stringify({ before, after: handlers() }));
`;

it("opens devices without printing, without touching the process's error handlers, and lets it end", async () => {
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", script]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ before: [0, 1], after: [0, 1] });
});
