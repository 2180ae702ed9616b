/** Memory that pixels pass through on their way: kept, for a fresh megabyte costs as much as decoding a tenth of a photo. */

/** As many as the loader has samples in flight on one thread, and a few more. */
const mostKept = 12;
/** Larger ones are left to the garbage collector. */
const mostBytes = 2 ** 22;
const kept: Uint8Array[] = [];

/** Runs `use` with `bytes` of memory, whose contents are undefined, and which is someone else's when it has settled. */
export async function withScratch<T>(bytes: number, use: (memory: Uint8Array) => Promise<T>): Promise<T> {
  const fit = kept.findIndex(({ length }) => length >= bytes);
  const memory = fit < 0 ? new Uint8Array(bytes) : kept.splice(fit, 1)[0];
  try {
    return await use(memory.subarray(0, bytes));
  } finally {
    if (memory.length <= mostBytes) {
      // The smallest makes room: data sets of many sizes end with buffers that fit all of them.
      kept.push(memory);
      kept.sort((a, b) => a.length - b.length);
      if (kept.length > mostKept) kept.shift();
    }
  }
}
