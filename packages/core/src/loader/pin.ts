/** torch's `pin_memory`: a batch's own `pin` method is called, wherever in the batch it stands. */
import { isNdArray } from "../contracts/ndarray.js";
import { isPlainObject } from "../data/collate.js";

/** A part of a batch that knows how to pin itself. */
export interface Pinnable {
  pin(): unknown;
}

let warned = false;

/** Says once that memory itself stays pageable: the option must not be a silent no-op. */
export function warnOfPageableMemory(): void {
  if (warned) return;
  warned = true;
  process.emitWarning("pinMemory calls the pin method of batches that have one; memory is not page-locked", {
    code: "MILLRACE_PIN",
  });
}

/** The batch with every part that has a `pin` method replaced by what that returns; the rest is untouched. */
export function pin(value: unknown): unknown {
  if (isPinnable(value)) return value.pin();
  if (isNdArray(value) || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(pin);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, pin(item)]));
  if (isPlainObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pin(item)]));
  return value;
}

function isPinnable(value: unknown): value is Pinnable {
  return (
    typeof value === "object" && value !== null && typeof (value as Partial<Pinnable>).pin === "function"
  );
}
