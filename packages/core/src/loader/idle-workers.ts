/** Says once that a stream has fewer shards than there are workers. */
import type { Logger } from "../contracts/logger.js";

/** Told how many of the workers have ended without a sample, while the others go on. */
export type OnIdle = (idle: number, workers: number) => void;

/** One per loader. */
export function idleTeller(logger: Logger | undefined): OnIdle {
  let isTold = false;
  return (idle, workers) => {
    if (isTold) return;
    isTold = true;
    const text =
      `${idle} of ${workers} workers have nothing to read, since the stream gives them no shard: ` +
      `set numWorkers to ${workers - idle}, or cut the data into as many shards as there are workers`;
    if (logger === undefined) process.emitWarning(text, { code: "MILLRACE_IDLE_WORKERS" });
    else logger.warn({ idle, workers }, text);
  };
}
