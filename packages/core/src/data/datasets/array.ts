/** An array as a dataset. */
import type { Dataset } from "../../contracts/dataset.js";
import { MillraceError } from "../../errors.js";

/** Samples held in memory; the length is read anew for each epoch, so the array may grow. */
export function fromArray<S>(samples: readonly S[]): Dataset<S> {
  return {
    get length() {
      return samples.length;
    },
    get(index) {
      if (!(Number.isInteger(index) && index >= 0 && index < samples.length)) {
        throw new MillraceError(
          "DATASET_INDEX",
          `an index must lie from 0 to ${samples.length - 1}, was ${index}`,
        );
      }
      return samples[index];
    },
  };
}
