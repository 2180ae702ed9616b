import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeNamed, refuseUsed, specName, writeFirst, writeWhole } from "./directory.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-directory-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("names a run after its spec, or after the folder of a file that is just spec.json", () => {
  expect(specName("experiments/wide net.json")).toBe("wide-net");
  expect(specName("examples/01-quickstart/spec.json")).toBe("01-quickstart");
  expect(specName("größe.jsonc")).toBe("größe");
});

it("takes a new folder, however deep, and an empty one", async () => {
  await makeNamed(join(folder, "a", "b"));
  await expect(makeNamed(join(folder, "a", "b"))).resolves.toBe(join(folder, "a", "b"));
});

it("refuses a folder with files, a file, and a place inside of a file", async () => {
  await mkdir(join(folder, "used"));
  await writeFile(join(folder, "used", "x"), "");
  for (const path of ["used", "used/x", "used/x/y"]) {
    await expect(makeNamed(join(folder, path))).rejects.toMatchObject({ code: "OUT_DIR" });
  }
  await expect(refuseUsed(join(folder, "used", "x"))).rejects.toThrow(/cannot be used for the run/);
});

it("lets only one of two runs write the first file", async () => {
  const path = join(folder, "spec.json");
  const ended = await Promise.allSettled([writeFirst(path, "1"), writeFirst(path, "2")]);
  expect(ended.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

it("replaces a file whole", async () => {
  const path = join(folder, "report.html");
  await writeWhole(path, "old");
  await writeWhole(path, "new");
  expect(await readFile(path, "utf8")).toBe("new");
});
