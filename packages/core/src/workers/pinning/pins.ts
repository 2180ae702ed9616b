/** The slots of one worker that are page-locked: unlocked before their memory goes. */
import type { PageLock } from "./page-lock.js";

/** More than this are not locked: memory that cannot be paged out is everybody's. */
const mostSlots = 1024;

/** Memory that is replaced now and then, by the same number. */
export interface Pinned {
  readonly id: number;
  readonly buffer: SharedArrayBuffer;
}

/** Locks the memory of slots for as long as it is theirs. */
export class Pins {
  readonly #lock: PageLock;
  readonly #failed: (fault: string) => void;
  /** What is locked is held here, so that it is never freed before it is unlocked. */
  readonly #held = new Map<number, SharedArrayBuffer>();
  /** A slot whose batch was never released goes with the batch. */
  readonly #lost = new FinalizationRegistry<number>((id) => this.#unlock(id));

  /** `failed` is told why a slot could not be locked. */
  constructor(lock: PageLock, failed: (fault: string) => void) {
    this.#lock = lock;
    this.#failed = failed;
  }

  /** The slot has new memory: locks it, and lets go of the old. */
  renew(slot: Pinned): void {
    const { id, buffer } = slot;
    this.#unlock(id);
    this.#lost.unregister(slot);
    if (buffer.byteLength === 0 || this.#held.size >= mostSlots) return;
    if (!this.#lock.lock(buffer)) {
      this.#failed(this.#lock.fault);
      return;
    }
    this.#held.set(id, buffer);
    this.#lost.register(slot, id, slot);
  }

  /** Unlocks everything. Batches that are still lent are ordinary memory from now on. */
  close(): void {
    for (const id of this.#held.keys()) this.#unlock(id);
  }

  #unlock(id: number): void {
    const buffer = this.#held.get(id);
    if (buffer === undefined) return;
    this.#held.delete(id);
    this.#lock.unlock(buffer);
  }
}
