/** The shared memory of a cache, before anything is in it. */
import { totalmem } from "node:os";
import { newTable, type TableCells } from "./table.js";

/** What crosses to other threads. */
export interface MemoryHandle {
  readonly in: "memory";
  readonly table: TableCells;
  /** Growable memory: reserved up to its end, taken as it fills. */
  readonly chunks: readonly SharedArrayBuffer[];
}

/** Address space of one piece; Node.js 20 allows 4 GiB. A record lies within one. */
export const chunkBytes = 2 ** 30;

/** Half of the memory that this process may use. */
export function defaultMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  const limit = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(limit / 2);
}

/** Room for the records of `length` samples, `maxBytes` at most; only address space is taken at first. */
export function newMemory(length: number, maxBytes: number): MemoryHandle {
  const chunks: SharedArrayBuffer[] = [];
  try {
    for (let left = maxBytes; left > 0; left -= chunkBytes) {
      chunks.push(new SharedArrayBuffer(0, { maxByteLength: Math.min(left, chunkBytes) }));
    }
  } catch {
    // Address space may be limited: what there is serves, and the warning of a full cache tells its size.
  }
  const limit = chunks.reduce((sum, { maxByteLength }) => sum + maxByteLength, 0);
  return { in: "memory", table: newTable(length, limit, chunkBytes), chunks };
}
