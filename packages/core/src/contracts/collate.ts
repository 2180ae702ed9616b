/** The collate contract: samples in, one batch out (torch's `collate_fn`). */
import type { Allocator } from "./batch.js";
import type { FieldTypes } from "./dataset.js";

/**
 * Makes a batch of samples. Arrays that come from `allocator.allocate` are written straight into the batch's shared
 * memory; any other array in the result works too and costs one copy. `fields` are the types of the dataset's fields that
 * are known: whoever leaves fields to `defaultCollate` passes them on, so that loose numbers have one type in all batches.
 */
export type Collate<S = unknown, B = unknown> = (
  samples: readonly S[],
  allocator: Allocator,
  fields?: FieldTypes,
) => B | Promise<B>;
