/** The collate contract: samples in, one batch out (torch's `collate_fn`). */
import type { Allocator } from "./batch.js";

/**
 * Makes a batch of samples. Arrays that come from `allocator.allocate` are written straight into the batch's shared
 * memory; any other array in the result works too and costs one copy.
 */
export type Collate<S = unknown, B = unknown> = (
  samples: readonly S[],
  allocator: Allocator,
) => B | Promise<B>;
