/** What the shells complete, asked of the shells themselves; one that is not installed is skipped by name. */
import { execFile, spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const isInstalled = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

let home: string;
beforeAll(async () => {
  home = await newFolder();
  for (const file of ["spec.jsonc", "other.yaml", "notes.txt", "deep/inner.json", "runs/first/run.json"]) {
    await mkdir(join(home, file, ".."), { recursive: true });
    await writeFile(join(home, file), "");
  }
  await mkdir(join(home, "runs/empty"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await millrace(["completion", shell], home);
    expect(code).toBe(0);
    await writeFile(join(home, `completion.${shell}`), stdout);
  }
});

/** What stands behind the last word of `line`, asked of a shell. */
type Ask = (line: string) => Promise<string[]>;

const bash: Ask = async (line) => {
  const words = line.split(" ").map((word) => `'${word}'`);
  const script = `
    source completion.bash
    COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}
    _millrace
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", script], { cwd: home });
  return stdout.split("\n").filter(Boolean).sort();
};

const fish: Ask = async (line) => {
  const script = `source completion.fish; complete -C ${JSON.stringify(line)}`;
  const { stdout } = await promisify(execFile)("fish", ["--no-config", "-c", script], { cwd: home });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((row) => row.split("\t")[0])
    .sort();
};

const zsh: Ask = async (line) => {
  const { stdout } = await promisify(execFile)("zsh", ["-f", fixture("complete.zsh"), line], { cwd: home });
  return stdout
    .split(/[\r\n]+/)
    .filter(Boolean)
    .sort();
};

const shells: readonly (readonly [string, Ask])[] = [
  ["bash", bash],
  ["fish", fish],
  ["zsh", zsh],
];

for (const [name, ask] of shells) {
  describe.skipIf(!isInstalled(name))(`completion of ${name}, which is installed`, () => {
    it("knows commands and those below them", async () => {
      expect(await ask("millrace pr")).toEqual(expect.arrayContaining(["predict", "preview", "print-spec"]));
      expect(await ask("millrace new s")).toEqual(expect.arrayContaining(["sampler", "source"]));
      expect(await ask("millrace help ru")).toEqual(expect.arrayContaining(["run"]));
    });

    it("knows options, and the words that they take", async () => {
      const options = await ask("millrace run --");
      expect(options).toEqual(expect.arrayContaining(["--out", "--set", "--resume"]));
      expect(options).not.toContain("--top");
      expect(await ask("millrace predict runs/first --format ")).toEqual(
        expect.arrayContaining(["csv", "jsonl"]),
      );
      expect(await ask("millrace plugins tr")).toEqual(expect.arrayContaining(["trainer", "transform"]));
    });

    it("offers specs where a spec stands, and runs where a run does", async () => {
      const specs = (await ask("millrace check ")).map((path) => path.replace(/\/$/, ""));
      expect(specs).toEqual(expect.arrayContaining(["spec.jsonc", "other.yaml", "deep"]));
      expect(specs).not.toContain("notes.txt");
      const runs = await ask("millrace evaluate runs/");
      expect(runs.map((path) => path.replace(/^.*runs\//, "").replace(/\/$/, ""))).toContain("first");
    });
  });
}

describe("completion", () => {
  it("refuses a shell that it does not know in words", async () => {
    const { code, stderr } = await millrace(["completion", "tcsh"], home);
    expect([code, stderr]).toEqual([2, expect.stringContaining("bash, zsh, fish")]);
  });
});
