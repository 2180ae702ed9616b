/** Which files a folder of inputs stands for. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { SourceInputs } from "@millrace/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { looseSamples } from "./inputs.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-inputs-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function namesIn(folder: string): Promise<string[]> {
  const inputs: SourceInputs = {
    endings: [".png"],
    async *read(path) {
      yield { name: relative(folder, path), sample: {} };
    },
  };
  const names: string[] = [];
  for await (const { name } of looseSamples([folder], inputs)) names.push(name);
  return names;
}

it("folders that links lead to are searched, as in training", async () => {
  await mkdir(join(root, "other"));
  await mkdir(join(root, "in/own"), { recursive: true });
  for (const name of ["other/2.png", "in/1.png", "in/own/3.png", "in/note.txt"]) {
    await writeFile(join(root, name), "");
  }
  await symlink("../other", join(root, "in/linked"));
  await symlink("../other/2.png", join(root, "in/4.png"));
  expect(await namesIn(join(root, "in"))).toEqual(["1.png", "4.png", "linked/2.png", "own/3.png"]);
});

it("a link to a folder above ends there", async () => {
  await mkdir(join(root, "a"));
  await writeFile(join(root, "a/1.png"), "");
  await symlink("..", join(root, "a/up"));
  expect(await namesIn(join(root, "a"))).toEqual(["1.png"]);
});
