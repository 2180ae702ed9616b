/** Slots: recycled shared memory that batches are built in. The worker's side writes, the main thread's side lends. */
import type { Allocator } from "../../contracts/batch.js";
import { arrayConstructors, type NdArray, sizeOf, zeros } from "../../contracts/ndarray.js";
import { type Layout, toLayout, view } from "./layout.js";
import type { Pins } from "../pinning/pins.js";
import { weigh } from "./weight.js";

/** Arrays start at multiples of a cache line, which also satisfies every element type and SIMD load. */
const alignment = 64;

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** A batch as it leaves the worker; `grown` is the slot's new memory where the old was too small. */
export interface Finished {
  readonly layout: Layout;
  readonly grown?: SharedArrayBuffer;
}

/** One batch being written into a slot's memory. Arrays that do not fit go to the heap and the slot grows at the end. */
export class SlotWriter implements Allocator {
  #used = 0;
  #bytes = 0;
  readonly #buffer: SharedArrayBuffer;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
  }

  readonly allocate: Allocator["allocate"] = (dtype, shape) => {
    const length = sizeOf(shape);
    const bytes = length * arrayConstructors[dtype].BYTES_PER_ELEMENT;
    const offset = this.#used;
    if (offset + bytes > this.#buffer.byteLength) return zeros(dtype, shape);
    this.#used = offset + aligned(bytes);
    return { dtype, shape, data: view(dtype, length, offset, this.#buffer) };
  };

  /** Of the batch's arrays; known once `finish` has been called. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Moves what is not in the slot yet into it. @throws MillraceError BATCH_NOT_TRANSFERABLE or BATCH_INVALID */
  finish(value: unknown): Finished {
    const outside: { array: NdArray; offset: number }[] = [];
    let used = this.#used;
    const layout = toLayout(value, (array) => {
      this.#bytes += array.data.byteLength;
      if (array.data.buffer === this.#buffer) return array.data.byteOffset;
      outside.push({ array, offset: used });
      used += aligned(array.data.byteLength);
      return outside[outside.length - 1].offset;
    });
    const fits = used <= this.#buffer.byteLength;
    // A quarter more, so that batches of varying size stop growing the slot soon.
    const target = fits ? this.#buffer : new SharedArrayBuffer(aligned(used * 1.25));
    if (!fits) new Uint8Array(target).set(new Uint8Array(this.#buffer, 0, this.#used));
    for (const { array, offset } of outside)
      view(array.dtype, array.data.length, offset, target).set(array.data);
    return fits ? { layout } : { layout, grown: target };
  }
}

/** One piece of shared memory; replaced, never resized. */
export interface Slot {
  readonly id: number;
  buffer: SharedArrayBuffer;
}

/** The main thread's stock of slots. It never waits: where none is free a new one is made, and kept when released. */
export class SlotPool {
  readonly #free: Slot[] = [];
  readonly #pins: Pins | undefined;
  #count = 0;
  #largest = 0;

  /** `pins` page-locks the slots. */
  constructor(pins?: Pins) {
    this.#pins = pins;
  }

  acquire(): Slot {
    const slot = this.#free.pop() ?? { id: this.#count++, buffer: new SharedArrayBuffer(0) };
    // A slot from before the batches grew would only be replaced by its worker.
    if (slot.buffer.byteLength < this.#largest) this.#renew(slot, new SharedArrayBuffer(this.#largest));
    return slot;
  }

  grow(slot: Slot, buffer: SharedArrayBuffer): void {
    this.#renew(slot, buffer);
    this.#largest = Math.max(this.#largest, buffer.byteLength);
  }

  /** No more slots are lent. */
  close(): void {
    this.#pins?.close();
  }

  #renew(slot: Slot, buffer: SharedArrayBuffer): void {
    slot.buffer = buffer;
    weigh(buffer);
    this.#pins?.renew(slot);
  }

  release(slot: Slot): void {
    this.#free.push(slot);
  }

  /** Slots made so far, free or lent. */
  get count(): number {
    return this.#count;
  }
}
