/** `doctor`: each problem with its cure, and nothing else called one. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../src/doctor/finding.js";
import { machineFindings, thisMachine } from "../src/doctor/machine.js";
import { nodeFindings, packageFindings } from "../src/doctor/packages.js";
import { placeFindings } from "../src/doctor/places.js";
import { newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const problems = (findings: readonly Finding[]) => findings.filter(({ state }) => state === "problem");

/** A folder of files, as Linux keeps limits. */
async function cgroup(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await newFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

describe("doctor", () => {
  it("says of every part how it is, with a cure for whatever is not as it should be", async () => {
    const { code, stdout, stderr } = await millrace(["doctor", "--json"], await newFolder());
    expect(stderr).toBe("");
    const told = JSON.parse(stdout) as { healthy: boolean; findings: readonly Finding[] };
    expect(code).toBe(told.healthy ? 0 : 1);
    const names = told.findings.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "Node",
        "sharp",
        "wasm",
        "JPEG",
        "processors",
        "memory",
        "this folder",
        "disk",
      ]),
    );
    for (const { state, cure } of told.findings) expect(cure === undefined).toBe(state === "ok");
  });

  it("finds that a container may use less of the processors and the memory than the machine has", async () => {
    const unified = await cgroup({ "cpu.max": "150000 100000\n", "memory.max": "536870912\n" });
    const [processors, memory] = await machineFindings({ ...thisMachine(), cgroup: unified, threads: 16 });
    expect(processors).toMatchObject({
      state: "problem",
      detail: expect.stringContaining("may use 1.5") as string,
    });
    expect(processors.cure).toContain("numWorkers to 1 at most");
    expect(memory).toMatchObject({
      state: "problem",
      detail: expect.stringMatching(/^537 MB for this container/) as string,
    });
    const older = await cgroup({ "cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n" });
    const [quota] = await machineFindings({ ...thisMachine(), cgroup: older, threads: 16 });
    expect(quota.detail).toContain("may use 4");
    const free = await cgroup({ "cpu.max": "max 100000\n", "memory.max": "max\n" });
    expect(
      problems(await machineFindings({ ...thisMachine(), cgroup: free, threads: 16, openFiles: 4096 })),
    ).toEqual([]);
  });

  it("finds few open files, an old Node and a folder that may not be written to", async () => {
    const few = problems(
      await machineFindings({ ...thisMachine(), cgroup: await newFolder(), openFiles: 256 }),
    );
    expect(few).toMatchObject([{ name: "open files", cure: expect.stringContaining("ulimit -n") as string }]);
    expect(problems(nodeFindings("18.20.1"))).toMatchObject([{ name: "Node" }]);
    expect(problems(nodeFindings("20.19.0"))).toEqual([]);
    const file = join(await newFolder(), "a file");
    await writeFile(file, "");
    expect(problems(await placeFindings(file))).toMatchObject([
      { name: "this folder", detail: expect.stringContaining("ENOTDIR") as string },
    ]);
  });

  it("finds a second copy of a package that must be one", async () => {
    const folder = await newFolder();
    const copy = join(folder, "node_modules/zod");
    await mkdir(copy, { recursive: true });
    await writeFile(
      join(copy, "package.json"),
      '{ "name": "zod", "version": "3.0.0", "main": "./index.js" }',
    );
    await writeFile(join(copy, "index.js"), "");
    const found = problems(await packageFindings(folder));
    expect(found).toMatchObject([
      { name: "zod", detail: expect.stringMatching(/^3\.0\.0 in .* beside 4\./) as string },
    ]);
    expect(found[0].cure).toContain("npm dedupe");
  });
});
