/** Memory for batches that are made in this thread: given back with a batch's release, and filled again. */
import type { Allocator } from "../../contracts/batch.js";
import { arrayConstructors, type NdArray, sizeOf } from "../../contracts/ndarray.js";
import { bytesOf } from "../wire/layout.js";

/** Free pieces that are kept: enough for a few batches of a few arrays each. */
const mostFree = 32;
/** Smaller arrays cost less to make than to look for. */
const leastBytes = 1024;

/** The memory of one batch. */
export interface Lease extends Allocator {
  /** The batch is there. @throws MillraceError BATCH_INVALID */
  readonly finish: (batch: unknown) => unknown;
  /** Of the batch's arrays; known once `finish` has been called. */
  bytes: number;
  /** Gives the memory back; twice is harmless. */
  readonly release: () => void;
}

/**
 * Recycles ordinary memory, as slots do shared memory: fresh memory costs a page fault for each page of a batch, which
 * is more than copying the samples into it. A batch that is never released is the garbage collector's.
 */
export class Heap {
  #free: ArrayBuffer[] = [];

  lease(): Lease {
    let lent: ArrayBuffer[] = [];
    const allocate = (dtype: NdArray["dtype"], shape: readonly number[]): NdArray => {
      const length = sizeOf(shape);
      const type = arrayConstructors[dtype];
      const bytes = length * type.BYTES_PER_ELEMENT;
      if (bytes < leastBytes) return { dtype, shape, data: new type(length) };
      const buffer = this.#take(bytes);
      lent.push(buffer);
      return { dtype, shape, data: new type(buffer, 0, length) };
    };
    const release = (): void => {
      this.#free.push(...lent);
      lent = [];
      // The oldest go first: they are of sizes that nobody asks for any more.
      if (this.#free.length > mostFree) this.#free = this.#free.slice(-mostFree);
    };
    const finish = (batch: unknown): unknown => {
      lease.bytes = bytesOf(batch);
      return batch;
    };
    const lease: Lease = { allocate, finish, bytes: 0, release };
    return lease;
  }

  /** The newest free piece of about the size; memory that was read a moment ago is still in a cache. */
  #take(bytes: number): ArrayBuffer {
    const most = bytes * 1.25;
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const { byteLength } = this.#free[i];
      if (byteLength >= bytes && byteLength <= most) return this.#free.splice(i, 1)[0];
    }
    return new ArrayBuffer(rounded(bytes));
  }
}

/** Up to an eighth more, so that batches of varying size find each other's memory. */
function rounded(bytes: number): number {
  const grain = 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / grain) * grain;
}
