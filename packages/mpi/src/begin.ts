/** Finds the launcher's library, begins MPI, and makes sure that both belong together. */
import { type GroupContext, MillraceError, patienceOf } from "@millrace/core";
import { bindCalls, type Calls, threadLevels } from "./calls/calls.js";
import type { GroupParts } from "./group/group.js";
import { type Launcher, readLauncher } from "./launcher.js";
import { chooseAbi } from "./library/abi.js";
import { findLibrary } from "./library/find.js";
import { loadKoffi, widenStacks } from "./library/native.js";

/** Joins the other processes of the launcher. Errors: GROUP_UNAVAILABLE, PACKAGE_MISSING. */
export async function beginMpi(context: GroupContext): Promise<GroupParts> {
  const { logger, environment } = context;
  const patience = patienceOf(context);
  const launcher = readLauncher(environment);
  if (launcher === undefined)
    throw new MillraceError("GROUP_UNAVAILABLE", "MPI needs a launcher; its variables are not there", {
      hint: "start with mpirun, mpiexec or srun",
    });
  if (!launcher.connects) throw unconnected(launcher);
  const koffi = await loadKoffi();
  const isWide = widenStacks(koffi);
  restrainUcx();
  const { library, path } = findLibrary(koffi, launcher, environment);
  const { name, abi } = chooseAbi(library, path);
  const calls = bindCalls(library, abi);
  const level = begin(calls, isWide, name);
  checkSize(calls, launcher, name, path);
  checkTypes(calls, name, path);
  const threads = onAllRanks(calls, isWide && level >= threadLevels.multiple);
  if (!threads) {
    const why = isWide
      ? `${name} was built without MPI_THREAD_MULTIPLE, or another rank lacks it`
      : "another native library was loaded before it";
    logger.warn({ library: path }, `${why}: sums of large arrays do not go on while JavaScript computes`);
  }
  return { calls, library: name, threads, patience };
}

/** Calls that wait and calls that are asked after do not meet each other: all ranks make the same. */
function onAllRanks(calls: Calls, here: boolean): boolean {
  const { abi, allreduce } = calls;
  const lacking = Float64Array.of(here ? 0 : 1);
  const result = allreduce.wait(abi.inPlace, lacking, 1, abi.double, abi.max, abi.world);
  calls.check(allreduce.name, result);
  return lacking[0] === 0;
}

function begin(calls: Calls, isWide: boolean, name: string): number {
  if (calls.wasInitialized())
    throw new MillraceError("GROUP_UNAVAILABLE", `${name} can be begun once in a process, and was before`, {
      hint: "open one group, and close it at the end",
    });
  return calls.init(isWide ? threadLevels.multiple : threadLevels.funneled);
}

/**
 * UCX, by which most MPI libraries move data, takes two things for itself as soon as it is loaded. SIGSEGV: V8 needs it, for
 * that is how WebAssembly notices an access out of bounds. And mmap and munmap, which it patches in the running process to see
 * what is unmapped: V8's threads call them meanwhile, and one run in ten ended in a page of the heap that was gone. What a
 * person has set stays.
 */
function restrainUcx(): void {
  process.env.UCX_ERROR_SIGNALS ??= "";
  process.env.UCX_MEM_EVENTS ??= "n";
  process.env.UCX_MEM_MMAP_HOOK_MODE ??= "none";
  process.env.UCX_MEM_MALLOC_HOOKS ??= "n";
}

function unconnected({ name, size }: Launcher): MillraceError {
  return new MillraceError(
    "GROUP_UNAVAILABLE",
    `${name} started ${size} processes without telling them how to find each other`,
    { hint: "start with `srun --mpi=pmix`; `srun --mpi=list` says what this Slurm offers" },
  );
}

/** A library that was not started by its own launcher believes itself alone. */
function checkSize(calls: Calls, launcher: Launcher, name: string, path: string): void {
  const size = calls.size(calls.abi.world);
  if (launcher.size === undefined || launcher.size === size) return;
  if (size === 1) calls.finalize();
  const own = calls.abi.family === "Open MPI" ? "mpirun.openmpi" : "mpirun.mpich";
  throw new MillraceError(
    "GROUP_UNAVAILABLE",
    `the MPI library must be the launcher's: ${launcher.name} started ${launcher.size} processes, of which ${name} (${path}) finds ${size}`,
    {
      hint: `start with the mpirun of ${name} (on Debian \`${own}\`), or name the launcher's library by MILLRACE_MPI_LIBRARY=/path/to/libmpi.so`,
    },
  );
}

/** A table of handles that is wrong would add up the wrong numbers. */
function checkTypes(calls: Calls, name: string, path: string): void {
  const { float, double, byte } = calls.abi;
  const sizes = [calls.sizeOf(float), calls.sizeOf(double), calls.sizeOf(byte)];
  if (sizes.join() === "4,8,1") return;
  throw new MillraceError(
    "GROUP_UNAVAILABLE",
    `${name} (${path}) has another binary interface than this version of Millrace knows: its float, double and byte have ${sizes.join(", ")} bytes`,
    { hint: "use Open MPI 4 or 5, or a library that is compatible with MPICH" },
  );
}
