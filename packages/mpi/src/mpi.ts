/** The group `mpi`: the processes that mpirun, mpiexec or srun started. */
import { defineGroup } from "@millrace/core";
import { beginMpi } from "./begin.js";
import { openGroup } from "./group/group.js";
import { readLauncher } from "./launcher.js";

export default defineGroup({
  name: "mpi",
  summary: "the processes that mpirun, mpiexec or srun started",
  launched(environment) {
    const launcher = readLauncher(environment);
    return launcher !== undefined && launcher.size !== 1;
  },
  rank: (environment) => readLauncher(environment)?.rank,
  open: async (context) => openGroup(await beginMpi(context)),
});
