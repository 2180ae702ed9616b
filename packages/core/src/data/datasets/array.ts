/** An array as a dataset. */
import type { Dataset } from "../../contracts/dataset.js";
import { inferFields, infers } from "../field-types.js";
import { madeBy } from "../recipe-of.js";
import { resolveIndex } from "../../kit/index-rule.js";

/** Samples held in memory; the length is read anew for each epoch, so the array may grow. Workers get a copy each. */
export function fromArray<S>(samples: readonly S[]): Dataset<S> {
  const dataset: Dataset<S> = {
    get length() {
      return samples.length;
    },
    resident: true,
    get: (index) => samples[resolveIndex(index, samples.length)],
  };
  return madeBy(
    infers(dataset, () => inferFields(samples)),
    { module: import.meta.url, export: "fromArray", args: [samples] },
  );
}
