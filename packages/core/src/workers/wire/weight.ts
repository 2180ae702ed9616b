/**
 * Lets the garbage collector feel shared memory. V8 does not count it: batches of megabytes that are dropped without
 * `release()` would pile up to gigabytes before a collection finds them. (V8 says 0 for shared backing stores in
 * `BackingStore::PerIsolateAccountingLength`.)
 */

/** Smaller ones are outweighed by the objects around them, which V8 does count. */
const leastBytes = 65_536;

const weights = new WeakMap<SharedArrayBuffer, Buffer>();

/**
 * As long as this thread holds `buffer`, it also holds as many bytes that V8 counts. They are never written, so that
 * the system gives them no memory.
 */
export function weigh(buffer: SharedArrayBuffer): void {
  if (buffer.byteLength >= leastBytes) weights.set(buffer, Buffer.allocUnsafeSlow(buffer.byteLength));
}
