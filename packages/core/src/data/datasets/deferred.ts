/** Fields of a sample that are still to be made, made. */
import { isDeferred } from "../../contracts/dataset.js";
import { isPlainObject } from "../collate.js";

/** True if the sample is deferred, or one of its fields. */
export function hasDeferred(sample: unknown): boolean {
  if (typeof sample !== "object" || sample === null) return false;
  if (isDeferred(sample)) return true;
  if (Array.isArray(sample)) return sample.some(isDeferred);
  if (!isPlainObject(sample)) return false;
  // Asked of every sample: a list of its values is not made.
  for (const name in sample) if (isDeferred(sample[name])) return true;
  return false;
}

/** The sample with its deferred fields made: the sample itself, or fields of an object or array. */
export async function materialize(sample: unknown): Promise<unknown> {
  if (!hasDeferred(sample)) return sample;
  if (isDeferred(sample)) return sample.materialize();
  if (Array.isArray(sample)) return Promise.all(sample.map(materializeField));
  const made = Object.entries(sample as object).map(
    async ([key, value]) => [key, await materializeField(value)] as const,
  );
  return Object.fromEntries(await Promise.all(made));
}

function materializeField(value: unknown): unknown {
  return isDeferred(value) ? value.materialize() : value;
}
