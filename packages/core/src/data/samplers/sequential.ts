/** Indices in order (torch.utils.data.SequentialSampler). */
import type { Sampler } from "../../contracts/sampler.js";

export function sequentialSampler(dataset: { readonly length: number }): Sampler {
  return {
    get length() {
      return dataset.length;
    },
    *indices() {
      const { length } = dataset;
      for (let index = 0; index < length; index++) yield index;
    },
  };
}
