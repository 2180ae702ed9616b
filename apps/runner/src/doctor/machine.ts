/** Processors, memory, files: what the machine, or the container, lets this process have. */
import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { getHeapStatistics } from "node:v8";
import { bytesText, type Finding, finding } from "./finding.js";

export interface Machine {
  /** Where Linux says what this process may have. */
  readonly cgroup: string;
  /** Threads that run at once, as Node counts them. */
  readonly threads: number;
  readonly openFiles: number | undefined;
  readonly sharedMemory: string;
}

/** This one. */
export function thisMachine(): Machine {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = report.userLimits?.open_files?.soft;
  return {
    cgroup: "/sys/fs/cgroup",
    threads: availableParallelism(),
    openFiles:
      soft === undefined ? undefined : soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft),
    sharedMemory: "/dev/shm",
  };
}

export async function machineFindings(machine: Machine = thisMachine()): Promise<Finding[]> {
  return [
    await processors(machine),
    await memory(machine),
    ...heap(),
    ...(await sharedMemory(machine)),
    ...openFiles(machine),
  ];
}

async function processors({ cgroup, threads }: Machine): Promise<Finding> {
  const quota = await processorQuota(cgroup);
  const model = cpus()[0]?.model.trim();
  const cores = `${threads} threads at once${model === undefined || model === "" ? "" : ` (${model})`}`;
  if (quota === undefined || quota >= threads - 0.01) return finding("machine", "processors", cores);
  const most = Math.max(1, Math.floor(quota));
  return finding(
    "machine",
    "processors",
    `${cores}, of which the container may use ${Number(quota.toFixed(2))}`,
    `Give the container more (\`docker run --cpus ${threads}\`), or set loader.numWorkers to ${most} at most: more workers only wait for each other.`,
  );
}

/** How many processors' time the cgroup may use; undefined where nothing limits it. */
async function processorQuota(cgroup: string): Promise<number | undefined> {
  const unified = await text(join(cgroup, "cpu.max"));
  if (unified !== undefined) {
    const [quota, period] = unified.trim().split(/\s+/);
    return quota === "max" ? undefined : Number(quota) / Number(period);
  }
  const quota = Number(await text(join(cgroup, "cpu/cpu.cfs_quota_us")));
  const period = Number(await text(join(cgroup, "cpu/cpu.cfs_period_us")));
  return quota > 0 && period > 0 ? quota / period : undefined;
}

async function memory({ cgroup }: Machine): Promise<Finding> {
  const stated =
    (await text(join(cgroup, "memory.max"))) ?? (await text(join(cgroup, "memory/memory.limit_in_bytes")));
  const limit = Number(stated?.trim());
  const total = totalmem();
  const isLimited = limit > 0 && limit < total;
  const detail = isLimited
    ? `${bytesText(limit)} for this container, of ${bytesText(total)} of the machine`
    : `${bytesText(total)}, of which ${bytesText(freemem())} are free`;
  const least = 1e9;
  const few = isLimited ? limit < least : total < least;
  const cure =
    "Batches, workers and the model share it: take a smaller batchSize, numWorkers: 0, or give it more (`docker run --memory 4g`).";
  return finding("machine", "memory", detail, few ? cure : undefined);
}

/** What JavaScript objects may take; arrays of numbers, and so batches and weights, lie outside of it. */
function heap(): Finding[] {
  const { heap_size_limit: limit } = getHeapStatistics();
  const detail = `${bytesText(limit)} for JavaScript objects; arrays of numbers lie outside of it`;
  const cure = 'Set NODE_OPTIONS=--max-old-space-size=2048 if runs end with "heap out of memory".';
  return [finding("machine", "heap", detail, limit < 5e8 ? cure : undefined)];
}

/** Batches do not lie there: workers share the memory of one process. MPI's processes do use it. */
async function sharedMemory({ sharedMemory }: Machine): Promise<Finding[]> {
  try {
    const { bsize, bavail } = await statfs(sharedMemory);
    const free = bsize * bavail;
    const detail = `${bytesText(free)} free in ${sharedMemory}, which only MPI uses: workers share this process's own memory`;
    const cure = "For several processes in one container: `docker run --shm-size 1g`.";
    return [finding("machine", "shared memory", detail, free < 2 ** 25 ? cure : undefined, true)];
  } catch {
    return [];
  }
}

function openFiles({ openFiles }: Machine): Finding[] {
  if (openFiles === undefined || Number.isNaN(openFiles)) return [];
  const detail = openFiles === Number.POSITIVE_INFINITY ? "no limit" : `${openFiles} at once`;
  return [
    finding(
      "machine",
      "open files",
      detail,
      openFiles < 1024 ? "Allow more before a run: `ulimit -n 4096`." : undefined,
    ),
  ];
}

async function text(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}
