/** Where each sample of a cache lies: one table in shared memory for all threads of a process. The cache's only Atomics. */

/** Records start at multiples of this many bytes, so that 32 bits address 256 GiB. */
export const unitBytes = 64;

/** The most bytes that a cache can address. */
export const mostBytes = (2 ** 32 - 1) * unitBytes;

/** What crosses to other threads. */
export interface TableCells {
  /** Int32 cells in shared memory: `counters`, then `entryCells` for each sample. */
  readonly cells: Int32Array;
  /** Samples. */
  readonly length: number;
  /** Bytes that may be handed out. */
  readonly limit: number;
  /** No record lies across a multiple of this many bytes. */
  readonly chunkBytes: number;
}

/** One record's place. */
export interface Entry {
  /** Which file or memory it lies in, from 0. */
  readonly segment: number;
  /** In bytes. */
  readonly start: number;
  readonly length: number;
  readonly checksum: number;
  /** True once its checksum was found to be right in this process. */
  readonly verified: boolean;
  /** The state cell as it was read. */
  readonly state: number;
}

/** Cells that all samples share. */
const counters = { next: 0, stored: 1, indexed: 2, stopped: 3, faults: 4 } as const;
const counterCells = 8;

/** Cells of a sample: its state, its first unit, its length, its checksum. */
const entryCells = 4;

/**
 * The state of a sample: 16 bits of `absent`, `busy` or its segment + `firstSegment`; 8 bits that count how often it was
 * forgotten, so that no reader takes a new state for the old; and the `verified` bit.
 */
const absent = 0;
const busy = 1;
const firstSegment = 2;
const segmentMask = 0xffff;
const generation = 0x10000;
const generationMask = 0xff0000;
const verifiedBit = 0x1000000;

/** The most segments a table can tell apart. */
export const mostSegments = segmentMask - firstSegment;

/** An empty table for `length` samples; 16 bytes of shared memory each. */
export function newTable(length: number, limit: number, chunkBytes: number): TableCells {
  const cells = new Int32Array(new SharedArrayBuffer((counterCells + length * entryCells) * 4));
  return { cells, length, limit: Math.min(limit, mostBytes), chunkBytes };
}

/** This thread's hand on the table. */
export class Table {
  readonly length: number;
  readonly limit: number;
  readonly #cells: Int32Array;
  readonly #chunkUnits: number;

  constructor({ cells, length, limit, chunkBytes }: TableCells) {
    this.#cells = cells;
    this.length = length;
    this.limit = limit;
    this.#chunkUnits = Math.floor(chunkBytes / unitBytes);
  }

  /** The place of a sample; undefined if it is not there, or `index` is none of the table's. */
  find(index: number): Entry | undefined {
    const at = this.#at(index);
    if (at < 0) return undefined;
    const cells = this.#cells;
    const state = Atomics.load(cells, at);
    if ((state & segmentMask) < firstSegment) return undefined;
    const entry = {
      segment: (state & segmentMask) - firstSegment,
      start: (Atomics.load(cells, at + 1) >>> 0) * unitBytes,
      length: Atomics.load(cells, at + 2),
      checksum: Atomics.load(cells, at + 3) >>> 0,
      verified: (state & verifiedBit) !== 0,
      state,
    };
    // Forgotten and written anew meanwhile: what was read may be of both.
    return ((Atomics.load(cells, at) ^ state) & ~verifiedBit) === 0 ? entry : undefined;
  }

  /**
   * The places of many samples, without their checksums: where each starts, −1 for one that is not there, and its length.
   * A short loop, so that the reads of many entries are under way at a time.
   */
  findMany(indices: readonly number[], starts: Float64Array, lengths: Int32Array): void {
    const cells = this.#cells;
    for (let i = 0; i < indices.length; i++) {
      const at = this.#at(indices[i]);
      const state = at < 0 ? absent : Atomics.load(cells, at);
      starts[i] = -1;
      if ((state & segmentMask) < firstSegment) continue;
      const start = (Atomics.load(cells, at + 1) >>> 0) * unitBytes;
      lengths[i] = Atomics.load(cells, at + 2);
      if (((Atomics.load(cells, at) ^ state) & ~verifiedBit) === 0) starts[i] = start;
    }
  }

  /** True for the one caller that may write the sample; it must `publish` or `forget` it. */
  claim(index: number): boolean {
    const at = this.#at(index);
    if (at < 0) return false;
    const state = Atomics.load(this.#cells, at);
    if ((state & segmentMask) !== absent) return false;
    return Atomics.compareExchange(this.#cells, at, state, state | busy) === state;
  }

  /** Makes a sample visible to every thread. Everything of it must be written by then, and it must be claimed. */
  publish(index: number, entry: Omit<Entry, "state">): void {
    const at = this.#at(index);
    const cells = this.#cells;
    Atomics.store(cells, at + 1, (entry.start / unitBytes) | 0);
    Atomics.store(cells, at + 2, entry.length);
    Atomics.store(cells, at + 3, entry.checksum | 0);
    const before = Atomics.load(cells, at);
    const place = (entry.segment + firstSegment) | (entry.verified ? verifiedBit : 0);
    Atomics.store(cells, at, (before & generationMask) | place);
    if ((before & segmentMask) < firstSegment) Atomics.add(cells, counters.stored, 1);
  }

  /** Gives a claim back. */
  unclaim(index: number): void {
    const at = this.#at(index);
    Atomics.store(this.#cells, at, Atomics.load(this.#cells, at) & generationMask);
  }

  /** Takes a sample out, unless another thread was first; true if this one did. */
  forget(index: number, { state }: Entry): boolean {
    const at = this.#at(index);
    const left = ((state & generationMask) + generation) & generationMask;
    for (const seen of [state, state | verifiedBit]) {
      if (Atomics.compareExchange(this.#cells, at, seen, left) !== seen) continue;
      Atomics.sub(this.#cells, counters.stored, 1);
      return true;
    }
    return false;
  }

  /** Notes that the sample's checksum was right. */
  verify(index: number, { state }: Entry): void {
    Atomics.compareExchange(this.#cells, this.#at(index), state, state | verifiedBit);
  }

  /** Room for `bytes`: where it starts, or undefined if the limit does not allow it. */
  reserve(bytes: number): number | undefined {
    const units = Math.ceil(bytes / unitBytes);
    const limit = Math.floor(this.limit / unitBytes);
    if (units > this.#chunkUnits) return undefined;
    for (;;) {
      const next = Atomics.load(this.#cells, counters.next) >>> 0;
      const left = this.#chunkUnits - (next % this.#chunkUnits);
      const start = units > left ? next + left : next;
      if (start + units > limit) return undefined;
      const seen = Atomics.compareExchange(this.#cells, counters.next, next | 0, (start + units) | 0);
      if (seen >>> 0 === next) return start * unitBytes;
    }
  }

  /** The number of the next entry in the index file, different at each call. */
  nextIndexEntry(): number {
    return Atomics.add(this.#cells, counters.indexed, 1);
  }

  /** Samples that are there. */
  get stored(): number {
    return Atomics.load(this.#cells, counters.stored);
  }

  /** Bytes handed out. */
  get used(): number {
    return (Atomics.load(this.#cells, counters.next) >>> 0) * unitBytes;
  }

  get stopped(): boolean {
    return Atomics.load(this.#cells, counters.stopped) !== 0;
  }

  /** No more samples from now on; true for the one thread that says why. */
  stop(): boolean {
    return Atomics.exchange(this.#cells, counters.stopped, 1) === 0;
  }

  /** How many faults were counted before this one, in all threads. */
  countFault(): number {
    return Atomics.add(this.#cells, counters.faults, 1);
  }

  #at(index: number): number {
    const known = Number.isInteger(index) && index >= 0 && index < this.length;
    return known ? counterCells + index * entryCells : -1;
  }
}
