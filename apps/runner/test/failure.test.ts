/** Errors as a user meets them: on stderr, without a stack trace, with an exit code that tells. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, blobsSpec, type Ended, fixture, millrace, newFolder } from "./support/cli.js";

async function failing(options: object, words: readonly string[] = [], env?: NodeJS.ProcessEnv) {
  const folder = await newFolder();
  const spec = await blobsSpec(folder, { trainer: { use: "softmax", with: options } });
  return { folder, ...(await millrace(["run", spec, "--out", "o", ...words], folder, env)) };
}

const stackLine = /^\s+at /m;

describe("a run that fails", () => {
  it("says what, and what to do, and keeps what there is", async () => {
    const { folder, code, stdout, stderr } = await failing({ fault: "named" });
    expect(code).toBe(1);
    expect(stderr).toBe("error: the loss must be a number, was NaN\nLower the rate.\n");
    expect(stdout).toContain("what there is so far is in o");
    const record = JSON.parse(await readFile(join(folder, "o", "run.json"), "utf8")) as object;
    expect(record).toMatchObject({ status: "failed", error: { code: "TRAINING_DIVERGED" } });
    expect(await readFile(join(folder, "o", "report.html"), "utf8")).toContain("failed");
  });

  it.each(["exit", "promise"])(
    "is none that succeeded where the process ends before its work is done (%s)",
    async (by) => {
      const folder = await newFolder();
      const source = { use: "unfinished", with: { by } };
      const plugins = [fixture("softmax-trainer.mjs"), fixture("unfinished-source.mjs")];
      const spec = await blobsSpec(folder, { plugins, source, split: { train: 0.5, validation: 0.5 } });
      for (const words of [
        ["check", spec],
        ["run", spec, "--out", "o"],
        ["plan", spec],
      ]) {
        const { code, stderr } = await millrace(words, folder);
        expect(code).toBe(1);
        expect(stderr).toMatch(
          /^error: the process must not end before the command has.*\nLook for process\.exit/m,
        );
        expect(stderr).not.toMatch(/unsettled top-level await/);
      }
    },
  );

  it("calls an unexpected error a bug, in two lines and with exit code 70", async () => {
    const { code, stderr } = await failing({ fault: "unnamed" });
    expect(code).toBe(70);
    expect(stderr).toBe(
      "error: cannot read the tea leaves\nThis is a bug in millrace or in a plugin; run with --verbose for the stack trace.\n",
    );
  });

  it.skipIf(!existsSync("/dev/full"))(
    "says that the disk is full, and so does run.json (needs /dev/full)",
    async () => {
      const { folder, code, stdout, stderr } = await failing({ fault: "full" });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: .*o cannot be written: the disk is full\nMake room/);
      expect(stdout).toContain("what there is so far is in o");
      const record = JSON.parse(await readFile(join(folder, "o", "run.json"), "utf8")) as object;
      expect(record).toMatchObject({ status: "failed", error: { code: "OUT_DIR" } });
      expect((await readdir(join(folder, "o"))).filter((name) => name.endsWith(".partial"))).toEqual([]);
    },
  );

  it.each([
    ["--verbose", ["--verbose"], {}],
    ["MILLRACE_DEBUG", [], { MILLRACE_DEBUG: "1" }],
  ])("shows the stack trace with %s", async (_name, words, env) => {
    const { code, stderr } = await failing({ fault: "unnamed" }, words, env);
    expect(code).toBe(70);
    expect(stderr).toMatch(stackLine);
    expect(stderr).toContain("softmax-trainer.mjs");
  });

  it("puts the error on stdout as one JSON line with --json", async () => {
    const { code, stdout, stderr } = await failing({ fault: "named" }, ["--json"]);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "TRAINING_DIVERGED",
        message: "the loss must be a number, was NaN",
        hint: "Lower the rate.",
        where: [],
        details: [],
      },
    });
    expect(stderr).toContain("error: the loss must be a number");
  });

  it("names a rejected promise that a plugin left behind, without a stack trace", async () => {
    const { folder, code, stderr } = await failing({ stray: true, stepMilliseconds: 5 });
    const record = JSON.parse(await readFile(join(folder, "o", "run.json"), "utf8")) as object;
    expect(record).toMatchObject({ status: "failed", error: { message: "left behind" } });
    expect(code).toBe(70);
    expect(stderr).toContain("error: left behind");
    expect(stderr).not.toMatch(stackLine);
  });
});

describe("a command line that is not understood", () => {
  const usage = async (...words: string[]): Promise<Ended> => millrace(words, await newFolder());

  it("gets a suggestion and exit code 2", async () => {
    expect(await usage("rnu", "spec.json")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: "error: unknown command 'rnu'\n(Did you mean run?)\nSee `millrace --help`.\n",
    });
    expect(await usage("run", "x.json", "--jsn")).toMatchObject({ code: 2 });
    expect((await usage("run", "x.json", "--jsn")).stderr).toContain("(Did you mean --json?)");
    expect((await usage("run")).stderr).toContain("error: missing required argument 'spec'");
  });

  it.each(["epochs", "=3", ""])("says what --set wants, given %j", async (text) => {
    const { code, stderr } = await usage("run", "x.json", "--set", text);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: --set needs path=value, was "${text}"`);
    expect(stderr).toContain("--set trainer.with.epochs=3");
  });

  it("shows help where no command is given, as an error, and on request, as the answer", async () => {
    const bare = await usage();
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain("Usage: millrace");
    const asked = await usage("--help");
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    expect(asked.stdout).toContain("Exit codes:");
    expect((await usage("help", "run")).stdout).toContain("Press Ctrl-C once");
  });

  it("says that there is no help for a word that is no command", async () => {
    const { code, stdout, stderr } = await usage("help", "eveluate");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain('error: there is no help for "eveluate" (did you mean "evaluate"?)');
    expect(stderr).toMatch(/Known: run, resume, .*evaluate, .*, help\./);
  });

  it("is a JSON line too with --json", async () => {
    const { stdout } = await usage("run", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "USAGE" } });
  });

  it("tells its version", async () => {
    expect((await usage("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("--set", () => {
  const setting = async (...set: string[]): Promise<Ended> => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder);
    return millrace(["check", spec, ...set.flatMap((text) => ["--set", text])], folder);
  };

  it("names the override where its value is at fault", async () => {
    const { code, stderr } = await setting("loader.batchSize=many");
    expect(code).toBe(1);
    expect(stderr).toContain('--set loader.batchSize loader.batchSize: must be a number, was "many"');
  });

  it("refuses a path through something that is not an object", async () => {
    const { code, stderr } = await setting("seed.deep.path=1");
    expect(code).toBe(1);
    expect(stderr).toContain("--set seed.deep.path: seed is not an object or array");
  });

  it("suggests the option that was meant", async () => {
    expect((await setting("loader.batchsize=3")).stderr).toContain('did you mean "batchSize"?');
  });
});

describe("output that cannot be written", () => {
  it.skipIf(!existsSync("/dev/full"))(
    "is said once, with the exit code of a fault, and ends no run (needs /dev/full)",
    async () => {
      const folder = await newFolder();
      const spec = await blobsSpec(folder);
      for (const words of [
        ["print-spec", spec],
        ["run", spec, "--out", "o"],
      ]) {
        const full = openSync("/dev/full", "w");
        const { status, stderr } = spawnSync(process.execPath, [bin, ...words], {
          cwd: folder,
          stdio: ["ignore", full, "pipe"],
          encoding: "utf8",
        });
        closeSync(full);
        expect([status, stderr]).toEqual([
          1,
          "error: the output cannot be written: the disk is full\nMake room, or choose a folder on another disk.\n",
        ]);
      }
      const record = JSON.parse(await readFile(join(folder, "o", "run.json"), "utf8")) as object;
      expect(record).toMatchObject({ status: "finished" });
    },
    60_000,
  );
});
