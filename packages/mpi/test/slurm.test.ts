import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchers, startRanks } from "./launchers.js";
import { type Cluster, canStart, startCluster } from "./slurm.js";

const [openMpi, mpich] = launchers;

describe.skipIf(!canStart)("srun, on a cluster of one node", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.close());

  const srun = (...options: string[]) => ({
    command: (size: number, words: readonly string[]) => ["srun", "-n", String(size), ...options, ...words],
  });
  const run = (size: number, program: string, options: readonly string[], words: readonly string[] = []) =>
    startRanks(srun(...options), size, program, { words, environment: cluster.environment });

  it.skipIf(openMpi.program === undefined)("connects Open MPI's processes by --mpi=pmix", async () => {
    const { code, told, text } = await run(2, "open.mjs", ["--mpi=pmix"]);
    expect({ code, text }).toEqual({ code: 0, text: "" });
    const description = expect.stringMatching(/^Open MPI .* 2 ranks on 1 host$/) as unknown;
    expect(told).toEqual(
      [0, 1].map(() => ({ launched: true, loadedBefore: false, size: 2, sum: 2, description })),
    );
  });

  it.skipIf(mpich.program === undefined)("connects MPICH's processes by --mpi=pmi2", async () => {
    const { code, told, text } = await run(2, "open.mjs", ["--mpi=pmi2"]);
    expect({ code, text }).toEqual({ code: 0, text: "" });
    const description = expect.stringMatching(/^MPICH .* 2 ranks on 1 host$/) as unknown;
    expect(told).toEqual(
      [0, 1].map(() => ({ launched: true, loadedBefore: false, size: 2, sum: 2, description })),
    );
  });

  it("is told the option that is missing where it connects nothing", async () => {
    const { code, told } = await run(2, "open.mjs", ["--mpi=none"]);
    expect(code).not.toBe(0);
    for (const one of told as readonly Record<string, string>[]) {
      expect(one.code).toBe("GROUP_UNAVAILABLE");
      expect(one.message).toContain("srun --mpi=pmix");
    }
    expect(told.length).toBeGreaterThan(0);
  });

  it.skipIf(openMpi.program === undefined)("ends all ranks when one of them is killed", async () => {
    const { code, text } = await run(3, "stuck.mjs", ["--mpi=pmix", "--kill-on-bad-exit=1"], ["kill"]);
    expect(code).toBeGreaterThan(0);
    expect(text).not.toContain("went on");
  });
});
