/** Batches of arrays of a collate function's own, and of what samples have beside. */
import { type Allocator, defaultCollate, type FieldTypes } from "@millrace/core";
import { type Fields, ownName, without } from "./samples.js";

/** What the batch is made of. */
export interface Parts {
  readonly samples: readonly Fields[];
  /** Fields of samples that are not collated by default. */
  readonly used: readonly string[];
  /** The arrays by name; the first has the name of a field that is used. */
  readonly own: Fields;
  readonly allocator: Allocator;
  readonly types: FieldTypes | undefined;
}

/**
 * The first of its own arrays, then the samples' other fields, then the rest of its own: trainers take the first field that
 * is no target for the input.
 * @throws MillraceError COLLATE_MISMATCH where a sample has a field of such a name.
 */
export function assembled({ samples, used, own, allocator, types }: Parts): Fields {
  const others = defaultCollate(without(samples, new Set(used)), allocator, types) as Fields;
  const [[first, input], ...rest] = Object.entries(own);
  const batch: Record<string, unknown> = { [first]: input, ...others };
  for (const [name, array] of rest) {
    batch[ownName(others, name, "the collate function needs", "set `targetField` to another")] = array;
  }
  return batch;
}
