import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const bin = fileURLToPath(new URL("../bin/create-millrace.js", import.meta.url));

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "create-millrace-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const create = (...words: string[]) => promisify(execFile)(process.execPath, [bin, ...words], { cwd: home });

it("writes a project after a look at the data, as `npm create millrace` runs it", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 2 === 0 ? "even" : "odd"}`);
  await writeFile(join(home, "numbers.csv"), `n,kind\n${rows.join("\n")}\n`);
  const { stdout } = await create("mine", "--from", "numbers.csv");
  expect(stdout).toContain('"kind" is told');
  const files = ["README.md", "new.csv", "package.json", "spec.jsonc", ".gitignore"];
  expect(await readdir(join(home, "mine"))).toEqual(expect.arrayContaining(files));
  expect(await readFile(join(home, "mine/spec.jsonc"), "utf8")).toContain('"path": "../numbers.csv"');
});

it("says what it takes where nothing is said, and ends with the command's own code", async () => {
  expect((await create()).stdout).toContain("--from <path>");
  await expect(create("mine", "--from", "nowhere.csv")).rejects.toMatchObject({ code: 1 });
});
