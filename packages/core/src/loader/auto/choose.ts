/** How many workers, and how many batches ahead: chosen from what making a batch and using it was measured to take. */

/** Averages per batch, in milliseconds unless stated. */
export interface Measured {
  /** From the start of making a batch to its end. */
  readonly batchMs: number;
  /** Of that, time in which the thread itself was busy. */
  readonly threadMs: number;
  /** Processor time of all threads of the program meanwhile: libuv's pool shows here. */
  readonly cpuMs: number;
  /** From handing a batch out to being asked for the next. */
  readonly stepMs: number;
  /** Of a batch's arrays. */
  readonly bytes: number;
  /** Batches left in the epoch; Infinity if unknown or if workers are kept between epochs. */
  readonly batchesLeft: number;
}

export interface Limits {
  /** Threads that this machine runs at once. */
  readonly cores: number;
  /** Most bytes of batches made ahead. */
  readonly budget: number;
}

export interface Choice<T> {
  readonly value: T;
  /** One clause that says why. */
  readonly reason: string;
}

/** Handing a batch to a worker and back costs the caller's thread about this. */
const handOverMs = 0.04;
/** Starting workers takes about this. */
const startMs = 100;
/** Workers that are a fifth too many cost little; one too few makes the caller wait. */
const headroom = 1.2;
const mostAhead = 16;

export function chooseWorkers(measured: Measured, { cores, budget }: Limits): Choice<number> {
  const { batchMs, threadMs, cpuMs, stepMs, bytes, batchesLeft } = measured;
  const batch = `a batch takes ${milliseconds(batchMs)}`;
  if (batchMs < 3 * handOverMs) return { value: 0, reason: `${batch}, hardly more than handing it over` };
  if (batchMs < 0.02 * stepMs) {
    return { value: 0, reason: `${batch}, next to nothing beside the caller's ${milliseconds(stepMs)}` };
  }
  if (batchMs * batchesLeft < 3 * startMs) {
    return { value: 0, reason: `${batch} and ${batchesLeft} are left, not worth starting workers` };
  }
  // The caller takes a core while it works, and none while it waits.
  const spare = stepMs > 0.1 * batchMs ? cores - 1 : cores;
  const pace = `${batch}, the caller asks for one every ${milliseconds(stepMs)}`;
  const poolMs = cpuMs - threadMs;
  if (threadMs < 0.5 * batchMs && poolMs > 0.5 * batchMs) {
    return spare === cores
      ? { value: 0, reason: `${batch}, most of it in libuv's threads, which workers would only share` }
      : { value: 1, reason: `${pace}; most of it passes in libuv's threads, which one worker keeps busy` };
  }
  const needed = Math.ceil((headroom * batchMs) / Math.max(stepMs, batchMs / 64));
  const waits = threadMs < 0.5 * batchMs;
  if (!waits && spare < 1) return { value: 0, reason: `${batch}, but there is no core to spare` };
  // Threads that mostly wait take no core each.
  const most = waits ? Math.max(2, cores) : spare;
  const affordable = bytes === 0 ? most : Math.max(1, Math.floor(budget / (2 * bytes)));
  const value = Math.max(1, Math.min(needed, most, affordable));
  const limit =
    value === needed
      ? "enough for its pace"
      : value === affordable
        ? `as many as ${megabytes(budget)} of batches ahead allow`
        : `all that ${cores} ${cores === 1 ? "core" : "cores"} allow`;
  return { value, reason: `${pace}: ${value} ${value === 1 ? "worker is" : "workers are"} ${limit}` };
}

/** `variation` is the standard deviation of a batch's time as a share of its mean. */
export function chooseAhead(
  { batchMs, bytes }: Pick<Measured, "batchMs" | "bytes">,
  variation: number,
  numWorkers: number,
  { budget }: Limits,
): Choice<number> {
  // Two, as torch has it; more where some batches take much longer than others, or each is soon used up.
  const wanted = Math.min(mostAhead, Math.max(batchMs < 1 ? 4 : 2, Math.ceil(2 + 2 * variation)));
  const affordable =
    bytes === 0 ? wanted : Math.max(1, Math.floor(budget / (bytes * Math.max(1, numWorkers))));
  const value = Math.min(wanted, affordable);
  const why =
    value < wanted
      ? `as many as ${megabytes(budget)} allow for batches of ${megabytes(bytes)}`
      : `batches of ${milliseconds(batchMs)} that vary by ${Math.round(variation * 100)} %`;
  return { value, reason: `${value} ahead each: ${why}` };
}

function milliseconds(value: number): string {
  return `${value < 10 ? Number(value.toPrecision(2)) : Math.round(value)} ms`;
}

function megabytes(bytes: number): string {
  const value = bytes / 2 ** 20;
  return `${value < 10 ? Number(value.toPrecision(2)) : Math.round(value)} MB`;
}
