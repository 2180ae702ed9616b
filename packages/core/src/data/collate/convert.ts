/** torch's `default_convert`: what a loader without batches does to each sample. */
import { isNdArray, isTypedArray, ndarray } from "../../contracts/ndarray.js";
import { madeBy } from "../recipe-of.js";
import { listLike, mapLike } from "./containers.js";
import { endless, isPlainObject, mostDeep } from "./kinds.js";

/**
 * The sample with its typed arrays as NdArrays of one axis (no copy), inside arrays, Maps and plain objects too.
 * Everything else is left as it is: numbers stay numbers, and an object with a `pin` method is a batch of its own.
 */
export function defaultConvert(sample: unknown): unknown {
  return convert(sample, 0);
}

madeBy(defaultConvert, { module: import.meta.url, export: "defaultConvert" });

function convert(sample: unknown, depth: number): unknown {
  if (typeof sample !== "object" || sample === null || isNdArray(sample)) return sample;
  if (isTypedArray(sample)) return ndarray(sample);
  if (typeof (sample as { readonly pin?: unknown }).pin === "function") return sample;
  if (depth > mostDeep) throw endless("");
  const inner = (value: unknown): unknown => convert(value, depth + 1);
  if (Array.isArray(sample)) return listLike(sample, Array.from(sample, inner));
  if (sample instanceof Map) {
    return mapLike(
      sample,
      Array.from(sample, ([key, value]) => [key, inner(value)]),
    );
  }
  if (!isPlainObject(sample)) return sample;
  return Object.fromEntries(Object.entries(sample).map(([key, value]) => [key, inner(value)]));
}
