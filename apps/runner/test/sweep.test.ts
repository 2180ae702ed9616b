/** `millrace sweep`, with trials in processes of their own. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { blobsSpec, type Ended, newFolder, start } from "./support/cli.js";
import { millraceHere } from "./support/host.js";

interface Told {
  readonly status: string;
  readonly trials: readonly {
    readonly id: string;
    readonly values: Readonly<Record<string, unknown>>;
    readonly state: string;
    readonly runs: readonly string[];
    readonly metrics?: Readonly<Record<string, number>>;
    readonly reason?: string;
    readonly pid?: number;
  }[];
}

const told = async (folder: string): Promise<Told> =>
  JSON.parse(await readFile(join(folder, "s", "sweep.json"), "utf8")) as Told;

/** Reads sweep.json again and again until `found` is true of it; the sweep must not end before. */
async function until(folder: string, ended: Promise<Ended>, found: (sweep: Told) => boolean): Promise<Told> {
  let early: Ended | undefined;
  void ended.then((end) => (early = end));
  for (;;) {
    if (early !== undefined) throw new Error(`ended early: ${early.stdout}${early.stderr}`);
    const sweep = existsSync(join(folder, "s", "sweep.json")) ? await told(folder) : undefined;
    if (sweep !== undefined && found(sweep)) return sweep;
    await sleep(20);
  }
}

const timeout = 120_000;

describe("a sweep", () => {
  it("ranks its trials, those that fail last, each with its reason", { timeout }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder);
    const words = ["--set", "trainer.with.rate=[0.01,0.5]", "--set", "trainer.with.fault=[none,named]"];
    const { code, stdout, stderr } = await millraceHere(
      ["sweep", spec, ...words, "--parallel", "2", "--out", "s", "--no-tensorboard"],
      folder,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { status, trials } = await told(folder);
    expect(status).toBe("finished");
    expect(trials.map(({ id, values, state }) => [id, ...Object.values(values), state])).toEqual([
      ["001", 0.01, "none", "finished"],
      ["002", 0.01, "named", "failed"],
      ["003", 0.5, "none", "finished"],
      ["004", 0.5, "named", "failed"],
    ]);
    expect(trials[1].reason).toBe("the loss must be a number, was NaN");
    // The better rate is the first row, and failed trials the last.
    const rows = stdout.slice(stdout.lastIndexOf("trial  rate"));
    expect(rows).toMatch(
      /\n {2}1 +003 +0\.5 [^]*\n {2}2 +001 [^]*–.*\n {2}– .*failed: the loss must be a number/,
    );
    expect(stdout).toContain(`best  ${join("s", "trials", "003")}: rate 0.5, fault none`);
    expect(await readdir(join(folder, "s", "trials"))).toEqual(["001", "002", "003", "004"]);
    expect(await readdir(join(folder, "s", "trials", "003"))).not.toContain("tensorboard");
    const page = await readFile(join(folder, "s", "sweep.html"), "utf8");
    expect(page).toContain('<a href="trials/003/report.html">003</a>');
    expect(page).toContain("2 finished, 2 failed");
  });

  it("refuses faulty values before anything runs, and makes no folder", async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder);
    const words = ["--set", "trainer.with.rate=[0.1,-1]", "--set", "loader.batchSize=[16,many]"];
    const { code, stderr } = await millraceHere(["sweep", spec, ...words], folder);
    expect(code).toBe(1);
    expect(stderr).toContain("the trials' specs have 2 faults:");
    expect(stderr).toMatch(/--set trainer\.with\.rate trainer\.with\.rate: .*\(in 2 of 4 trials\)/);
    expect(stderr).toMatch(/--set loader\.batchSize loader\.batchSize: must be a number, was "many"/);
    expect(await readdir(folder)).toEqual([spec]);
  });

  it.each([
    [[], "at least one --set with several values"],
    [["--set", "seed=[1,2]", "--set", "seed=[3]"], "--set seed is given twice"],
    [["--set", "seed=[1,2]", "--seed", "3"], "--seed decides what --random draws"],
    [["--set", "seed=[1,2]", "--retry"], "--retry goes with --resume"],
    [["--set", "seed=[1,2]", "--resume", "nowhere"], "--resume goes on with the sweep as it was begun"],
  ])("says what is wrong with a command line: %j", async (words, message) => {
    const folder = await newFolder();
    const { code, stderr } = await millraceHere(["sweep", await blobsSpec(folder), ...words], folder);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect((await millraceHere(["sweep", "--resume", "nowhere"], folder)).stderr).toContain(
      "nowhere must be the folder of a sweep",
    );
  });

  it("gives up what is hopeless, where it was asked to", { timeout }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, {
      trainer: { use: "softmax", with: { epochs: 5, stepMilliseconds: 40 } },
    });
    const words = ["--set", "trainer.with.rate=[0.5,1e-6]", "--halving", "2", "--out", "s", "--json"];
    const { code, stdout } = await millraceHere(["sweep", spec, ...words], folder);
    expect(code).toBe(0);
    const { trials } = JSON.parse(stdout) as Told;
    expect(trials.map(({ state }) => state)).toEqual(["finished", "hopeless"]);
    expect(trials[1].reason).toMatch(/^after 1 epoch at .*, not among the best 1 of 2$/);
  });
});

describe("a sweep that was stopped", () => {
  const layers = [
    { type: "dense", units: 16, activation: "relu" },
    { type: "dense", units: 3 },
  ];
  const parts = {
    plugins: [],
    source: { use: "generated", with: { problem: "blobs", length: 150 } },
    model: { use: "layers", with: { layers } },
    trainer: { use: "tfjs", with: { device: "cpu", epochs: 30 } },
  };

  it("goes on: what had ended is kept, and what ran goes on from its checkpoint", { timeout }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, parts);
    const words = ["--set", "trainer.with.epochs=[1,30]", "--out", "s"];
    const { process, ended } = start(["sweep", spec, ...words], folder);
    await until(folder, ended, ({ trials }) => trials[1].state === "running");
    while (!existsSync(join(folder, "s", "trials", "002", "checkpoints", "last.safetensors")))
      await sleep(20);
    process.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    expect(stdout).toContain("go on with: millrace sweep --resume s");
    const stopped = await told(folder);
    expect(stopped.status).toBe("stopped");
    expect(stopped.trials.map(({ state }) => state)).toEqual(["finished", "stopped"]);

    const again = await millraceHere(["sweep", "--resume", "s"], folder);
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: "" });
    expect(again.stdout).toContain("2 trials, 1 of them ended before");
    const { trials } = await told(folder);
    expect(trials.map(({ state, runs }) => [state, ...runs])).toEqual([
      ["finished", "trials/001"],
      ["finished", "trials/002", "trials/002-2"],
    ]);
    const run = JSON.parse(
      await readFile(join(folder, "s", "trials", "002-2", "run.json"), "utf8"),
    ) as object;
    expect(run).toMatchObject({ status: "finished", resumeFrom: join(folder, "s", "trials", "002") });

    // All is done by now: it can be ranked otherwise, but by a spec that is no longer what it was nothing goes on.
    const otherwise = await millraceHere(["sweep", "--resume", "s", "--by", "accuracy"], folder);
    expect(otherwise.code).toBe(0);
    expect(otherwise.stdout).toMatch(/trial {2}epochs {2}accuracy +loss/);
    await blobsSpec(folder, { ...parts, seed: 2 });
    const other = await millraceHere(["sweep", "--resume", "s"], folder);
    expect(other.stderr).toContain("the spec must be what it was when the sweep in s began");
  });

  it("begins a trial anew whose process was killed before it had a checkpoint", { timeout }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, { trainer: { use: "softmax", with: { stepMilliseconds: 20 } } });
    const { process: own, ended } = start(
      ["sweep", spec, "--set", "seed=[1,2]", "--out", "s", "--by", "los"],
      folder,
    );
    const { trials } = await until(folder, ended, (sweep) => sweep.trials[0].pid !== undefined);
    own.kill("SIGKILL");
    await ended;
    if (trials[0].pid !== undefined) process.kill(trials[0].pid, "SIGKILL");
    let again: Ended;
    do again = await millraceHere(["sweep", "--resume", "s", "--parallel", "2"], folder);
    while (again.stderr.includes("trial 001 of s is still at work, in process"));
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: "" });
    const warnings = again.stdout.match(/warning: trials do not measure "los" \(did you mean "loss"\?\)/g);
    expect(warnings).toHaveLength(1);
    const { trials: after, status } = await told(folder);
    expect(status).toBe("finished");
    expect(after.map(({ state, runs }) => [state, ...runs])).toEqual([
      ["finished", "trials/001", "trials/001-2"],
      ["finished", "trials/002"],
    ]);
  });
});
