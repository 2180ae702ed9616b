/** What a launcher's variables say: that this process is one of several, which, and whose library goes with it. */
import type { Environment } from "@millrace/core";

/** The two binary interfaces that MPI libraries have: Open MPI's, and MPICH's, which most others share. */
export type Family = "Open MPI" | "MPICH";

/** Who started this process as one of a group. */
export interface Launcher {
  /** As a person knows it: "Open MPI's mpirun". */
  readonly name: string;
  /** How many processes it started, where it says so. */
  readonly size?: number;
  readonly rank?: number;
  /** Whose library its processes find each other by, where that is known. */
  readonly family?: Family;
  /** False where the launcher left out what any library would find the others by. */
  readonly connects: boolean;
}

interface Variables {
  readonly name: string;
  readonly rank: string;
  readonly size?: string;
  readonly family?: Family;
}

/**
 * In this order: mpirun may itself have been started by srun, whose variables then count its daemons. A batch script has
 * SLURM_NTASKS too, but is one process: only a step's tasks are a group.
 */
const launchers: readonly Variables[] = [
  {
    name: "Open MPI's mpirun",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    family: "Open MPI",
  },
  {
    name: "MVAPICH's mpirun_rsh",
    rank: "MV2_COMM_WORLD_RANK",
    size: "MV2_COMM_WORLD_SIZE",
    family: "MPICH",
  },
  { name: "MPICH's mpiexec", rank: "PMI_RANK", size: "PMI_SIZE", family: "MPICH" },
  { name: "Slurm's srun", rank: "SLURM_PROCID", size: "SLURM_STEP_NUM_TASKS" },
  { name: "a launcher with PMIx", rank: "PMIX_RANK" },
];

/** Who started this process as one of a group; undefined for one that was started alone. */
export function readLauncher(environment: Environment): Launcher | undefined {
  for (const { name, rank, size, family } of launchers) {
    const own = count(environment[rank]);
    const all = size === undefined ? undefined : count(environment[size]);
    if (own === undefined || (size !== undefined && all === undefined)) continue;
    const connects = name !== "Slurm's srun" || Object.keys(environment).some((key) => /^PMIX?_/.test(key));
    // srun's plugin for PMI-2 sets MPICH's variables.
    const bySlurm = name === "MPICH's mpiexec" && environment.SLURM_STEP_NUM_TASKS === environment.PMI_SIZE;
    return { name: bySlurm ? "Slurm's srun" : name, rank: own, size: all, family, connects };
  }
  return undefined;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
