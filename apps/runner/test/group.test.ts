/** Several processes as one run: what they write, what they say, and how they end. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bin, blobsSpec, type Ended, fixture, millrace, newFolder } from "./support/cli.js";

const timeout = 240_000;

const parts = {
  plugins: [fixture("rotten.mjs")],
  source: { use: "generated", with: { problem: "blobs", length: 203, noise: 0.3 } },
  transforms: [{ use: "standardize", with: { fields: ["features"] } }],
  loader: { batchSize: 32, shuffle: true },
  model: {
    use: "layers",
    with: { layers: [{ type: "dense", units: { from: "labels.count" }, activation: "softmax" }] },
  },
  trainer: {
    use: "tfjs",
    with: {
      device: "cpu",
      epochs: 2,
      optimizer: { type: "adam", learningRate: 0.05 },
      checkpoints: { everySteps: 1 },
    },
  },
};

const asRoot = process.getuid?.() === 0 ? ["--allow-run-as-root"] : [];
const launchers = [["mpirun.openmpi", "--oversubscribe", "--bind-to", "none", ...asRoot], ["mpirun.mpich"]];

function together(
  size: number,
  words: readonly string[],
  cwd: string,
  more: (rank: number) => NodeJS.ProcessEnv = () => ({}),
  own: (rank: number) => readonly string[] = () => [],
): Promise<Ended[]> {
  return Promise.all(
    Array.from({ length: size }, (_, rank) =>
      millrace([...words, ...own(rank)], cwd, {
        MILLRACE_RANK: String(rank),
        MILLRACE_SIZE: String(size),
        MILLRACE_GROUP: join(cwd, "group.sock"),
        ...more(rank),
      }),
    ),
  );
}

/** The losses of a run's epochs, as its metrics have them. */
async function losses(run: string): Promise<number[]> {
  const lines = (await readFile(join(run, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
  return lines
    .map((line) => (JSON.parse(line) as { train?: { loss: number } }).train?.loss ?? 0)
    .filter(Boolean);
}

const statusOf = async (run: string) =>
  JSON.parse(await readFile(join(run, "run.json"), "utf8")) as Record<string, unknown>;

describe("a run of several processes", () => {
  it("is written and told by the first alone, as one process would have", { timeout }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, parts);
    const ended = await together(2, ["run", spec, "--out", "two"], folder);
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(ended[0].stdout).toContain("group: sockets, 2 ranks on 1 host");
    expect(ended[0].stdout).toContain("allreduce");
    expect(ended[1].stdout).toBe("");
    expect((await readdir(folder)).filter((name) => !name.startsWith("."))).toEqual(["blobs.json", "two"]);
    expect(await statusOf(join(folder, "two"))).toMatchObject({
      status: "finished",
      group: "sockets, 2 ranks on 1 host",
    });
    const alone = await millrace(["run", spec, "--out", "one"], folder);
    expect(alone.code).toBe(0);
    const after = await together(2, ["evaluate", "one"], folder);
    expect(after[0].stderr).toContain("`evaluate` is for one process, but this is one of several");
    expect(after.map(({ code }) => code)).toEqual([2, 2]);
    expect(after[1].stderr).toBe("");
    const [one, two] = await Promise.all(["one", "two"].map((name) => losses(join(folder, name))));
    expect(two).toHaveLength(2);
    for (const [i, loss] of one.entries()) expect(two[i]).toBeCloseTo(loss, 5);
    expect((await readdir(join(folder, "two"))).sort()).toEqual((await readdir(join(folder, "one"))).sort());
  });

  it("is told once what is wrong with its spec, and what only one of them lacks by that one", {
    timeout,
  }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, { ...parts, seed: "${env:SEED_HERE}" });
    const all = await together(3, ["run", spec, "--out", "all"], folder);
    expect(all.map(({ code, stderr }) => [code, stderr === ""])).toEqual([
      [1, false],
      [1, true],
      [1, true],
    ]);
    expect(all[0].stderr).toContain("the variable SEED_HERE of the environment must be set");
    const one = await together(3, ["run", spec, "--out", "one"], folder, (rank) =>
      rank === 2 ? {} : { SEED_HERE: "1" },
    );
    expect(one.map(({ code }) => code)).toEqual([1, 1, 1]);
    const told = one.map(({ stderr }) => stderr).join("");
    expect(told).toMatch(/^error: .*blobs\.json has 1 fault: \(rank 2 on .*\)$/m);
    expect(told.match(/the variable SEED_HERE/g)).toHaveLength(1);
    const paths = ["blobs.json", "blobs.json", "gone.json"];
    const lacks = await together(3, ["run"], folder, undefined, (rank) => [paths[rank]]);
    expect(lacks.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(lacks.map(({ stderr }) => stderr).join("")).toMatch(
      /^error: there is no spec at gone\.json \(rank 2 on .*\)\n.*\n$/,
    );
    expect(existsSync(join(folder, "one"))).toBe(false);
  });

  it("ends with the fault of any of them, which the first's log has too, and can be gone on with by one", {
    timeout,
  }, async () => {
    const folder = await newFolder();
    const ends: string[] = [];
    // Which rank meets which sample is the shuffle's affair.
    for (const at of [6, 7, 8, 9]) {
      const rotten = { use: "rotten", with: { at } };
      const spec = await blobsSpec(folder, { ...parts, transforms: [...parts.transforms, rotten] });
      const run = join(folder, `run-${at}`);
      const ended = await together(2, ["run", spec, "--out", run], folder);
      expect(ended.map(({ code }) => code)).toEqual([1, 1]);
      const [first, second] = ended.map(({ stderr }) => stderr);
      expect(first + second).toMatch(
        /error: a transform failed: it is rotten \(transform 1 rotten, sample \d/,
      );
      expect((await statusOf(run)).status).toBe("failed");
      const isSecond = second !== "";
      const log = await readFile(join(run, "log.jsonl"), "utf8");
      expect(/rank 1 on .*: a transform failed: it is rotten/.test(log)).toBe(isSecond);
      ends.push(isSecond ? "second" : "first");
      expect(second).toMatch(/^(rank 1 on .*: error: a transform failed|$)/);
      if (new Set(ends).size === 2) break;
    }
    expect(new Set(ends).size).toBe(2);
    const last = (await readdir(folder)).filter((name) => name.startsWith("run-")).at(-1) ?? "";
    const resumed = await millrace(
      ["resume", join(folder, last), "--out", "on", "--set", "transforms.1.with.at=999"],
      folder,
    );
    expect(resumed.stderr).toBe("");
    expect(resumed.code).toBe(0);
    expect(await losses(join(folder, "on"))).toHaveLength(2);
    expect(existsSync(join(folder, "on", "model", "weights.bin"))).toBe(true);
  });

  for (const [launcher, ...more] of launchers) {
    const isMissing = spawnSync(launcher, ["--version"]).error !== undefined;
    it.skipIf(isMissing)(`is started by ${launcher} too`, { timeout }, async () => {
      const folder = await newFolder();
      const spec = await blobsSpec(folder, parts);
      const words = [...more, "-n", "2", process.execPath, bin, "run", spec, "--out", "two"];
      const { stdout } = await promisify(execFile)(launcher, words, { cwd: folder });
      // Open MPI's processes have a terminal, which is not where their output goes.
      expect(stdout).not.toContain("\x1b");
      const alone = await millrace(["run", spec, "--out", "one"], folder);
      expect(alone.code).toBe(0);
      const [one, two] = await Promise.all(["one", "two"].map((name) => losses(join(folder, name))));
      expect(two).toHaveLength(one.length);
      for (const [i, loss] of one.entries()) expect(two[i]).toBeCloseTo(loss, 5);
    });
  }

  it("is refused where ranks were started unlike, or read other data, naming what", { timeout }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, parts);
    const each = (rank: number, words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
      millrace(["run", ...words, "--out", "two"], folder, {
        MILLRACE_RANK: String(rank),
        MILLRACE_SIZE: "2",
        MILLRACE_GROUP: join(folder, "group.sock"),
        ...env,
      });
    const more = ["--set", "loader.batchSize=16", "--set", "loader.numWorkers=1"];
    const unlike = await Promise.all([each(0, [spec]), each(1, [spec, ...more])]);
    expect(unlike.map(({ code }) => code)).toEqual([1, 1]);
    expect(unlike[0].stderr).toContain(
      "error: all ranks must train the same, but these differ:\n  spec.loader.batchSize: 32 on rank 0, 16 on rank 1\n",
    );
    expect(existsSync(join(folder, "two"))).toBe(false);
    const rows = Array.from({ length: 40 }, (_, i) => JSON.stringify({ x: i / 40, y: i % 2 }));
    await writeFile(join(folder, "a.jsonl"), rows.join("\n"));
    await writeFile(join(folder, "b.jsonl"), rows.slice(3).join("\n"));
    const source = {
      use: "json-lines",
      with: {
        path: "${env:ROWS}.jsonl",
        columns: { x: { type: "float32", from: "x" }, label: { type: "class", from: "y" } },
      },
    };
    const read = await blobsSpec(folder, { ...parts, source, transforms: [] });
    const others = await Promise.all([each(0, [read], { ROWS: "a" }), each(1, [read], { ROWS: "b" })]);
    expect(others.map(({ code }) => code)).toEqual([1, 1]);
    expect(others[0].stderr).toContain("train.samples: 32 on rank 0, 30 on rank 1");
  });

  it("may be started by a launcher that a plugin of the spec knows", { timeout }, async () => {
    const folder = await newFolder();
    const spec = await blobsSpec(folder, { ...parts, plugins: [fixture("own-group.mjs")] });
    const words = ["run", spec, "--out", "own", "--set", "trainer.with.epochs=1"];
    const [first, second] = await Promise.all(
      ["0", "1"].map((rank) =>
        millrace(words, folder, { OWN_RANK: rank, OWN_GROUP: join(folder, "own.sock") }),
      ),
    );
    expect([first.code, second.code, second.stdout]).toEqual([0, 0, ""]);
    expect(first.stdout).toContain("group: two of our own");
  });

  it("is what `millrace devices` lists, once", { timeout }, async () => {
    const folder = await newFolder();
    const [first, second] = await together(2, ["devices", "--json"], folder);
    expect(JSON.parse(first.stdout)).toMatchObject({
      group: { description: "sockets, 2 ranks on 1 host", size: 2 },
    });
    expect([first.code, second.code, second.stdout]).toEqual([0, 0, ""]);
  });

  it("is refused for a trainer that knows nothing of others", { timeout }, async () => {
    const folder = await newFolder();
    const ended = await together(2, ["run", await blobsSpec(folder), "--out", "none"], folder);
    expect(ended[0].stderr).toContain(
      'the trainer "softmax" must know how to train one model with 2 processes, does not',
    );
    expect(ended.map(({ code }) => code)).toEqual([1, 1]);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
});
