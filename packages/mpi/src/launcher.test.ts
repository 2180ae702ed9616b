import { describe, expect, it } from "vitest";
import { readLauncher } from "./launcher.js";
import mpi from "./mpi.js";

describe("the launcher", () => {
  it.each([
    [{ OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "2" }, "Open MPI's mpirun", 1, 2, "Open MPI"],
    [{ PMI_RANK: "0", PMI_SIZE: "4", PMI_FD: "7" }, "MPICH's mpiexec", 0, 4, "MPICH"],
    [{ MV2_COMM_WORLD_RANK: "3", MV2_COMM_WORLD_SIZE: "4" }, "MVAPICH's mpirun_rsh", 3, 4, "MPICH"],
    [{ PMIX_RANK: "2", PMIX_NAMESPACE: "job" }, "a launcher with PMIx", 2, undefined, undefined],
    [{ SLURM_PROCID: "1", SLURM_STEP_NUM_TASKS: "2", PMIX_RANK: "1" }, "Slurm's srun", 1, 2, undefined],
    [
      { SLURM_PROCID: "1", SLURM_STEP_NUM_TASKS: "2", PMI_RANK: "1", PMI_SIZE: "2" },
      "Slurm's srun",
      1,
      2,
      "MPICH",
    ],
  ])("is known by the variables %o", (environment, name, rank, size, family) => {
    expect(readLauncher(environment)).toEqual({ name, rank, size, family, connects: true });
    expect(mpi.launched(environment)).toBe(true);
  });

  it("is mpirun where srun only started its daemons", () => {
    const step = { SLURM_PROCID: "1", SLURM_STEP_NUM_TASKS: "3" };
    const environment = { ...step, OMPI_COMM_WORLD_RANK: "7", OMPI_COMM_WORLD_SIZE: "12" };
    expect(readLauncher(environment)).toMatchObject({ name: "Open MPI's mpirun", rank: 7, size: 12 });
    const hydra = { ...step, PMI_RANK: "7", PMI_SIZE: "12" };
    expect(readLauncher(hydra)).toMatchObject({
      name: "MPICH's mpiexec",
      rank: 7,
      size: 12,
      family: "MPICH",
    });
  });

  it.each([
    {},
    { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "1" },
    { PMI_RANK: "0", PMI_SIZE: "1" },
    { SLURM_PROCID: "0", SLURM_STEP_NUM_TASKS: "1", PMIX_RANK: "0" },
    // A batch script, which is one process of a job that may have many tasks.
    { SLURM_JOB_ID: "17", SLURM_PROCID: "0", SLURM_NTASKS: "4" },
    { OMPI_COMM_WORLD_RANK: "", OMPI_COMM_WORLD_SIZE: "" },
  ])("started no group by the variables %o", (environment) => {
    expect(mpi.launched(environment)).toBe(false);
  });

  it("is told to connect the processes where srun did not", async () => {
    const environment = { SLURM_PROCID: "1", SLURM_STEP_NUM_TASKS: "4" };
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const opening = mpi.open({ logger, environment });
    await expect(opening).rejects.toMatchObject({
      code: "GROUP_UNAVAILABLE",
      hint: expect.stringContaining("srun --mpi=pmix") as unknown,
    });
  });
});
