import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runRecord } from "./run-record.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-record-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const told = async () => JSON.parse(await readFile(join(folder, "run.json"), "utf8")) as object;

describe("run.json", () => {
  it("says from the first moment that a run is under way, and at last how it ended", async () => {
    const record = await runRecord(folder, { spec: "/a/spec.json" });
    expect(await told()).toMatchObject({ status: "running", spec: "/a/spec.json" });
    await record.note("finished", { seconds: 3 });
    expect(await told()).toMatchObject({ status: "finished", spec: "/a/spec.json", seconds: 3 });
  });

  it("lets only one of two runs have a folder, and leaves the other's alone", async () => {
    const ended = await Promise.allSettled([runRecord(folder, {}), runRecord(folder, {})]);
    expect(ended.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await told()).toMatchObject({ status: "running" });
    for (const each of ended) if (each.status === "fulfilled") await each.value.note("finished");
  });

  it.each([
    ["process.exit(3)", "failed", "the process ended with exit code 3 while the run was under way"],
    ["process.exit(130)", "stopped", "the process was ended by a signal before the run had saved"],
    ["throw new Error('out of tea')", "failed", "out of tea"],
    ["await new Promise(() => {})", "failed", "the process ended while the run waited for what never comes"],
  ])("gives the reason where the process ends by %s", async (end, status, message) => {
    const module = pathToFileURL(join(import.meta.dirname, "../../dist/run/run-record.js")).href;
    const script = join(folder, "ends.mjs");
    await writeFile(
      script,
      `import { runRecord } from "${module}"; await runRecord(${JSON.stringify(folder)}, {}); ${end};`,
    );
    spawnSync(process.execPath, [script]);
    const error = { message: expect.stringContaining(message) as string };
    expect(await told()).toMatchObject({ status, error });
  });
});
