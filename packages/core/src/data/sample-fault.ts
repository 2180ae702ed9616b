/** Which faults are those of one sample, and which are not: only the former may be passed over by a loader. */
import { type ErrorCode, errorCodes, MillraceError } from "../errors.js";

/**
 * Of Millrace's own codes, those that speak of one sample: its file, its value, its label, what a transform or collation
 * made of it. All others speak of the run, the machine or the code. Codes of plugins count as a sample's.
 */
const sampleCodes = [
  "COLLATE_MISMATCH",
  "COLLATE_OVERFLOW",
  "COLLATE_TYPE",
  "FILE_FAILED",
  "FILE_FORMAT",
  "FILE_NOT_FOUND",
  "INPUT_INVALID",
  "LABEL_UNKNOWN",
  "SAMPLE_FAILED",
  "TABLE_INVALID",
  "TRANSFORM_INPUT",
] as const satisfies readonly ErrorCode[];

const others: ReadonlySet<string> = new Set(
  errorCodes.filter((code) => !(sampleCodes as readonly string[]).includes(code)),
);

/** The machine has no more of something: any other sample would have met the same. */
const exhausted: ReadonlySet<string> = new Set([
  "EDQUOT",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOSPC",
  "ERR_MEMORY_ALLOCATION_FAILED",
  "ERR_WORKER_OUT_OF_MEMORY",
]);

/** Causes of causes that are looked at; a chain may run in a circle. */
const mostCauses = 8;

/** True for a fault that is the sample's own, as far as it and its causes say; whatever a dataset throws of itself is. */
export function isSampleFault(error: unknown): boolean {
  let each = error;
  for (let depth = 0; depth < mostCauses && typeof each === "object" && each !== null; depth++) {
    const { name, code, message, cause } = each as Partial<Error> & { readonly code?: unknown };
    if (each instanceof MillraceError ? others.has(each.code) : name === "AbortError") return false;
    if (typeof code === "string" && exhausted.has(code)) return false;
    if (each instanceof RangeError && /allocation failed/i.test(message ?? "")) return false;
    each = cause;
  }
  return true;
}
