/** `mpirun -n 2 millrace run`: what it comes to beside one process, for each MPI that this machine has. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { launchers, runCommand } from "../../../packages/mpi/test/launchers.js";
import { canStart, startCluster } from "../../../packages/mpi/test/slurm.js";
import { bin, fixture, millrace, newFolder } from "./support/cli.js";

const timeout = 240_000;

/** 203 samples, so that the last batch is split unevenly: a CNN, Adam, clipping. */
const spec = {
  plugins: [fixture("killed.mjs")],
  seed: 7,
  source: { use: "generated", with: { problem: "blobs", length: 203, features: 64, noise: 2 } },
  split: { train: 0.8, validation: 0.2 },
  transforms: [{ use: "killed", with: { at: 100 }, only: "train" }],
  loader: { batchSize: 32, shuffle: true },
  model: {
    use: "layers",
    with: {
      layers: [
        { type: "reshape", targetShape: [8, 8, 1] },
        { type: "conv2d", filters: 4, kernelSize: 3, activation: "relu" },
        { type: "maxPooling2d", poolSize: 2 },
        { type: "flatten" },
        { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
      ],
    },
  },
  trainer: {
    use: "tfjs",
    with: {
      device: "wasm",
      epochs: 2,
      optimizer: { type: "adam", learningRate: 0.01 },
      clip: { norm: 0.5 },
      checkpoints: { everySteps: 1 },
    },
  },
};

interface Step {
  readonly type: string;
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
}

let folder: string;
let alone: readonly Step[];
beforeAll(async () => {
  folder = await newFolder();
  await writeFile(join(folder, "spec.json"), JSON.stringify(spec));
  expect(await millrace(["run", "spec.json", "--out", "one"], folder)).toMatchObject({ code: 0 });
  alone = await stepsOf("one");
}, timeout);

async function stepsOf(run: string): Promise<readonly Step[]> {
  const lines = (await readFile(join(folder, run, "metrics.jsonl"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Step).filter(({ type }) => type === "step");
}

const statusOf = async (run: string) =>
  JSON.parse(await readFile(join(folder, run, "run.json"), "utf8")) as Record<string, unknown>;

function expectLosses(steps: readonly Step[]): void {
  expect(steps.map(({ epoch, step }) => [epoch, step])).toEqual(
    alone.map(({ epoch, step }) => [epoch, step]),
  );
  for (const [i, { loss }] of steps.entries()) expect(Math.abs(loss - alone[i].loss)).toBeLessThan(1e-5);
}

for (const { name, program, command } of launchers)
  describe.skipIf(program === undefined)(`millrace under the mpirun of ${name}`, () => {
    const words = (...own: string[]) => [process.execPath, bin, ...own];

    it("has one process's losses at every step, and writes one run", { timeout }, async () => {
      const run = `two by ${name}`;
      const ended = await runCommand(command(2, words("run", "spec.json", "--out", run)), { cwd: folder });
      expect(ended.code).toBe(0);
      expect(ended.text.match(/group: .* 2 ranks on 1 host/g)).toHaveLength(1);
      expect(ended.text).toContain(`group: ${name}`);
      expectLosses(await stepsOf(run));
      expect(await statusOf(run)).toMatchObject({ status: "finished" });
    });

    // Each MPI goes on with another number of ranks than were killed: more, or one.
    const ranks = name === "Open MPI" ? 4 : 1;
    it(`ends when one of two ranks is killed, and ${ranks} of them go on to the same losses`, {
      timeout,
    }, async () => {
      const run = `killed by ${name}`;
      const environment = { KILL_AT_SAMPLE: "1" };
      const first = words("run", "spec.json", "--out", run);
      const killed = await runCommand(command(2, first), { cwd: folder, environment });
      expect(killed.code).toBeGreaterThan(0);
      expect((await stepsOf(run)).length).toBeLessThan(alone.length);
      const on = words("resume", run, "--out", `${run}, on`);
      expect(await runCommand(command(ranks, on), { cwd: folder })).toMatchObject({ code: 0 });
      expectLosses(await stepsOf(`${run}, on`));
      expect(await statusOf(`${run}, on`)).toMatchObject({ status: "finished" });
    });
  });

const byOpenMpi = launchers.some(({ name, program }) => name === "Open MPI" && program !== undefined);

it.skipIf(!canStart || !byOpenMpi)(
  "millrace under srun has one process's losses at every step",
  { timeout },
  async () => {
    const { environment, close } = await startCluster();
    onTestFinished(close);
    const words = [process.execPath, bin, "run", "spec.json", "--out", "two by srun"];
    const ended = await runCommand(["srun", "-n", "2", "--mpi=pmix", ...words], { cwd: folder, environment });
    expect(ended.code).toBe(0);
    expect(ended.text).toMatch(/group: Open MPI .*, 2 ranks on 1 host/);
    expectLosses(await stepsOf("two by srun"));
  },
);
